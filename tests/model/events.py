"""What is asked of ossferry, and how it can end."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from ossferry.errors import FerryError
from tests.model.source import PART, Version, crc64_of

Overwrite = Literal["different", "always", "never"]
Expectation = Literal["size", "crc64", "md5"]


@dataclass(frozen=True)
class Event:
    """``who`` is metadata of the object. ``wrong`` is whether the expectation is of other bytes."""

    id: int = 1
    by_parts: bool = True
    overwrite: Overwrite = "different"
    who: str = "a"
    expects: Expectation | None = None
    wrong: bool = False

    def asked(self, version: Version) -> Asked:
        """The event as it is sent when the source is this."""
        data = b"other bytes" if self.wrong else version.data
        values: Mapping[str, Any] = {
            "size": len(data),
            "crc64": crc64_of(data),
            "md5": hashlib.md5(data, usedforsecurity=False).hexdigest(),
        }
        expected = {f"expected_{self.expects}": values[self.expects]} if self.expects else {}
        return Asked(self, expected)


@dataclass(frozen=True)
class Asked:
    """An event, and what it expects of the bytes."""

    event: Event
    expected: Mapping[str, Any] = field(default_factory=dict)

    def fields(self) -> dict[str, object]:
        return {
            "overwrite": self.event.overwrite,
            "metadata": {"who": self.event.who},
            "max_children": 0,
            "streams": 1,
            **({"part_size": PART} if self.event.by_parts else {}),
            **self.expected,
        }

    def holds(self, data: bytes) -> bool:
        """Whether these bytes are what it expects."""
        md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
        found = {"size": len(data), "crc64": crc64_of(data), "md5": md5}
        return all(self.expected.get(f"expected_{each}", it) == it for each, it in found.items())

    def names(self, data: bytes) -> bool:
        """Whether it says which bytes it wants, and these are they: whatever the source is."""
        return self.event.expects in ("crc64", "md5") and self.holds(data)


class Ended(NamedTuple):
    """A reply or an error."""

    reply: Mapping[str, Any] | None = None
    error: FerryError | None = None

    @property
    def status(self) -> str:
        return str(self.reply["status"]) if self.reply else ""

    def __str__(self) -> str:
        return self.status or f"{self.error.type if self.error else None}: {self.error}"


class Object(NamedTuple):
    """What is in the object: everything by which one can tell whose it is."""

    data: bytes
    who: str
    media_type: str

    def __repr__(self) -> str:
        return (
            f"Object({len(self.data)} bytes {self.data[:8].hex()}, {self.who}, {self.media_type})"
        )
