"""A file that nothing can compress or guess, and its checksum."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

_PIECE = 4 << 20


def write_random(path: Path, size: int, progressed: Callable[[int], None]) -> str:
    """Write ``size`` random bytes and return their SHA-256; ``progressed`` hears how many."""
    digest = hashlib.sha256()
    written = 0
    with path.open("wb") as file:
        while written < size:
            piece = os.urandom(min(_PIECE, size - written))
            digest.update(piece)
            written += file.write(piece)
            progressed(written)
    return digest.hexdigest()
