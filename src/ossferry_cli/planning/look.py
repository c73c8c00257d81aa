"""One source as it answers from here, by the function's own probe and address rules.

``measured`` reads it for some seconds, which says what this machine gets and not what the function
does.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from ipaddress import ip_network
from typing import TYPE_CHECKING, NamedTuple

from ossferry.byte_range import MIB, ByteRange
from ossferry.copying.copy_job import SourceRef
from ossferry.copying.reader import SourceReader
from ossferry.errors import FerryError
from ossferry.http.netguard import NetGuard
from ossferry.source.expiry import expires_at
from ossferry.source.probe import Source, probe

from ..function import Function

if TYPE_CHECKING:
    from ossferry.settings import Network

SECONDS, CONNECTIONS = 2.0, 4
_PATIENCE = 30.0


class Looked(NamedTuple):
    """``expires`` is in epoch seconds, None for a URL that does not say."""

    source: Source
    shown: str
    expires: float | None


class Rate(NamedTuple):
    """Bytes per second of each connection, and of all of them together."""

    connection: float
    together: float
    connections: int
    seconds: float


def guard_of(function: Function, networks: Sequence[Network]) -> NetGuard:
    """The local cloud's own origin is at home."""
    local = (ip_network("127.0.0.0/8"),) if function.is_local else ()
    return NetGuard((*networks, *local))


def looked_at(ref: SourceRef, shown: str, guard: NetGuard, *, signed_by_us: bool) -> Looked:
    source = probe(ref, guard, time.monotonic() + _PATIENCE)
    return Looked(source, shown, None if signed_by_us else expires_at(ref.url))


def measured(source: Source, guard: NetGuard, seconds: float = SECONDS) -> Rate | None:
    """A few connections, each at another place; None if nothing came."""
    size = source.size or 0
    count = CONNECTIONS if source.splittable and size >= CONNECTIONS * MIB else 1
    began = time.monotonic()
    starts = [size * each // count for each in range(count)]
    with ThreadPoolExecutor(count) as pool:
        read = [
            pool.submit(_read, source, guard, start if source.splittable else None, began + seconds)
            for start in starts
        ]
        found = [each.result() for each in read]
    rates = [moved / took for moved, took in found if moved and took > 0]
    if not rates:
        return None
    took = max(time.monotonic() - began, 1e-6)
    together = sum(moved for moved, _ in found) / took
    return Rate(sum(rates) / len(rates), together, count, took)


def _read(source: Source, guard: NetGuard, start: int | None, until: float) -> tuple[int, float]:
    """Bytes, and seconds from the request on."""
    moved, began = 0, time.monotonic()
    view = memoryview(bytearray(MIB // 4))
    with closing(SourceReader(source.ref, guard, until + _PATIENCE)) as reader:
        try:
            if start is None or source.size is None:
                reader.open_whole()
            else:
                reader.open(ByteRange(start, source.size))
            reader.given_up = lambda: time.monotonic() > until
            while time.monotonic() < until and (count := reader.readinto(view)):
                moved += count
        except FerryError:
            pass
    return moved, max(time.monotonic() - began, 1e-6)
