"""What OSS says of objects: of one, and in listings, in byte order of their keys, in pages.

Strings of Python compare by code point, which is the order of their UTF-8 bytes: what comes in
the order of OSS can be compared and merged as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """An object as OSS describes it. ``crc64`` is None for objects that OSS has none for.

    ``restore`` is what OSS says of that at the moment ``at`` of its clock, in epoch seconds; "" if
    nothing, 0.0 if it does not say when. Restoring changes no object.
    """

    size: int
    etag: str
    crc64: int | None
    metadata: Mapping[str, str] = field(default_factory=dict)
    content_type: str = field(default="", compare=False)
    storage_class: str = field(default="Standard", compare=False)
    restore: str = field(default="", compare=False)
    at: float = field(default=0.0, compare=False)


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
