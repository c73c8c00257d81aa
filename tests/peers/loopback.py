"""What tests of the copy path share: rules that allow loopback, and little patience."""

from __future__ import annotations

import time
from collections.abc import Mapping
from ipaddress import ip_network

from ossferry.byte_range import ByteRange
from ossferry.copying.copy_job import PartJob, Pin, SourceRef
from ossferry.http.netguard import NetGuard
from ossferry.retry import RetryPolicy
from ossferry.urls import Url

GUARD = NetGuard([ip_network("127.0.0.0/8")])
QUICK = RetryPolicy(attempts=3, first=0.0, cap=0.0)
CONTENT = bytes(range(256)) * 4096  # 1 MiB, in which every offset is told from its neighbours


def soon() -> float:
    """A deadline that no test meets unless it hangs."""
    return time.monotonic() + 60


def source(url: str, headers: Mapping[str, str] | None = None, checksum: str = "") -> SourceRef:
    """``CONTENT`` as pinned after a probe that learnt no more than its size."""
    return SourceRef(Url(url), headers or {}, Pin(len(CONTENT)), checksum=checksum)


def part(url: str, start: int = 0, stop: int = len(CONTENT), number: int = 1) -> PartJob:
    return PartJob(number, ByteRange(start, stop), Url(f"{url}/part-{number}"))
