"""A range of bytes, half open inside and inclusive only where HTTP wants it so; and units."""

from __future__ import annotations

from typing import NamedTuple

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB


class ByteRange(NamedTuple):
    """Bytes ``start <= i < stop`` of the source."""

    start: int
    stop: int

    @property
    def size(self) -> int:
        return self.stop - self.start

    @property
    def header(self) -> str:
        """As HTTP writes it: inclusive (RFC 9110, section 14.1.2)."""
        return f"bytes={self.start}-{self.stop - 1}"
