"""Takes gzip off a stream of bytes, if it begins like gzip; else the bytes are as they came."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from itertools import chain

from ..errors import InvalidEvent

_MAGIC = b"\x1f\x8b"
_GZIP = 31  # zlib's word for: with gzip's header and trailer, and its largest window
_AT_ONCE = 64 * 1024  # a few bytes may unpack to very many


def unpacked(content: Iterable[bytes]) -> Iterator[bytes]:
    pieces = iter(content)
    start = b""
    for piece in pieces:
        start += piece
        if len(start) >= len(_MAGIC):
            break
    whole = chain([start] if start else [], pieces)
    return _inflated(whole) if start.startswith(_MAGIC) else whole


def _inflated(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """All members of a gzip file (RFC 1952, 2.2), and none of the zeros that tapes put between."""
    member = None
    for piece in pieces:
        while piece := piece if member else piece.lstrip(b"\0"):
            member = member or zlib.decompressobj(_GZIP)
            try:
                yield from _out_of(member, piece)
            except zlib.error:
                raise InvalidEvent("the list is damaged: pack it again with gzip") from None
            piece = member.unused_data
            member = None if member.eof else member
    if member:
        raise InvalidEvent("the list is cut off: its gzip has no end, so write the whole of it")


def _out_of(member: zlib._Decompress, piece: bytes) -> Iterator[bytes]:
    while True:
        data = member.decompress(piece, _AT_ONCE)
        if data:
            yield data
        piece = member.unconsumed_tail
        # With no bytes left to take in, zlib may still have some to give out.
        if member.eof or (not piece and len(data) < _AT_ONCE):
            return
