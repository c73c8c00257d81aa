"""A plain HTTP client that reports what it saw, however badly the exchange ended."""

from __future__ import annotations

import contextlib
import http.client
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.localcloud.config import CloudConfig
from tests.localcloud.origin.contents import generated
from tests.localcloud.serving import listening, serving


@dataclass(frozen=True)
class Seen:
    """One reply: ``error`` names what interrupted the body, if anything did."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes
    error: str
    seconds: float


@dataclass(frozen=True)
class Origin:
    """An origin that runs in this process."""

    endpoint: str
    root: Path

    def ask(
        self, path: str, *behaviours: str, method: str = "GET", timeout: float = 10, **headers: str
    ) -> Seen:
        """Ask once, on a connection of its own; header names are written with underscores."""
        query = urlencode([("as", each) for each in behaviours], safe=":,")
        address = urlsplit(self.endpoint)
        connection = http.client.HTTPConnection(
            address.hostname or "", address.port, timeout=timeout
        )
        began = time.monotonic()
        with contextlib.closing(connection):
            connection.request(
                method,
                path + (f"?{query}" if query else ""),
                headers={name.replace("_", "-"): value for name, value in headers.items()},
            )
            reply = connection.getresponse()
            body, error = _read_all(reply)
        return Seen(reply.status, reply.headers, body, error, time.monotonic() - began)

    def admin(self, method: str, path: str, body: bytes | None = None) -> Seen:
        """Ask one of the ``/-/`` views."""
        address = urlsplit(self.endpoint)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
        with contextlib.closing(connection):
            connection.request(method, path, body)
            reply = connection.getresponse()
            return Seen(reply.status, reply.headers, reply.read(), "", 0)


@contextlib.contextmanager
def running_origin(root: Path, **options: Any) -> Iterator[Origin]:
    """Run an origin in a thread of this process."""
    with listening() as (bound, endpoint):
        config = CloudConfig(
            oss_endpoint=endpoint,
            fc_endpoint=endpoint,
            origin=endpoint,
            data_dir=str(root),
            root_secret="-",
            access_key_secret="-",
            origin_root=str(root),
            **options,
        )
        with serving("origin", config, bound):
            yield Origin(endpoint, root)


def expected(seed: str, size: int) -> bytes:
    """Return the bytes of a generated file."""
    return b"".join(generated(seed, size).read(0, size))


def _read_all(reply: http.client.HTTPResponse) -> tuple[bytes, str]:
    body = bytearray()
    try:
        # Small reads: bytes that came before a reset are not lost with it.
        while piece := reply.read1(16 * 1024):
            body += piece
    except (OSError, http.client.HTTPException) as error:
        return bytes(body), type(error).__name__
    left = reply.length or 0
    return bytes(body), "short" if left else ""
