"""Stores of other clouds that lie about an object's checksum, or do not tell it.

S3 API reference, "HeadObject"; COS API documentation, "HEAD Object".
"""

from __future__ import annotations

from collections.abc import Mapping

from fastcrc import crc64

from tests.hostile.dialogues.clouds import COS, PROOF, UNPROVEN, cloud_row
from tests.hostile.dialogues.files import BIG, BY_PARTS, NEW, OLD, TWIN, tagged
from tests.hostile.outcomes import CHANGED, Row, Stored, refused
from tests.hostile.scripts import Sayable, always, in_turn, ranges, said, wholes
from tests.hostile.server import End, Request, Script, Step, Trickle
from tests.hostile.spelling import File, head


def _crc(content: bytes) -> str:
    """As OBS tells it over S3: the same checksum that OSS computes."""
    return f"x-amz-checksum-crc64ecma: {crc64.xz(content)}"


def _head(file: File, *lines: str) -> bytes:
    """What HEAD says of a file."""
    return head("200 OK", f"Content-Length: {len(file.content)}", *file.lines, *lines)


def _store(get: Sayable, asked: Sayable) -> Script:
    """A store by what it says to GET and to HEAD."""

    def script(request: Request) -> list[Step]:
        return said(asked if request.head.startswith(b"HEAD ") else get, request)

    return script


# HEAD says what proves the object, or nothing at all. What it says counts only if it is of what is
# read; that it says nothing is no reason to read nothing.
_MUTE: Mapping[str, Sayable] = {
    "403": head("403 Forbidden", "Content-Length: 0"),
    "405": head("405 Method Not Allowed", "Allow: GET", "Content-Length: 0"),
    "404": head("404 Not Found", "Content-Length: 0"),
    "501": head("501 Not Implemented", "Content-Length: 0"),
    "503 and a day to wait": head("503 Slow Down", "Retry-After: 86400", "Content-Length: 0"),
    "silence": End.SILENCE,
    "a reset": End.RESET,
    "an end": End.FIN,
    "a head byte by byte": Trickle(b"x", 0.2),
    "a head that never ends": always(b"HTTP/1.1 200 OK\r\n", Trickle(b"X-More: more\r\n", 0.2)),
    "no HTTP": always(b"220 smtp.example.org ESMTP\r\n", End.FIN),
    "a redirect elsewhere": always(
        head("302 Found", "Location: http://localhost:<PORT>/elsewhere", "Content-Length: 0")
    ),
    "a redirect inside": always(
        head("302 Found", "Location: http://127.0.0.2:<PORT>/", "Content-Length: 0")
    ),
    "a checksum that is none": _head(OLD, "x-amz-checksum-crc64ecma: ../../etc/passwd"),
    "a checksum beyond its bits": _head(OLD, f"x-amz-checksum-crc64ecma: {1 << 64}"),
    "a negative checksum": _head(OLD, "x-amz-checksum-crc64ecma: -1"),
    "a checksum of parts": _head(
        OLD, "x-amz-checksum-crc64nvme: AAAAAAAAAAA=-2", "x-amz-checksum-type: COMPOSITE"
    ),
}
_OF_ANOTHER: Mapping[str, bytes] = {
    "another ETag": _head(tagged(OLD, '"two"'), _crc(TWIN.content)),
    "another ETag and the right checksum": _head(tagged(OLD, '"two"'), _crc(OLD.content)),
    "no ETag": _head(tagged(OLD, None), _crc(TWIN.content)),
    "another length": _head(File(NEW.content), _crc(NEW.content)),
    "no length": head("200 OK", *OLD.lines, _crc(TWIN.content)),
    "another coding": _head(OLD, "Content-Encoding: gzip", _crc(TWIN.content)),
    "206": _head(OLD, _crc(TWIN.content)).replace(b"200 OK", b"206 Partial Content"),
}

ROWS: list[Row] = [
    cloud_row(
        "HEAD of a store tells the checksum",
        _store(ranges(OLD), _head(OLD, _crc(OLD.content))),
        Stored(OLD.content, proven_by=(PROOF,)),
    ),
    cloud_row(
        "HEAD of a store tells the checksum, of parts",
        _store(ranges(BIG), _head(BIG, _crc(BIG.content))),
        Stored(BIG.content, proven_by=(PROOF,)),
        event=BY_PARTS,
    ),
    *(
        cloud_row(f"HEAD of a store says {what}", _store(ranges(OLD), says), UNPROVEN)
        for what, says in _MUTE.items()
    ),
    *(
        cloud_row(
            f"HEAD of a store is of another object: {what}", _store(ranges(OLD), says), UNPROVEN
        )
        for what, says in _OF_ANOTHER.items()
    ),
    *(
        cloud_row(
            f"HEAD of a store lies, {name}",
            _store(serve(file), _head(file, _crc(TWIN.content))),
            refused("SourceChanged", "ChecksumMismatch"),
            event=event,
        )
        for name, serve, file, event in (
            ("by ranges", ranges, OLD, {}),
            ("by parts", ranges, BIG, BY_PARTS),
            ("read whole", wholes, OLD, {}),
        )
    ),
    # Whoever does not compute these claims nothing by them.
    *(
        cloud_row(
            f"HEAD of a store lies in its {algorithm.upper()}, {name}",
            _store(
                serve(file),
                _head(
                    file, f"x-amz-checksum-{algorithm}: {told}", "x-amz-checksum-type: FULL_OBJECT"
                ),
            ),
            refused("SourceChanged", "ChecksumMismatch"),
            Stored(file.content, unproven_by=(f"source_{algorithm}", PROOF)),
            event=event,
        )
        for algorithm, told in (("crc64nvme", "AAAAAAAAAAA="), ("crc32c", "AAAAAA=="))
        for name, serve, file, event in (
            ("by parts", ranges, BIG, BY_PARTS),
            ("read whole", wholes, OLD, {}),
        )
    ),
    cloud_row(
        "GET of COS lies",
        ranges(File(OLD.content, more=[f"x-cos-hash-crc64ecma: {crc64.xz(TWIN.content)}"])),
        refused("SourceChanged", "ChecksumMismatch"),
        url=COS,
    ),
    cloud_row(
        "an object is replaced after HEAD told its checksum",
        _store(
            in_turn(OLD.part((0, 1)), rest=ranges(TWIN)),
            _head(OLD, _crc(OLD.content)),
        ),
        Stored(TWIN.content, unproven_by=(PROOF,)),
        CHANGED,
    ),
    cloud_row(
        "an object is replaced before HEAD told its checksum",
        _store(
            in_turn(OLD.part((0, 1)), rest=ranges(TWIN)),
            _head(TWIN, _crc(TWIN.content)),
        ),
        Stored(TWIN.content),
        CHANGED,
    ),
]
