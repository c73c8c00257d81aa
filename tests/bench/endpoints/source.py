"""The source: ``/{size}`` is that many bytes, by range or whole, sent by sendfile from memory.

Over TLS the bytes have to be encrypted, so there they come from a mapping of the same memory.
"""

from __future__ import annotations

import mmap
import os
import re
import socket
import ssl
from functools import cache

from tests.bench.endpoints.serving import Request, serve

_PATTERN = 16 * 1024 * 1024
_PIECE = 1024 * 1024
_RANGE = re.compile(r"bytes=(\d+)-(\d+)")


@cache
def _memory() -> int:
    """A file in memory that holds the pattern; any byte is at its offset modulo the length."""
    descriptor = os.memfd_create("bench-source")
    os.write(descriptor, os.urandom(_PATTERN))
    return descriptor


@cache
def _mapping() -> memoryview:
    return memoryview(mmap.mmap(_memory(), _PATTERN, prot=mmap.PROT_READ))


def answer(connection: socket.socket, request: Request) -> None:
    """Send what was asked for, with the headers that a careful client looks at."""
    size = int(request.target.partition("?")[0].strip("/"))
    wanted = _RANGE.fullmatch(request.headers.get("range", ""))
    start, stop = (int(wanted[1]), min(int(wanted[2]) + 1, size)) if wanted else (0, size)
    lines = [
        "HTTP/1.1 206 Partial Content" if wanted else "HTTP/1.1 200 OK",
        f"Content-Length: {stop - start}",
        f'ETag: "{size}"',
        *([f"Content-Range: bytes {start}-{stop - 1}/{size}"] if wanted else []),
    ]
    request.wait()
    connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
    while start < stop:
        start += _send(connection, start % _PATTERN, stop - start)


def _send(connection: socket.socket, offset: int, most: int) -> int:
    if isinstance(connection, ssl.SSLSocket):
        return connection.send(_mapping()[offset : offset + min(most, _PIECE)])
    return os.sendfile(connection.fileno(), _memory(), offset, min(most, _PATTERN - offset))


if __name__ == "__main__":
    serve(answer)
