"""The least that a copy between two sockets can cost: the kernel moves pages through a pipe.

No byte is looked at, so nothing is checksummed and TLS is out of the question. One request on
each side per part, over kept connections, like the copiers that it is compared with.
"""

from __future__ import annotations

import fcntl
import os
import socket
from urllib.parse import urlsplit

from tests.bench.copiers.measuring import Errand, run

_PIPE = 1024 * 1024
_HEAD_AT_MOST = 4096


def copy(errand: Errand) -> None:
    """Copy all parts in turn."""
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, _PIPE)
    with _connected(errand.source) as source, _connected(errand.sink) as sink:
        for start in range(0, errand.size, errand.part_size):
            stop = min(start + errand.part_size, errand.size)
            path = urlsplit(errand.source).path
            head = f"GET {path} HTTP/1.1\r\nHost: source\r\nRange: bytes={start}-{stop - 1}\r\n\r\n"
            source.sendall(head.encode())
            read_head(source)
            head = f"PUT /object HTTP/1.1\r\nHost: sink\r\nContent-Length: {stop - start}\r\n\r\n"
            sink.sendall(head.encode())
            _move(source.fileno(), writing, reading, sink.fileno(), stop - start)
            read_head(sink)


def _move(source: int, writing: int, reading: int, sink: int, length: int) -> None:
    while length:
        held = os.splice(source, writing, min(length, _PIPE))
        if not held:
            raise SystemExit("the source ended early")
        length -= held
        while held:
            held -= os.splice(reading, sink, held)


def _connected(url: str) -> socket.socket:
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
