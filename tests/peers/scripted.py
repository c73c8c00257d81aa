"""A server of raw sockets that does what a test says, for the ways of HTTP that no library offers.

A script looks at each request and says what bytes go back and what becomes of the connection.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import BinaryIO

from ossferry.byte_range import ByteRange
from ossferry.crc64 import crc64


class Then(Enum):
    """What becomes of a connection after the reply."""

    KEEP = "it serves the next request"
    CLOSE = "it is closed in good order"
    RESET = "it is reset"


@dataclass(frozen=True, eq=False)
class Request:
    """A request as it came. Its body is read when a script, or the next request, needs it."""

    method: str
    target: str
    headers: dict[str, str]
    connection: int  # counted from 1
    _stream: BinaryIO = field(repr=False)

    @cached_property
    def body(self) -> bytes:
        if "chunked" not in self.headers.get("transfer-encoding", ""):
            return self._stream.read(int(self.headers.get("content-length", "0")))
        pieces = []
        while size := int(self._stream.readline(), 16):
            pieces.append(self._stream.read(size))
            self._stream.readline()
        self._stream.readline()
        return b"".join(pieces)

    @property
    def range(self) -> ByteRange | None:
        found = self.headers.get("range")
        if found is None:
            return None
        first, _, last = found.removeprefix("bytes=").partition("-")
        return ByteRange(int(first), int(last) + 1)


@dataclass(frozen=True)
class Reply:
    """Bytes to send as they are. A body that the script did not read is read only to ``KEEP``."""

    raw: bytes
    then: Then = Then.KEEP


Script = Callable[[Request], Reply]


@dataclass
class Scripted:
    """The server: its address, and the requests that came."""

    url: str
    requests: list[Request] = field(default_factory=list)

    @property
    def ranges(self) -> list[str | None]:
        return [request.headers.get("range") for request in self.requests]


def answer(
    status: int = 200, body: bytes = b"", *, length: int | None = None, **headers: str
) -> bytes:
    """A reply in full; ``length`` is for one whose Content-Length is not that of the body."""
    fields = {"Content-Length": str(len(body) if length is None else length)}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"HTTP/1.1 {status} Scripted", *(f"{name}: {fields[name]}" for name in fields)]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def part_of(content: bytes, wanted: ByteRange, sent: int | None = None, **headers: str) -> bytes:
    """The reply to a range; ``sent`` cuts the body short of what the headers promise."""
    body = content[wanted.start : wanted.stop]
    said = f"bytes {wanted.start}-{wanted.stop - 1}/{len(content)}"
    return answer(206, body[:sent], length=len(body), Content_Range=said, **headers)


def serving(content: bytes, etag: str = "") -> Script:
    """A source that honours every range; with an ETag in every reply, if one is given."""

    def script(request: Request) -> Reply:
        wanted = request.range
        return Reply(
            part_of(content, wanted, ETag=etag) if wanted else answer(200, content, ETag=etag)
        )

    return script


def storing(request: Request) -> Reply:
    """A target that stores whatever it is sent, and says what it got."""
    etag = f'"{len(request.body)}"'
    return Reply(answer(200, ETag=etag, x_oss_hash_crc64ecma=str(crc64(request.body))))


def in_turn(*scripts: Script | Reply, rest: Script | Reply | None = None) -> Script:
    """One script per request, then ``rest``; a request beyond the last is reset."""
    left = list(scripts)

    def script(request: Request) -> Reply:
        step = left.pop(0) if left else rest or Reply(b"", Then.RESET)
        return step if isinstance(step, Reply) else step(request)

    return script


@contextlib.contextmanager
def scripted(script: Script) -> Iterator[Scripted]:
    """Run a server until the block ends; no thread and no socket outlives it."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        server = Scripted(f"http://127.0.0.1:{listener.getsockname()[1]}")
        sockets: list[socket.socket] = []
        threads: list[threading.Thread] = []

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                sockets.append(connection)
                thread = threading.Thread(
                    target=_converse, args=(connection, len(sockets), script, server)
                )
                threads.append(thread)
                thread.start()

        accepting = threading.Thread(target=accept)
        accepting.start()
        try:
            yield server
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            accepting.join()
            for each in sockets:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
            for thread in threads:
                thread.join()


def _converse(connection: socket.socket, number: int, script: Script, server: Scripted) -> None:
    with connection, connection.makefile("rb") as stream, contextlib.suppress(OSError):
        while True:
            line = stream.readline().decode("latin-1").split()
            if not line:
                return
            headers = dict(iter(lambda: _header(stream.readline()), ("", "")))
            request = Request(line[0], line[1], headers, number, stream)
            server.requests.append(request)
            reply = script(request)
            connection.sendall(reply.raw)
            if reply.then is Then.KEEP:
                _ = request.body
                continue
            if reply.then is Then.RESET:
                linger = struct.pack("ii", 1, 0)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            return


def _header(line: bytes) -> tuple[str, str]:
    name, _, value = line.decode("latin-1").rstrip("\r\n").partition(":")
    return name.lower(), value.strip()
