"""What a listing of a bucket says: its objects, in byte order of their keys, in pages.

Strings of Python compare by code point, which is the order of their UTF-8 bytes: what comes in
the order of OSS can be compared and merged as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Entry(NamedTuple):
    """An object as it is listed; ``modified`` in epoch seconds, the ETag without quotes."""

    key: str
    size: int
    etag: str
    modified: float
    storage_class: str = "Standard"
    type: str = "Normal"  # or Multipart, Appendable, Symlink
    restore: str = ""  # RestoreInfo as it is listed, "" if there is none


class Page(NamedTuple):
    """Entries that follow each other. One that is ``truncated`` is not the last, however short."""

    entries: tuple[Entry, ...]
    truncated: bool


# What comes next of a prefix behind a key (exclusive; there need not be such a key), at most so
# many. A page that is truncated has an entry.
Pages = Callable[[str, str, int], Page]
