"""The least that a copy through user space can be: two sockets, one buffer, a checksum.

What it is told besides the errand comes from the environment, because only ``alternatives`` tries
it: how the sockets wait, how large they and the buffer are, and which HTTP client reads.
"""

from __future__ import annotations

import json
import os
import socket
import struct
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import urlsplit

import urllib3
from fastcrc.crc64 import xz as crc64

from tests.bench.copiers.measuring import Errand, run
from tests.bench.copiers.splice import read_head

VARIABLE = "BENCH_BARE"
_PATIENCE = 30


@dataclass(frozen=True, slots=True)
class Way:
    """How to copy. ``kernel_waits``: the socket blocks, with the kernel's own time limits.

    With ``fill`` nothing is sent before the buffer is full, else whatever has arrived is.
    """

    buffer: int = 1024 * 1024
    fill: bool = False
    kernel_waits: bool = False
    receive_buffer: int = 0
    urllib3: bool = False


def copy(errand: Errand) -> None:
    """Copy all parts in turn."""
    way = Way(**json.loads(os.environ[VARIABLE]))
    view = memoryview(bytearray(way.buffer))
    target = urlsplit(errand.source).path
    with (
        closing(_connected(errand.sink, way)) as sink,
        closing(_connected(errand.source, way)) as source,
        closing(urllib3.HTTPConnectionPool("127.0.0.1", urlsplit(errand.source).port)) as pool,
    ):
        for start in range(0, errand.size, errand.part_size):
            stop = min(start + errand.part_size, errand.size)
            wanted = f"bytes={start}-{stop - 1}"
            head = f"PUT /object HTTP/1.1\r\nHost: x\r\nContent-Length: {stop - start}\r\n\r\n"
            sink.sendall(head.encode())
            if way.urllib3:
                crc = _from_urllib3(pool, target, wanted, sink, view)
            else:
                source.sendall(
                    f"GET {target} HTTP/1.1\r\nHost: x\r\nRange: {wanted}\r\n\r\n".encode()
                )
                read_head(source)
                crc = _from_socket(source, stop - start, sink, view, way.fill)
            if f"ecma: {crc}\r\n" not in read_head(sink):
                raise SystemExit("the sink got something else")


def _from_socket(
    source: socket.socket, left: int, sink: socket.socket, view: memoryview, fill: bool
) -> int:
    crc = 0
    while left:
        wanted, count = min(left, len(view)), 0
        while not count or (fill and count < wanted):
            got = source.recv_into(view[count:wanted])
            if not got:
                raise SystemExit("the source ended early")
            count += got
        crc = crc64(view[:count], crc)
        sink.sendall(view[:count])
        left -= count
    return crc


def _from_urllib3(
    pool: urllib3.HTTPConnectionPool,
    target: str,
    wanted: str,
    sink: socket.socket,
    view: memoryview,
) -> int:
    crc = 0
    response = pool.request("GET", target, headers={"Range": wanted}, preload_content=False)
    for piece in response.stream(len(view)):
        crc = crc64(piece, crc)
        sink.sendall(piece)
    response.release_conn()
    return crc


def _connected(url: str, way: Way) -> socket.socket:
    parts = urlsplit(url)
    connection = socket.socket()
    if way.receive_buffer:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, way.receive_buffer)
    connection.connect((parts.hostname, parts.port))
    if way.kernel_waits:
        limit = struct.pack("ll", _PATIENCE, 0)
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            connection.setsockopt(socket.SOL_SOCKET, option, limit)
    else:
        connection.settimeout(_PATIENCE)
    return connection


if __name__ == "__main__":
    run(copy)
