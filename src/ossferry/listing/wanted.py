"""Which objects of a listing are wanted, and which of those can be copied at all.

An object of no bytes whose key ends in "/", which consoles make for a folder, is an object like
any other.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from ..entries import Entry
from ..names import FOLDER


class Wanted(NamedTuple):
    """Patterns over what a key has behind the prefix, and bounds; all of them have to hold.

    ``include``: one of these, if there are any; ``exclude``: none of these, which weighs more. In
    a pattern ``*`` is anything within a piece between two "/", ``**`` as a piece is any pieces,
    ``?`` is one character but "/"; nothing else is special. A pattern without "/" is for the last
    piece, at any depth: ``*.jpg`` takes ``a/b.jpg``. One with "/" is for the whole, from its begin:
    ``a/*.jpg`` takes ``a/b.jpg``, and neither ``x/a/b.jpg`` nor ``a/x/b.jpg``; ``/*.jpg`` takes
    ``b.jpg`` only. One that ends in "/" is for all that is below: ``logs/`` at any depth,
    ``/logs/`` and ``a/logs/`` from the begin.

    Sizes are bounds that an object may have itself; it is modified at or after
    ``modified_after``, and before ``modified_before``, in epoch seconds.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    min_size: int | None = None
    max_size: int | None = None
    modified_after: float | None = None
    modified_before: float | None = None

    def of(self, entry: Entry, prefix: str) -> bool:
        """Never what ossferry keeps for itself."""
        if entry.key.startswith(FOLDER) or not self._bounds(entry):
            return False
        name = entry.key[len(prefix) :]
        if self.include and not any(matches(pattern, name) for pattern in self.include):
            return False
        return not any(matches(pattern, name) for pattern in self.exclude)

    def _bounds(self, entry: Entry) -> bool:
        return (
            (self.min_size is None or self.min_size <= entry.size)
            and (self.max_size is None or entry.size <= self.max_size)
            and (self.modified_after is None or self.modified_after <= entry.modified)
            and (self.modified_before is None or entry.modified < self.modified_before)
        )


def why_not(entry: Entry) -> str:
    """Why an object is not copied though it is wanted; "" if it is.

    OSS would copy a symlink itself, and in another bucket it leads nowhere.
    """
    return "a symlink; copy what it leads to" if entry.type == "Symlink" else ""


def matches(pattern: str, name: str) -> bool:
    """Whether a name, which is what a key has behind the prefix, is what a pattern stands for."""
    pieces = _pieces(pattern)
    if isinstance(pieces, re.Pattern):
        return pieces.match(name.rstrip("/").rpartition("/")[2]) is not None
    return _lead_to_end(pieces, name.split("/"))


# None is "**".
_Piece = re.Pattern[str] | None


@lru_cache(maxsize=1024)
def _pieces(pattern: str) -> re.Pattern[str] | tuple[_Piece, ...]:
    """The pieces of a pattern, or the one for the last piece of a name."""
    if "/" not in pattern:
        return _piece(pattern)
    core = pattern.removesuffix("/")
    pieces = core.removeprefix("/").split("/") if core else []
    if core != pattern:
        pieces = [*pieces, "**"] if "/" in core or not core else ["**", *pieces, "**"]
    return tuple(None if piece == "**" else _piece(piece) for piece in pieces)


def _piece(text: str) -> re.Pattern[str]:
    # Its expressions take no time that explodes, whatever the stars.
    return re.compile(fnmatch.translate(text.replace("[", "[[]")))


def _lead_to_end(pieces: Sequence[_Piece], names: Sequence[str]) -> bool:
    """A "**" at the end is at least one piece, which may have no name; elsewhere also none.

    Only the last "**" is ever gone back to: what those before it took can be as little as it was.
    """
    end = len(names)
    if pieces and pieces[-1] is None:
        # What is before has to be there, and one piece behind it.
        return any(_all(pieces[:-1], names[:at]) for at in range(end))
    return _all(pieces, names)


def _all(pieces: Sequence[_Piece], names: Sequence[str]) -> bool:
    at = piece = 0
    again: tuple[int, int] | None = None
    while at < len(names):
        expected = pieces[piece] if piece < len(pieces) else _END
        if expected is None:
            piece += 1
            again = (piece, at)
        elif expected is not _END and expected.match(names[at]):
            piece, at = piece + 1, at + 1
        elif again:
            piece, at = again[0], again[1] + 1
            again = (piece, at)
        else:
            return False
    return all(rest is None for rest in pieces[piece:])


_END = re.compile("(?!)")  # what nothing matches
