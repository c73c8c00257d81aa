"""Servers that take their time. Whatever they do, a function ends before its own time does."""

from __future__ import annotations

from tests.hostile.dialogues.files import BIG, BY_PARTS, OLD, bare
from tests.hostile.outcomes import BROKEN_OFF, NOT_HTTP, Row, Stored, refused, row
from tests.hostile.scripts import always, in_turn, look_then, ranges
from tests.hostile.server import End, Pause, Step, Trickle
from tests.hostile.spelling import head, pieces

_SECONDS = 4.0  # the timeout of the function
_LATE = refused(*BROKEN_OFF.types, *NOT_HTTP.types)
_OLD = Stored(OLD.content)
_OPEN = head("200 OK")[:-2]  # a head that goes on
_CODED = head("200 OK", "Transfer-Encoding: chunked")


def _slow(name: str, *steps: Step) -> Row:
    return row(name, always(*steps), _LATE, seconds=_SECONDS, at_most=200)


ROWS: list[Row] = [
    _slow("silence instead of a reply", End.SILENCE),
    _slow("silence in the head", _OPEN, End.SILENCE),
    _slow("silence after the head", OLD.whole_head, End.SILENCE),
    _slow("silence in the body", OLD.whole[:-500], End.SILENCE),
    _slow("silence before the end of a line", OLD.whole_head[:-1], End.SILENCE),
    _slow("silence in a piece", _CODED, b"3e8\r\n", OLD.content[:500], End.SILENCE),
    _slow("silence before the last piece", _CODED, pieces(OLD.content)[:-5], End.SILENCE),
    _slow("silence where the connection would end", head("200 OK"), OLD.content, End.SILENCE),
    _slow("a status line, letter by letter", Trickle(b"H", 0.1)),
    _slow("a header, letter by letter", _OPEN, b"X: ", Trickle(b"x", 0.1)),
    _slow("header after header", _OPEN, Trickle(b"X-Name: value\r\n", 0.1)),
    _slow("fold after fold", _OPEN, b"X: y\r\n", Trickle(b" y\r\n", 0.1)),
    _slow("100 Continue, again and again", Trickle(b"HTTP/1.1 100 Continue\r\n\r\n", 0.1)),
    _slow("blank lines, again and again", Trickle(b"\r\n", 0.1)),
    _slow("a size that goes on", _CODED, Trickle(b"0", 0.1)),
    _slow("an extension that goes on", _CODED, b"3e8;a=", Trickle(b"x", 0.1)),
    _slow("a body, byte by byte", OLD.whole_head, Trickle(b"x", 0.1)),
    _slow("headers without end, at full speed", _OPEN, Trickle(b"X-Name: value\r\n" * 1000, 0.0)),
    _slow("a header without end, at full speed", _OPEN, b"X: ", Trickle(b"x" * 60_000, 0.0)),
    _slow("1xx without end, at full speed", Trickle(b"HTTP/1.1 102 P\r\n\r\n" * 1000, 0.0)),
    _slow(
        "redirects without end, slowly",
        Pause(0.5),
        head("302 Found", "Content-Length: 0", "Location: /file"),
    ),
    row(
        "fields after the last piece, without end",
        always(_CODED, pieces(OLD.content)[:-2], Trickle(b"X-Name: value\r\n", 0.1)),
        _OLD,
        _LATE,
        seconds=_SECONDS,
    ),
    row(
        "silence in a handshake",
        always(End.SILENCE),
        _LATE,
        seconds=_SECONDS,
        scheme="https",
    ),
    row(
        "TLS where there should be none",
        always(OLD.whole),
        _LATE,
        seconds=_SECONDS,
        scheme="http",
        tls=True,
    ),
    row(
        "silence after the probe",
        look_then(OLD.part((0, 1)), End.SILENCE),
        _LATE,
        seconds=_SECONDS,
    ),
    row(
        "silence in the reading",
        look_then(OLD.part((0, 1)), always(OLD.whole_head, OLD.content[:500], End.SILENCE)),
        _LATE,
        seconds=_SECONDS,
    ),
    row(
        "header after header to a part",
        look_then(BIG.part((0, 1)), always(_OPEN, Trickle(b"X-Name: value\r\n", 0.1))),
        _LATE,
        seconds=_SECONDS,
        event=BY_PARTS,
    ),
    row(
        "silence in each part",
        look_then(BIG.part((0, 1)), always(BIG.part_head((0, 102_400)), End.SILENCE)),
        refused(*_LATE.types, "RangeNotHonoured"),
        seconds=_SECONDS,
        event=BY_PARTS,
    ),
    row(
        "a Retry-After of an hour",
        always(head("503 Busy", "Content-Length: 0", "Retry-After: 3600")),
        BROKEN_OFF,
        seconds=_SECONDS,
        at_most=2,
    ),
    # Slow is not wrong.
    row(
        "a head that takes its time",
        lambda request: [_OPEN, Trickle(b"X-Name: value\r\n", 0.02, 20), bare(OLD).whole[17:]],
        _OLD,
    ),
    row(
        "a body that takes its time",
        always(
            bare(OLD).whole_head,
            OLD.content[:500],
            Pause(0.5),
            OLD.content[500:],
        ),
        _OLD,
    ),
    row(
        "a busy server that is not busy the third time",
        in_turn(*[head("503 Busy", "Content-Length: 0")] * 2, rest=ranges(OLD)),
        _OLD,
    ),
]
