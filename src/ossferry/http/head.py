"""The head of a reply, parsed strictly. Pure.

RFC 9112, sections 2 to 5. Where the RFC leaves a choice, this takes what keeps two readers of one
reply from seeing two bodies: what is malformed is an error, never skipped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

MOST = 64 * 1024  # bytes; no honest head is longer

# Everything but control characters; a tab is none.
_TEXT = r"[^\x00-\x08\x0a-\x1f\x7f]*"
_STATUS_LINE = re.compile(r"HTTP/1\.([01]) ([1-9][0-9]{2})(?: " + _TEXT + r")?")
# The blanks around a value are taken off afterwards: a pattern for them would take cubic time.
_FIELD = re.compile(r"([-!#$%&'*+.^_`|~0-9A-Za-z]+):(" + _TEXT + r")")
_END = re.compile(rb"\r?\n\r?\n")


class Malformed(Exception):
    """What the server sent is no reply of HTTP/1.1; the text says why, and quotes nothing."""


class Headers:
    """The fields of a head; look-ups ignore case."""

    def __init__(self, fields: Iterable[tuple[str, str]]) -> None:
        """Several with one name become a list, as RFC 9110, section 5.3, reads them."""
        self._fields: dict[str, str] = {}
        for name, value in fields:
            known = self._fields.get(small := name.lower())
            self._fields[small] = value if known is None else f"{known}, {value}"

    def get(self, name: str, default: str | None = None, /) -> str | None:
        return self._fields.get(name.lower(), default)

    def named(self, prefix: str) -> dict[str, str]:
        """Those whose names begin like this, by the rest of the name, in small letters."""
        found = (name for name in self._fields if name.startswith(prefix))
        return {name.removeprefix(prefix): self._fields[name] for name in found}


class Head:
    """A status line and its fields."""

    def __init__(self, status: int, version: int, headers: Headers) -> None:
        self.status = status
        self.version = version  # the minor one
        self.headers = headers

    @property
    def interim(self) -> bool:
        """Whether the reply itself is still to come: RFC 9110, section 15.2."""
        return self.status < 200

    @property
    def keeps(self) -> bool:
        """Whether the connection serves another request; RFC 9112, section 9.3."""
        options = (self.headers.get("Connection") or "").lower().split(",")
        return self.version == 1 and "close" not in (option.strip() for option in options)


def end_of_head(received: bytes | bytearray, since: int = 0) -> int:
    """Where the body begins in what was received; 0 if the head is not all there.

    ``since`` is how much was received when it was not all there before. A line may end in a bare
    LF: RFC 9112, section 2.2.
    """
    found = _END.search(received, max(0, since - 3))
    return found.end() if found else 0


def parse_head(text: bytes) -> Head:
    """The head in ``text``, which ends where ``end_of_head`` says."""
    # Decoded once, which loses nothing: each byte is one character.
    lines = [line.removesuffix("\r") for line in text.decode("latin-1").split("\n")]
    found = _STATUS_LINE.fullmatch(lines[0])
    if found is None:
        raise Malformed("its status line is not that of HTTP/1.1")
    fields = [_field(line) for line in _unfolded(lines[1:])]
    return Head(int(found[2]), int(found[1]), Headers(fields))


def _unfolded(lines: list[str]) -> list[str]:
    """The lines up to the empty one; what a server folded over several is one again."""
    whole: list[str] = []
    for line in lines:
        if not line:
            break
        if line[0] not in " \t":
            whole.append(line)
        elif whole:
            whole[-1] = whole[-1].rstrip(" \t") + " " + line.strip(" \t")
        else:
            raise Malformed("its first header line is indented")
    return whole


def parse_field(line: bytes) -> tuple[str, str]:
    """Name and value of a header line, which has no line end any more."""
    return _field(line.decode("latin-1"))


def _field(line: str) -> tuple[str, str]:
    found = _FIELD.fullmatch(line)
    if found is None:
        raise Malformed("it has a header line that is not name, colon and value")
    return found[1], found[2].strip(" \t")
