"""Rows about where a reply's head and body end: one spelling each, for every way of reading it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from tests.hostile.outcomes import NOT_HONOURED, NOT_HTTP, Outcome, Row, Stored, refused, row
from tests.hostile.scripts import always, look_then
from tests.hostile.server import End
from tests.hostile.spelling import File

BODY = b"hello, hostile world"
LENGTH = len(BODY)  # 20, and 14 in hexadecimal
FILE = File(BODY)

_VALIDATORS = f"ETag: {FILE.etag}\r\nLast-Modified: {FILE.modified}\r\n"
_RANGE = f"Content-Range: bytes 0-{LENGTH - 1}/{LENGTH}\r\n"
_REFUSED = refused(*NOT_HTTP.types, *NOT_HONOURED.types)


class Right(Enum):
    """What a reader may do with a reply."""

    TAKE = "take the body, and nothing else"
    REFUSE = "refuse it"
    EITHER = "take the body or refuse; RFC 9112 leaves it open, or asks more than clients do"


@dataclass(frozen=True)
class Spelling:
    """One reply, before the connection ends as ``end`` says.

    ``of_part`` is for one that is another matter as a part, because Content-Range counts its bytes.

    In ``text``, which is Latin-1, ``<STATUS>`` stands for the status and its words, ``<CODE>`` for
    its digits alone, ``<LINES>`` for the header lines of the file.
    """

    name: str
    right: Right
    text: str
    end: End = End.FIN
    of_part: Right | None = None

    def __str__(self) -> str:
        return self.name

    @property
    def whole(self) -> bytes:
        return self._filled("200 OK", _VALIDATORS)

    @property
    def part(self) -> bytes:
        return self._filled("206 Partial Content", _RANGE + _VALIDATORS)

    def _filled(self, status: str, lines: str) -> bytes:
        filled = self.text.replace("<STATUS>", status).replace("<CODE>", status[:3])
        filled = filled.replace("<LINES>", lines)
        return filled.encode("latin-1")

    def right_by(self, way: str) -> Right:
        return self.of_part or self.right if way == "range" else self.right

    def outcomes(self, way: str) -> tuple[Outcome, ...]:
        right = self.right_by(way)
        taken = () if right is Right.REFUSE else (Stored(BODY),)
        return taken if right is Right.TAKE else (*taken, _REFUSED)

    def rows(self) -> list[Row]:
        """A server that knows no ranges, and one that is only odd after the probe."""
        unsplit = always(self.whole, self.end)
        split = look_then(FILE.part((0, 1)), always(self.part, self.end), unsplit)
        return [
            row(f"{self.name}/whole", unsplit, *self.outcomes("whole")),
            row(f"{self.name}/range", split, *self.outcomes("range")),
        ]


def take(name: str, text: str, end: End = End.FIN) -> Spelling:
    return Spelling(name, Right.TAKE, text, end)


def refuse(name: str, text: str, end: End = End.FIN, of_part: Right | None = None) -> Spelling:
    return Spelling(name, Right.REFUSE, text, end, of_part)


def either(name: str, text: str, end: End = End.FIN) -> Spelling:
    return Spelling(name, Right.EITHER, text, end)


def with_lines(*lines: str) -> str:
    """A reply with a good Content-Length after these header lines."""
    return with_only(*lines, f"Content-Length: {LENGTH}")


def with_only(*lines: str, body: str = BODY.decode()) -> str:
    """A reply with these header lines, and its own that frame nothing."""
    return "HTTP/1.1 <STATUS>\r\n<LINES>" + "".join(f"{line}\r\n" for line in lines) + "\r\n" + body


def coded(*lines: str) -> str:
    """A reply with good pieces, under these header lines."""
    return with_only(*lines, body=f"14\r\n{BODY.decode()}\r\n0\r\n\r\n")


def in_raw_pieces(raw: str) -> str:
    """A reply that says that it comes in pieces, which these are."""
    return with_only("Transfer-Encoding: chunked", body=raw)
