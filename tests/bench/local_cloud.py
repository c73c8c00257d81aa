"""What one stream gets of the local OSS, so that it is known not to be the limit of the rest.

A PUT is stored with MD5 and CRC64, so its reference is MD5 alone over the same bytes.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from urllib.parse import urlsplit

from tests.bench.figures import Figure, Series, Wanted
from tests.localcloud.client import LocalCloud

_SIZE = 256 * 1024 * 1024
_RUNS = 3
_KEY = "bench/stream"
_TOPIC = "local OSS, one stream"


def figures(cloud: LocalCloud, progress: Callable[[str], None]) -> Iterator[Figure]:
    """Yield the speed of a PUT beside MD5's, and that of a GET."""
    body = os.urandom(1 << 20) * (_SIZE >> 20)
    progress("local OSS, PUT and GET")
    puts, hashes, gets = (
        [_speed(action) for _ in range(_RUNS)]
        for action in (
            lambda: _put(cloud, body),
            lambda: hashlib.md5(body, usedforsecurity=False).digest(),
            lambda: _get(cloud),
        )
    )
    yield Figure(
        _TOPIC,
        "PUT with MD5 and CRC64",
        "MB/s",
        Series.of("local OSS", puts),
        Series.of("MD5 alone", hashes),
        wanted=Wanted(">=", 250),
    )
    yield Figure(_TOPIC, "GET", "MB/s", Series.of("local OSS", gets), wanted=Wanted(">=", 1000))


def _speed(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return _SIZE / 1e6 / (time.perf_counter() - began)


def _put(cloud: LocalCloud, body: bytes) -> None:
    connection, target = _signed(cloud, "PUT")
    try:
        connection.request("PUT", target, body)
        if connection.getresponse().status != 200:
            raise SystemExit("the local OSS refused a PUT")
    finally:
        connection.close()


def _get(cloud: LocalCloud) -> None:
    connection, target = _signed(cloud, "GET")
    try:
        connection.request("GET", target)
        response = connection.getresponse()
        buffer = memoryview(bytearray(1 << 20))
        left = _SIZE
        while left and (count := response.fp.readinto1(buffer)):
            left -= count
        if left:
            raise SystemExit("the local OSS cut a GET short")
    finally:
        connection.close()


def _signed(cloud: LocalCloud, method: str) -> tuple[HTTPConnection, str]:
    url = urlsplit(cloud.bucket.sign_url(method, _KEY, 600, slash_safe=True))
    connection = HTTPConnection(url.hostname or "", url.port, timeout=60)
    return connection, f"{url.path}?{url.query}"
