"""What this machine bears: the kernel copies from the local origin into the local OSS.

Nobody looks at a byte on the way, so a copier is hardly faster, unless the machine has less else to
do when its turn comes. Where a source would give more than this, its ideal says nothing of a
copier, only of the machine.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.bench.copiers.splice import connected, move, pipe, read_head
from tests.bench.regimes.regime import MB, MOST_CONNECTIONS, Regime
from tests.localcloud.client import LocalCloud

# Together more than the machine bears; where one is slow, three times what anybody would use.
_TOGETHER = 500 * MB  # per second
_MOST, _LEAST = 3 * MOST_CONNECTIONS, 16
# Bytes, or a second's worth: long enough for starts and ends not to count.
_AMOUNT, _SECONDS = 200 * MB, 1
# Many small pipes: the kernel gives an ordinary user no more memory for them.
_PIPE = 64 * 1024
# The rest is for copiers, which share the cores with origin and OSS; the kernel's copy has them.
_FOR_A_SOURCE = 0.8


@dataclass(frozen=True, slots=True)
class Machine:
    """Bytes per second at one rate per connection: from the origin, and into OSS as well."""

    rate: int | None
    connections: int
    read: float
    copied: float

    def bears(self, regime: Regime) -> bool:
        """Whether the source is slow enough to be what limits a copier here."""
        return regime.bears <= self.copied * _FOR_A_SOURCE


def measure(cloud: LocalCloud, rate: int | None) -> Machine:
    """Read, and copy, through so many connections that the source is not the limit."""
    connections = min(max(_TOGETHER // rate, _LEAST), _MOST) if rate else _LEAST
    share = min(_SECONDS * (rate or _AMOUNT), _AMOUNT // connections)
    source = cloud.generated(f"machine-{rate}", share, *Regime(share, rate).behaviours)
    keys = [f"bench/machine/{number}" for number in range(connections)]
    targets = iter([cloud.bucket.sign_url("PUT", key, 600, slash_safe=True) for key in keys])
    read = _together(connections, lambda: _read(source, share))
    copied = _together(connections, lambda: _copy(source, next(targets), share))
    cloud.bucket.batch_delete_objects(keys)
    amount = share * connections
    return Machine(rate, connections, amount / read, amount / copied)


def _together(count: int, action: Callable[[], None]) -> float:
    """Do it so many times at once; the seconds until all are done."""
    began = time.perf_counter()
    with ThreadPoolExecutor(count) as pool:
        for future in [pool.submit(action) for _ in range(count)]:
            future.result()
    return time.perf_counter() - began


def _read(source: str, length: int) -> None:
    with connected(source) as origin, pipe(_PIPE) as through, open("/dev/null", "wb") as nowhere:
        origin.sendall(_head("GET", source))
        _require_success(read_head(origin))
        move(origin.fileno(), through, nowhere.fileno(), length)


def _copy(source: str, target: str, length: int) -> None:
    with connected(source) as origin, connected(target) as oss, pipe(_PIPE) as through:
        origin.sendall(_head("GET", source))
        oss.sendall(_head("PUT", target, f"Content-Length: {length}\r\n"))
        _require_success(read_head(origin))
        move(origin.fileno(), through, oss.fileno(), length)
        _require_success(read_head(oss))


def _head(method: str, url: str, more: str = "") -> bytes:
    parts = urlsplit(url)
    target = f"{parts.path}?{parts.query}"
    return f"{method} {target} HTTP/1.1\r\nHost: {parts.netloc}\r\n{more}\r\n".encode()


def _require_success(head: str) -> None:
    if " 200 " not in head.split("\r\n", 1)[0]:
        raise SystemExit(f"the local cloud refused: {head.splitlines()[0]}")
