"""Lines of text out of bytes that are split anywhere, never holding more than one line too much.

A line that is too long, or no UTF-8, is ``Unreadable``; those after it are read all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .rows import Unreadable

LONGEST = 64 * 1024  # bytes
_BOM = "\ufeff"

# A line's number and text, without the newline; a carriage return before that is left.
Line = tuple[int, str]


def lines(content: Iterable[bytes]) -> Iterator[Line | Unreadable]:
    number = 1
    begun = b""  # of a line whose end has not come yet
    lost = False  # ... and which is too long already
    for piece in _small(content):
        first, last = piece.find(b"\n"), piece.rfind(b"\n")
        if first < 0:
            begun, lost = _longer(begun, piece, lost)
            continue
        whole, start = begun + piece[:last], 0
        if lost or len(begun) + first > LONGEST:
            yield _too_long(number)
            number += 1
            whole, start = piece[first + 1 : last], first + 1
        if start <= last:
            texts = whole.split(b"\n")
            yield from _read(whole, texts, number)
            number += len(texts)
        begun, lost = piece[last + 1 :], False
    if lost:
        yield _too_long(number)
    elif begun:
        yield from _read(begun, [begun], number)


def _small(content: Iterable[bytes]) -> Iterator[bytes]:
    """In pieces of which only the first line can be too long, with what came before it."""
    for piece in content:
        if len(piece) <= LONGEST:
            yield piece
        else:
            for start in range(0, len(piece), LONGEST):
                yield piece[start : start + LONGEST]


def _longer(begun: bytes, piece: bytes, lost: bool) -> tuple[bytes, bool]:
    if lost or len(begun) + len(piece) > LONGEST:
        return b"", True
    return begun + piece, False


def _read(whole: bytes, texts: list[bytes], number: int) -> Iterator[Line | Unreadable]:
    """All at once, which is several times faster, unless one of them is no UTF-8."""
    try:
        read = whole.decode().split("\n")
    except UnicodeDecodeError:
        yield from _one_by_one(texts, number)
        return
    if number == 1:
        read[0] = read[0].removeprefix(_BOM)
    yield from enumerate(read, number)


def _one_by_one(texts: list[bytes], number: int) -> Iterator[Line | Unreadable]:
    for at, text in enumerate(texts, number):
        try:
            read = text.decode()
        except UnicodeDecodeError:
            yield Unreadable(at, "the line is no UTF-8: save the list as UTF-8")
        else:
            yield at, read.removeprefix(_BOM) if at == 1 else read


def _too_long(number: int) -> Unreadable:
    return Unreadable(number, f"the line is longer than {LONGEST // 1024} KiB: shorten it")
