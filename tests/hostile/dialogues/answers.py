"""Ranges that are answered with something else; RFC 9110 sections 14 and 15.3.7."""

from __future__ import annotations

from tests.hostile.dialogues.files import BIG, BY_PARTS, OLD, SECOND, TWIN, bare, filled
from tests.hostile.outcomes import (
    BROKEN_OFF,
    CHANGED,
    NOT_HONOURED,
    NOT_HTTP,
    Row,
    Stored,
    refused,
    row,
)
from tests.hostile.scripts import always, by_offset, in_turn, look_then, ranges, wholes
from tests.hostile.server import End, Request, Script
from tests.hostile.spelling import File, head, pieces, sized

_OLD, _BIG = Stored(OLD.content), Stored(BIG.content)
_LENGTH = len(OLD.content)
_ALL = f"Content-Range: bytes 0-{_LENGTH - 1}/{_LENGTH}"
_EMPTY = sized("416 Range Not Satisfiable", b"", "Content-Range: bytes */0")
_PART = "206 Partial Content"


def _read(part: Script | bytes, plain: Script | bytes | None = None) -> Script:
    """A good look, an odd reply to the reading, and what a plain request gets: all, unless said."""
    return look_then(OLD.part((0, 1)), part, OLD.whole if plain is None else plain)


def _shifted(by: int) -> Script:
    """Another range than what was asked for, and it says so."""

    def script(request: Request) -> list[bytes]:
        start, stop = request.range or (0, _LENGTH)
        return [OLD.part((start + by, stop + by))]

    return script


def _liar(by: int) -> Script:
    """More or fewer bytes, under a Content-Range that says what was asked for."""

    def script(request: Request) -> list[bytes | End]:
        start, stop = request.range or (0, _LENGTH)
        body = (OLD.content + TWIN.content)[start : stop + by]
        said = f"Content-Range: bytes {start}-{stop - 1}/{_LENGTH}"
        return [sized(_PART, body, said, *OLD.lines), End.FIN]

    return script


def _at_most(size: int) -> Script:
    """A server that gives no more than so many bytes at once, and says so."""

    def script(request: Request) -> list[bytes]:
        start, stop = request.range or (0, _LENGTH)
        return [OLD.part((start, min(stop, start + size)))]

    return script


def _multipart(*lines: str) -> bytes:
    body = (
        b"--cut\r\nContent-Type: text/plain\r\n"
        + f"{_ALL}\r\n\r\n".encode()
        + OLD.content
        + b"\r\n--cut--\r\n"
    )
    return sized(_PART, body, "Content-Type: multipart/byteranges; boundary=cut", *lines)


def _multipart_in_pieces() -> bytes:
    """Parts in the body, and a Content-Range over all of them, which RFC 9110 15.3.7.2 forbids."""
    body = _multipart().partition(b"\r\n\r\n")[2]
    lines = ("Content-Type: multipart/byteranges; boundary=cut", _ALL, *OLD.lines)
    return head(_PART, *lines, "Transfer-Encoding: chunked") + pieces(body)


STATUSES = [
    # The first byte of an empty file is out of range; that it is empty only a plain GET can say.
    row(
        "416 for an empty file, where there is content", look_then(_EMPTY, _EMPTY, OLD.whole), _OLD
    ),
    row(
        "416 for an empty file, where a plain request says nothing of its size",
        look_then(
            _EMPTY, _EMPTY, always(head("200 OK", "Connection: close"), OLD.content, End.FIN)
        ),
        _OLD,
    ),
    row(
        "416 for an empty file, which is empty",
        look_then(_EMPTY, _EMPTY, File(b"").whole),
        Stored(b""),
    ),
    row(
        "416 without a size, where there is content",
        look_then(always(sized("416 No", b"")), sized("416 No", b""), OLD.whole),
        _OLD,
    ),
    row("416 to the reading", _read(_EMPTY), _OLD, CHANGED),
    row(
        "416 to every part but the first",
        by_offset(SECOND, ranges(BIG), sized("416 No", b""), wholes(BIG)),
        _BIG,
        NOT_HONOURED,
        event=BY_PARTS,
    ),
    row("200 with all to the reading", _read(OLD.whole), _OLD),
    row("200 with all to every part", look_then(BIG.part((0, 1)), BIG.whole), _BIG, event=BY_PARTS),
    row(
        "200 with all to one part",
        by_offset(SECOND, ranges(BIG), wholes(BIG), wholes(BIG)),
        _BIG,
        event=BY_PARTS,
    ),
    row(
        "200 with the right range",
        lambda request: [
            OLD.part(request.range).replace(_PART.encode(), b"200 OK")
            if request.range
            else OLD.whole
        ],
        _OLD,
    ),
    row(
        "206 with all to a plain request", always(sized(_PART, OLD.content, _ALL, *OLD.lines)), _OLD
    ),
    row(
        "206 with all to a plain request, and no ranges",
        look_then(sized("403 No", b""), sized("403 No", b""), sized(_PART, OLD.content, _ALL)),
        _OLD,
    ),
    row("206 with half to whatever is asked", always(OLD.part((0, 500))), NOT_HONOURED),
    row(
        "206 with half to a plain request, and no ranges",
        look_then(sized("403 No", b""), sized("403 No", b""), OLD.part((0, 500))),
        NOT_HONOURED,
    ),
    row(
        "206 without a range to whatever is asked", always(sized(_PART, OLD.content)), NOT_HONOURED
    ),
    row("206 without a range, once", _read(sized(_PART, OLD.content[:500], *OLD.lines)), _OLD),
    row("202 instead of the file", always(sized("202 Accepted", b"come later")), NOT_HTTP),
    row("201 instead of the file", always(sized("201 Created", b"something else")), NOT_HTTP),
    row("204 instead of the file", always(head("204 No Content")), NOT_HTTP),
    row("205 instead of the file", always(sized("205 Reset Content", b"")), NOT_HTTP),
    row("300 instead of the file", always(sized("300 Multiple Choices", b"choose")), NOT_HTTP),
    row("304 instead of the file", always(head("304 Not Modified", 'ETag: "one"')), NOT_HTTP),
    row(
        "404 instead of the file", always(sized("404 No", b"no")), refused("SourceGone"), at_most=2
    ),
    row(
        "410 instead of the file", always(sized("410 No", b"no")), refused("SourceGone"), at_most=2
    ),
    row("402 instead of the file", always(sized("402 Pay", b"pay")), refused("SourceRefused")),
    row("a status of the server's own", always(sized("999 No", b"robots?")), NOT_HTTP),
    row(
        "404 to the reading",
        _read(sized("404 No", b""), b"" + sized("404 No", b"")),
        refused("SourceGone", "SourceChanged"),
    ),
    row("503 once, then the file", in_turn(sized("503 Busy", b"no"), rest=ranges(OLD)), _OLD),
    row(
        "429 once, with a Retry-After of nonsense",
        in_turn(sized("429 No", b"", "Retry-After: soon"), rest=ranges(OLD)),
        _OLD,
    ),
    row(
        "429 once, with a Retry-After of a minus",
        in_turn(sized("429 No", b"", "Retry-After: -5"), rest=ranges(OLD)),
        _OLD,
    ),
    row(
        "429 with a Retry-After of years",
        always(sized("429 No", b"", "Retry-After: 99999999999999999999")),
        BROKEN_OFF,
    ),
]

RANGES = [
    row("a range that begins a byte later", _read(_shifted(1)), _OLD),
    row("a range that begins in another place", _read(_shifted(100), _shifted(100)), NOT_HONOURED),
    row(
        "another range to each part but the first",
        by_offset(SECOND, ranges(BIG), always(BIG.part((0, 102_400))), wholes(BIG)),
        _BIG,
        event=BY_PARTS,
    ),
    row("no more than a hundred bytes at once", _at_most(100), _OLD),
    row(
        "no more than one byte at once, in the end",
        in_turn(*[_at_most(499)] * 2, rest=_at_most(1)),
        _OLD,
        *[BROKEN_OFF],
        at_most=1100,
    ),
    row(
        "more than was asked for",
        lambda request: [OLD.part((request.range[0], _LENGTH)) if request.range else OLD.whole],
        _OLD,
    ),
    row("a byte more than the range says", _read(_liar(1)), _OLD, NOT_HONOURED),
    row("a byte less than the range says", _read(_liar(-1)), _OLD, NOT_HONOURED),
    row(
        "fifty bytes less than the range says, always", _read(_liar(-50), _liar(-50)), NOT_HONOURED
    ),
    row(
        "more than the range says, in pieces",
        _read(
            head(_PART, _ALL, "Transfer-Encoding: chunked", *OLD.lines)
            + pieces(filled("evil", _LENGTH + 1))
        ),
        _OLD,
        NOT_HONOURED,
    ),
    row(
        "less than the range says, in pieces",
        _read(
            head(_PART, _ALL, "Transfer-Encoding: chunked", *OLD.lines) + pieces(OLD.content[:-1]),
        ),
        _OLD,
        NOT_HONOURED,
    ),
    row(
        "a range in capitals",
        lambda request: [
            OLD.part(request.range).replace(b"bytes ", b"BYTES ") if request.range else OLD.whole
        ],
        _OLD,
    ),
    row(
        "a range in another unit",
        lambda request: [
            OLD.part(request.range).replace(b"bytes ", b"lines ") if request.range else OLD.whole
        ],
        _OLD,
    ),
    row(
        "a range with a sign",
        _read(sized(_PART, OLD.content, f"Content-Range: bytes +0-{_LENGTH - 1}/{_LENGTH}")),
        _OLD,
    ),
    row(
        "a range that ends before it begins",
        _read(sized(_PART, b"", f"Content-Range: bytes 5-4/{_LENGTH}")),
        _OLD,
    ),
    row(
        "a range beyond its own total",
        _read(sized(_PART, OLD.content, f"Content-Range: bytes 0-{_LENGTH - 1}/500", *OLD.lines)),
        _OLD,
        CHANGED,
        NOT_HONOURED,
    ),
    row(
        "two ranges that differ",
        _read(sized(_PART, TWIN.content, _ALL, f"Content-Range: bytes 1-{_LENGTH}/{_LENGTH + 1}")),
        _OLD,
        NOT_HONOURED,
    ),
    row(
        "a total that nobody knows, at the probe",
        look_then(OLD.part((0, 1), "*"), ranges(OLD), OLD.whole),
        _OLD,
    ),
    row("several ranges instead of one", _read(_multipart(*OLD.lines)), _OLD),
    row(
        "several ranges, and one over all of them",
        _read(_multipart(_ALL, *OLD.lines)),
        _OLD,
        NOT_HONOURED,
    ),
    row(
        "several ranges in pieces, and one over all of them",
        _read(_multipart_in_pieces()),
        _OLD,
        NOT_HONOURED,
    ),
    row("several ranges to whatever is asked", always(_multipart()), NOT_HONOURED),
]

# RFC 9112 6.3: what comes after a reply must not be taken for the reply to the next request.
UNASKED = [
    row(
        "a reply to a request that nobody sent",
        in_turn(
            always(OLD.part((0, 1)) + sized(_PART, TWIN.content, _ALL, *OLD.lines)),
            rest=ranges(OLD),
        ),
        _OLD,
        NOT_HONOURED,
    ),
    row(
        "a reply to a request that nobody sent, read whole",
        in_turn(always(bare(OLD).whole + bare(TWIN).whole), rest=wholes(bare(OLD))),
        _OLD,
        NOT_HONOURED,
    ),
    row(
        "a reply before the request",
        in_turn(always(OLD.part((0, 1)), sized("408 Request Timeout", b"")), rest=ranges(OLD)),
        _OLD,
    ),
]

ROWS: list[Row] = [*STATUSES, *RANGES, *UNASKED]
