"""How much a list or a prefix is: counted, never copied, and no source is asked."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ossferry.archived import is_archived, state_of
from ossferry.entries import Entry
from ossferry.jobs import Selection, Thaw
from ossferry.listing.wanted import is_wanted
from ossferry.lists.rows import Row, Unreadable
from ossferry.thaw.plan import Plan as Restores

# The classes of S3 and of COS whose objects have to be restored before they can be read.
_ELSEWHERE = ("GLACIER", "DEEP_ARCHIVE", "ARCHIVE")


@dataclass
class Many:
    """``bytes`` is of items whose size is known, ``unknown`` counts the others, ``unreadable`` the
    rows that are no items. ``restore`` is what restoring would take; ``elsewhere`` counts archived
    objects of other clouds, whose listings do not say whether they are restored."""

    items: int = 0
    bytes: int = 0
    unknown: int = 0
    unreadable: int = 0
    archived: int = 0
    frozen: int = 0
    elsewhere: int = 0
    requests: int = 0
    largest: int = 0
    restore: dict[str, Any] = field(default_factory=dict)


def of_rows(rows: Iterable[Row | Unreadable]) -> Many:
    """A list; sizes are those that it says."""
    found = Many()
    for row in rows:
        if isinstance(row, Unreadable):
            found.unreadable += 1
            continue
        found.items += 1
        size = row.event.get("expected_size")
        if isinstance(size, int):
            found.bytes += size
            found.largest = max(found.largest, size)
        else:
            found.unknown += 1
    return found


def of_entries(entries: Iterator[Entry], prefix: str, selection: Selection, thaw: Thaw) -> Many:
    """What is below a prefix. Objects that are archived would have to be restored."""
    found, restores, now = Many(), Restores(thaw), time.time()
    listed = 0
    for entry in entries:
        listed += 1
        if not is_wanted(selection, entry, prefix):
            continue
        found.items += 1
        found.bytes += entry.size
        found.largest = max(found.largest, entry.size)
        if is_archived(entry.storage_class):
            found.archived += 1
            found.frozen += state_of(entry.storage_class, entry.restore, now) == "frozen"
            restores.count([entry], now)
        elif entry.storage_class in _ELSEWHERE:
            found.archived += 1
            found.elsewhere += 1
    found.requests = 1 + listed // 1000
    found.restore = restores.to_json()
    return found
