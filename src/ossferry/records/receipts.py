"""The receipts that children leave of what they have done, beside the record of their upload.

One is of use while a child has done more than its coordinator has recorded. So it is deleted as
soon as a record says as much as it could, many at a time.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

from ..copying.copy_job import CopiedPart, CopyResult
from ..copying.receipt import INTERVAL, Receipt
from ..errors import ChildThrottled
from ..urls import Url
from .record import RECEIPT, receipts_of

if TYPE_CHECKING:
    from ..oss.bucket import Bucket

_AT_ONCE = 8  # that are read


class Found(NamedTuple):
    """Receipts that lie in OSS, and the parts that those tell of that are what they should be."""

    names: tuple[str, ...] = ()
    parts: tuple[CopiedPart, ...] = ()


def found(bucket: Bucket, names: Collection[str], secret: str) -> Found:
    """What these receipts say that are for the record with this secret."""

    def read(name: str) -> Receipt | None:
        there = bucket.read(name)
        return Receipt.decode(there[0], secret) if there else None

    if not names:
        return Found()
    with ThreadPoolExecutor(_AT_ONCE) as readers:
        receipts = [*readers.map(read, names)]
    return Found(tuple(names), tuple(part for each in receipts if each for part in each.parts))


class Receipts:
    """Those of one record, whose name ``begin`` or ``go_on`` tells before anything else is asked.

    ``issue`` and ``heard`` are for whoever starts children, ``settle`` for whoever records.
    """

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._prefix = ""
        self._lock = threading.Lock()
        self._issued: dict[Url, str] = {}  # names, of children that were not heard
        self._heard: dict[str, frozenset[int]] = {}  # what has to be on record before they go
        self._some = False  # whether there may be one in OSS, besides those

    def begin(self, record: str) -> None:
        self._prefix = receipts_of(record)

    def go_on(self, record: str, there: Found, believed: Collection[int]) -> None:
        """After an earlier run, whose children may still be at it: ``there`` is what they left, of
        which these parts are believed."""
        self.begin(record)
        self._some = True
        numbers = frozenset(part.number for part in there.parts).intersection(believed)
        self._heard = dict.fromkeys(there.names, numbers)

    def issue(self) -> Url:
        """Where one child PUTs what it has done."""
        name = f"{self._prefix}{uuid4().hex}{RECEIPT}"
        url = self._bucket.put_url(name, {})
        with self._lock:
            self._issued[url] = name
        return url

    def heard(self, url: Url, numbers: Iterable[int], result: CopyResult) -> None:
        """What came of the child that was asked for these parts.

        Its answer says no less than its receipt. One that failed without may have got far.
        """
        with self._lock:
            name = self._issued.pop(url)
            if isinstance(result.error, ChildThrottled):
                return
            if result.error is None and result.seconds < INTERVAL:
                return
            told = frozenset(part.number for part in result.parts)
            self._heard[name] = told if told or not result.error else frozenset(numbers)
            self._some = True

    def settle(self, recorded: Collection[int]) -> None:
        """Delete those that tell of no other parts than these, which a record in OSS has.

        What cannot be deleted now is left to the end.
        """
        known = frozenset(recorded)
        with self._lock:
            settled = [name for name, numbers in self._heard.items() if numbers <= known]
            for name in settled:
                del self._heard[name]
        self._bucket.delete_all(settled)

    def untold(self, recorded: Collection[int]) -> int:
        """How many there are in OSS that may tell of other parts than these."""
        known = frozenset(recorded)
        with self._lock:
            names = {name for name, numbers in self._heard.items() if not numbers <= known}
            names.update(self._issued.values())
        return len(names.intersection(self._there())) if names else 0

    def clear(self) -> None:
        """Delete all that there are."""
        if self._some or self._issued:
            self._bucket.delete_all(self._there())

    def _there(self) -> list[str]:
        return [name for name, _ in self._bucket.names(self._prefix)]
