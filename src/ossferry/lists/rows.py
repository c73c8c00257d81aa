"""What reading a list gives: rows, and in the same order those that nobody can read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, NamedTuple

FORMATS = ("urls", "tsv", "google", "csv", "jsonl", "migration", "inventory")

# How a URL without a key becomes one: the last piece of its path, its whole path, or its host and
# path, percent-decoded.
Naming = Literal["name", "path", "host"]

# The bytes of a file that a manifest names, by its key in the manifest's bucket.
Open = Callable[[str], Iterator[bytes]]


class Row(NamedTuple):
    """An item. ``number`` is that of its line, from 1, as a person finds it in the unpacked list;
    in a manifest's files, that of the row through all of them in their order.

    ``event`` is a transfer's without its target's region and bucket.
    """

    number: int
    event: Mapping[str, Any]


class Unreadable(NamedTuple):
    """A row that asks for nothing that can be done. ``reason`` is a sentence without anything of
    the row itself, whose URL may carry secrets.

    ``leaves``: its key would leave the prefix, which whoever sends such a list may be up to.
    """

    number: int
    reason: str
    leaves: bool = False


class Unfit(Exception):
    """Why a row is to be an ``Unreadable``; never leaves this room."""

    def __init__(self, reason: str, leaves: bool = False) -> None:
        super().__init__(reason, leaves)
        self.reason = reason
        self.leaves = leaves

    def at(self, number: int) -> Unreadable:
        return Unreadable(number, self.reason, self.leaves)


class Rows:
    """A list that is being read: once, from its beginning to its end.

    Iterating raises ``InvalidEvent`` where the list turns out to be damaged or cut off.
    """

    def __init__(self, format: str, rows: Iterator[Row | Unreadable]) -> None:
        self.format = format  # one of FORMATS
        self._rows = rows

    def __iter__(self) -> Iterator[Row | Unreadable]:
        return self._rows
