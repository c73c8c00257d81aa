"""Stores of other clouds that send elsewhere, say no at length, or yes with an error.

S3 API reference, "Error responses"; COS API documentation, "Error codes".
"""

from __future__ import annotations

from tests.hostile.dialogues.clouds import CLOUDS, SECONDS, UNPROVEN, XML, cloud_row
from tests.hostile.dialogues.files import BIG, BY_PARTS, OLD, bare
from tests.hostile.outcomes import (
    BROKEN_OFF,
    CHANGED,
    FORBIDDEN,
    NOT_HONOURED,
    Refused,
    Row,
    Stored,
    refused,
)
from tests.hostile.readers import KEYS
from tests.hostile.scripts import always, in_turn, look_then, ranges
from tests.hostile.server import End, Pause, Request, Script, Step, Trickle
from tests.hostile.spelling import File, head, pieces, sized


def _error(status: str, code: str, more: str = "", *lines: str) -> bytes:
    body = f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>no</Message>{more}</Error>'
    return sized(status, body.encode(), XML, *lines)


def _saying(*types: str, says: str = "", hides: tuple[str, ...] = ()) -> Refused:
    return Refused(types, says, hides)


# Billions of laughs, and a file of the one who reads.
_BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%b">' % (97 + n, b"&%c;" % (96 + n) * 10) for n in range(1, 12))
    + b"]><Error><Code>&l;</Code></Error>"
)
_FILE = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
    b"<Error><Code>PermanentRedirect</Code><Region>&f;</Region></Error>"
)
_ENDLESS = head("403 Forbidden", XML, "Transfer-Encoding: chunked")
_PATH = "../../x"
_LOST = "<Region>../../x</Region>"
# S3 tells who fails what it would have signed.
_TOLD = (
    "<AWSAccessKeyId>AKIDHOSTILE</AWSAccessKeyId><StringToSign>AWS4-HMAC-SHA256 all</StringToSign>"
    f"<SignatureProvided>{'5e' * 32}</SignatureProvided>"
)

REFUSALS = [
    *(
        cloud_row(
            f"{name} refuses {what}",
            always(*says),
            _saying(*types, hides=(_PATH, "root:")),
            url=url,
        )
        for name, url in CLOUDS.items()
        for what, says, types in (
            (
                "without an end",
                [_ENDLESS, Trickle(b"10\r\n<Error>.........\r\n", 0.01)],
                FORBIDDEN.types,
            ),
            ("at length", [_ENDLESS, pieces(b"<Error>" * 3_000_000)], FORBIDDEN.types),
            ("and then says nothing", [_ENDLESS, End.SILENCE], FORBIDDEN.types),
            ("byte by byte", [_ENDLESS, Trickle(b"1\r\n<\r\n", 0.1)], FORBIDDEN.types),
            ("with a bomb", [sized("403 Forbidden", _BOMB, XML)], FORBIDDEN.types),
            ("with a file of ours", [sized("403 Forbidden", _FILE, XML)], FORBIDDEN.types),
            (
                "with no XML",
                [sized("403 Forbidden", b"\xff\xfe<Code>\x00</Code>", XML)],
                FORBIDDEN.types,
            ),
        )
    ),
    *(
        cloud_row(
            f"a region is told that is none, {where}",
            always(says),
            _saying("SourceRefused", says="region", hides=(_PATH, "None")),
        )
        for where, says in {
            "in a body": _error("301 Moved Permanently", "PermanentRedirect", _LOST),
            "in a field": _error(
                "301 Moved Permanently", "PermanentRedirect", "", f"x-amz-bucket-region: {_PATH}"
            ),
            "at length": _error(
                "400 Bad", "PermanentRedirect", "", f"x-amz-bucket-region: {'x' * 9000}{_PATH}"
            ),
        }.items()
    ),
    cloud_row(
        "the region of a signature is told as one that is none",
        always(_error("400 Bad Request", "AuthorizationHeaderMalformed", _LOST)),
        _saying("SourceRefused", hides=(_PATH, "None")),
    ),
    cloud_row(
        "a refusal tells what was signed",
        always(_error("403 Forbidden", "SignatureDoesNotMatch", _TOLD)),
        _saying(
            "SourceRefused",
            says="secret of OSSFERRY_CREDENTIALS_KEYS",
            hides=("5e5e", "StringToSign", "AWS4"),
        ),
    ),
    cloud_row(
        "a store refuses, and is silent when it is asked why",
        in_turn(*[sized("403 Forbidden", b"no")] * 3, rest=Pause(SECONDS)),
        FORBIDDEN,
    ),
    *(
        cloud_row(
            f"{name} is busy for ever",
            always(_error("503 Slow Down", "SlowDown")),
            BROKEN_OFF,
            url=url,
            at_most=40,
            seconds=6.0,
        )
        for name, url in CLOUDS.items()
    ),
]


def _elsewhere(to: str, status: str = "301 Moved Permanently") -> Script:
    """A redirect to another host, which has the file."""

    def script(request: Request) -> list[Step]:
        if request.values("host")[0].startswith("localhost"):
            there = request.target == "/there/file?own=1"
            return list(ranges(OLD)(request)) if there else [sized("404 No", b"")]
        return [_error(status, "TemporaryRedirect", "", f"Location: {to}")]

    return script


_THERE = "http://localhost:<PORT>/there/file?own=1"
_OWN = {"source_headers": {"x-amz-request-payer": "requester", "Authorization": f"x {KEYS[1]}"}}
ELSEWHERE = [
    *(
        cloud_row(
            f"{name} sends to another host, {status}",
            _elsewhere(_THERE, status),
            UNPROVEN,
            url=url,
            event=_OWN,
        )
        for name, url in CLOUDS.items()
        for status in ("301 Moved Permanently", "307 Temporary Redirect")
    ),
    *(
        cloud_row(
            f"{name} sends inside",
            _elsewhere("http://127.0.0.2:<PORT>/latest/"),
            FORBIDDEN,
            url=url,
        )
        for name, url in CLOUDS.items()
    ),
]

_DOCUMENT = _error("200 OK", "InternalError")
ANSWERS = [
    *(
        cloud_row(
            f"{name} answers 200 with an error, {when}",
            script,
            *outcomes,
            url=url,
            event=event,
        )
        for name, url in CLOUDS.items()
        for when, script, outcomes, event in (
            ("each time", always(_DOCUMENT), (refused("SourceRefused", *BROKEN_OFF.types),), {}),
            (
                "to who reads",
                look_then(OLD.part((0, 1)), _DOCUMENT),
                (CHANGED, NOT_HONOURED),
                {},
            ),
            (
                "to one part",
                in_turn(*[ranges(BIG)] * 4, _DOCUMENT, rest=ranges(BIG)),
                (Stored(BIG.content), CHANGED, NOT_HONOURED),
                BY_PARTS,
            ),
        )
    ),
    cloud_row(
        "an object that is a document of XML",
        ranges(File(b"<?xml version='1.0'?><Error/>", more=[XML])),
        Stored(b"<?xml version='1.0'?><Error/>"),
    ),
    cloud_row("a store without ETags", ranges(bare(OLD)), Stored(OLD.content)),
]

ROWS: list[Row] = [*REFUSALS, *ELSEWHERE, *ANSWERS]
