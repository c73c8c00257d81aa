"""Files that the rows are about: told apart at every byte, and of sizes that matter."""

from __future__ import annotations

from typing import Any

from tests.hostile.spelling import TUESDAY, File


def filled(word: str, size: int) -> bytes:
    """So many bytes, of which no two files have the same at one place."""
    count = size // (len(word) + 9) + 1
    return "".join(f"{word} {n:07} " for n in range(count)).encode()[:size]


OLD = File(filled("old", 1000))
NEW = File(filled("NEW", 1500), etag='"two"', modified=TUESDAY)
SHORT = File(filled("SHORT", 600), etag='"two"', modified=TUESDAY)
# As long as OLD, and another.
TWIN = File(filled("TWIN", 1000), etag='"two"', modified=TUESDAY)

# Three parts of the smallest size that OSS takes, and a bit; copied by two streams.
_PART = 102_400
BIG = File(filled("old", 3 * _PART + 100))
BIG_NEW = File(filled("NEW", 3 * _PART + 5000), etag='"two"', modified=TUESDAY)
BIG_TWIN = File(filled("TWIN", 3 * _PART + 100), etag='"two"', modified=TUESDAY)
BY_PARTS = {"part_size": _PART, "streams": 2}
SECOND = _PART  # where the second part begins

# Read front to back, and not held at once: parts in turn, where ranges do not go.
IN_TURN = {"part_size": _PART}


def bare(file: File, **other: Any) -> File:
    """The same without anything to know it by."""
    return File(other.get("content", file.content), etag=None, modified=None)


def dated(file: File) -> File:
    """The same without an ETag."""
    return File(file.content, etag=None, modified=file.modified)


def tagged(file: File, etag: str | None) -> File:
    """The same with another ETag."""
    return File(file.content, etag, file.modified)
