"""The sink: takes any PUT, keeps nothing, and answers as OSS does, with the CRC64 of the body."""

from __future__ import annotations

import socket
import threading

from fastcrc.crc64 import xz as crc64

from tests.bench.endpoints.serving import Request, serve

_BUFFER = 1024 * 1024
_memory = threading.local()


def answer(connection: socket.socket, request: Request) -> None:
    """Read the body into one buffer, over and over."""
    view = _buffer()
    left = int(request.headers["content-length"]) - len(request.body_start)
    crc = crc64(request.body_start)
    while left:
        count = connection.recv_into(view[: min(left, _BUFFER)])
        if not count:
            raise ConnectionResetError
        crc = crc64(view[:count], crc)
        left -= count
    lines = [
        "HTTP/1.1 200 OK",
        "Content-Length: 0",
        f'ETag: "{crc:032X}"',
        f"x-oss-hash-crc64ecma: {crc}",
        "x-oss-request-id: 0",
    ]
    request.wait()
    connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())


def _buffer() -> memoryview:
    if not hasattr(_memory, "view"):
        _memory.view = memoryview(bytearray(_BUFFER))
    view: memoryview = _memory.view
    return view


if __name__ == "__main__":
    serve(answer)
