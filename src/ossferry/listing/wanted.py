"""Which objects of a listing are wanted.

An object of no bytes whose key ends in "/", which consoles make for a folder, is an object like
any other.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Sequence
from functools import lru_cache

from ..entries import Entry
from ..jobs import Selection
from ..names import FOLDER


def is_wanted(chosen: Selection, entry: Entry, prefix: str) -> bool:
    """Whether an object below the prefix is one of those; never what ossferry keeps for itself.

    Patterns are over what a key has behind the prefix, and all that is chosen has to hold.
    ``include``: one of these, if there are any; ``exclude``: none of these, which weighs more. In
    a pattern ``*`` is anything within a piece between two "/", ``**`` as a piece is any pieces,
    ``?`` is one character but "/"; nothing else is special. A pattern without "/" is for the last
    piece, at any depth: ``*.jpg`` takes ``a/b.jpg``. One with "/" is for the whole, from its begin:
    ``a/*.jpg`` takes ``a/b.jpg``, and neither ``x/a/b.jpg`` nor ``a/x/b.jpg``; ``/*.jpg`` takes
    ``b.jpg`` only. One that ends in "/" is for all that is below: ``logs/`` at any depth,
    ``/logs/`` and ``a/logs/`` from the begin.

    Sizes are bounds that an object may have itself; it is modified at or after
    ``modified_after``, and before ``modified_before``.
    """
    if entry.key.startswith(FOLDER) or not _is_within(chosen, entry):
        return False
    name = entry.key[len(prefix) :]
    if chosen.include and not any(matches(pattern, name) for pattern in chosen.include):
        return False
    return not any(matches(pattern, name) for pattern in chosen.exclude)


def _is_within(chosen: Selection, entry: Entry) -> bool:
    return (
        (chosen.min_size is None or chosen.min_size <= entry.size)
        and (chosen.max_size is None or entry.size <= chosen.max_size)
        and (chosen.modified_after is None or chosen.modified_after <= entry.modified)
        and (chosen.modified_before is None or entry.modified < chosen.modified_before)
    )


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
