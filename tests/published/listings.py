"""Listings of a bucket that exists in a test alone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timezone
from email.utils import format_datetime

from ossferry.entries import Entry, Page

NOW = 1_800_000_000.0
DAY = 86_400
ONGOING = 'ongoing-request="true"'


def readable_until(moment: float) -> str:
    """Return what OSS lists of an object that can be read until then."""
    date = format_datetime(datetime.fromtimestamp(moment, timezone.utc), usegmt=True)
    return f'ongoing-request="false", expiry-date="{date}"'


def entry(key: str, storage_class: str = "Archive", restore: str = "") -> Entry:
    return Entry(key, 1, "etag", NOW - DAY, storage_class, restore=restore)


class Bucket:
    """Its objects in pages, which may be shorter than they were asked for; counts requests."""

    def __init__(self, entries: Iterable[Entry], shortest: int = 1000) -> None:
        self._entries = sorted(entries, key=lambda each: each.key)
        self._most = shortest
        self.asked: list[tuple[str, str, int]] = []

    def page(self, prefix: str, after: str, most: int) -> Page:
        assert len(after.encode()) < 1024
        assert 1 <= most <= 1000
        self.asked.append((prefix, after, most))
        left = [each for each in self._entries if each.key.startswith(prefix) and each.key > after]
        most = min(most, self._most)
        return Page(tuple(left[:most]), len(left) > most)
