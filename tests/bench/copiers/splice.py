"""The least that a copy between two sockets can cost: the kernel moves pages through a pipe.

No byte is looked at, so nothing is checksummed and TLS is out of the question. One request on
each side per part, over kept connections, like the copiers that it is compared with.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

from tests.bench.copiers.measuring import Errand, run

_PIPE = 1024 * 1024
_HEAD_AT_MOST = 4096


def copy(errand: Errand) -> None:
    """Copy all parts in turn."""
    with pipe() as through, connected(errand.source) as source, connected(errand.sink) as sink:
        for start in range(0, errand.size, errand.part_size):
            stop = min(start + errand.part_size, errand.size)
            path = urlsplit(errand.source).path
            head = f"GET {path} HTTP/1.1\r\nHost: source\r\nRange: bytes={start}-{stop - 1}\r\n\r\n"
            source.sendall(head.encode())
            read_head(source)
            head = f"PUT /object HTTP/1.1\r\nHost: sink\r\nContent-Length: {stop - start}\r\n\r\n"
            sink.sendall(head.encode())
            move(source.fileno(), through, sink.fileno(), stop - start)
            read_head(sink)


@contextlib.contextmanager
def pipe(size: int = _PIPE) -> Iterator[tuple[int, int]]:
    """Yield the two ends of a pipe, to read from and to write to, that holds so many bytes."""
    reading, writing = os.pipe()
    try:
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, size)
        yield reading, writing
    finally:
        os.close(reading)
        os.close(writing)


def move(source: int, through: tuple[int, int], sink: int, length: int) -> None:
    """Have the kernel move so many bytes from one descriptor to another."""
    reading, writing = through
    while length:
        held = os.splice(source, writing, min(length, _PIPE))
        if not held:
            raise SystemExit("the source ended early")
        length -= held
        while held:
            held -= os.splice(reading, sink, held)


def connected(url: str) -> socket.socket:
    """Connect to the host of a URL."""
    parts = urlsplit(url)
    return socket.create_connection((parts.hostname or "", parts.port or 80))


def read_head(connection: socket.socket) -> str:
    """Take the head off the connection and not a byte of what follows it."""
    while True:
        seen = connection.recv(_HEAD_AT_MOST, socket.MSG_PEEK)
        end = seen.find(b"\r\n\r\n")
        if end >= 0:
            return connection.recv(end + 4).decode("latin-1")
        if not seen:
            raise SystemExit("the peer hung up")


if __name__ == "__main__":
    run(copy)
