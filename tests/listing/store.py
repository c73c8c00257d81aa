"""A bucket with keys and nothing else, and the ways in which a server may list them."""

from __future__ import annotations

import threading
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence

from ossferry.entries import Entry, Page

# What a server makes of an ordinary answer, given its number, from 1.
Twist = Callable[[int, Page], Page]


def as_it_is(number: int, page: Page) -> Page:
    return page


def entry(key: str, size: int = 1, modified: float = 0.0, **fields: str) -> Entry:
    return Entry(key, size, fields.pop("etag", "E"), modified, **fields)


class Store:
    """Lists in ``seconds``, at most ``most`` keys, and counts how often and how many at once.

    ``heeds`` is what it makes of where it is to start: nothing, for one that always starts anew.
    """

    def __init__(
        self,
        keys: Iterable[str],
        *,
        most: int = 1000,
        seconds: float = 0.0,
        twist: Twist = as_it_is,
        heeds: Callable[[str], str] = str,
    ) -> None:
        self.keys: Sequence[str] = sorted(set(keys))
        self.lists = 0
        self.at_once = 0
        self._now = 0
        self._most = most
        self._seconds = seconds
        self._twist = twist
        self._heeds = heeds
        self._lock = threading.Lock()

    def pages(self, prefix: str, after: str, most: int) -> Page:
        with self._lock:
            self.lists += 1
            number = self.lists
            self._now += 1
            self.at_once = max(self.at_once, self._now)
        try:
            time.sleep(self._seconds)
            return self._twist(number, self._page(prefix, self._heeds(after), most))
        finally:
            with self._lock:
                self._now -= 1

    def below(self, prefix: str, after: str = "") -> list[str]:
        return [key for key in self.keys if key.startswith(prefix) and key > after]

    def _page(self, prefix: str, after: str, most: int) -> Page:
        begin = max(bisect_right(self.keys, after), bisect_left(self.keys, prefix))
        end = begin + min(most, self._most)
        found = tuple(entry(key) for key in self.keys[begin:end] if key.startswith(prefix))
        more = end < len(self.keys) and self.keys[end].startswith(prefix)
        return Page(found, more)
