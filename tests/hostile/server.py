"""A server that plays scripts over raw sockets, plain or TLS; it knows heads by their blank line,
and no more of HTTP."""

from __future__ import annotations

import contextlib
import errno
import re
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property

_HEAD_AT_MOST = 1 << 20
_PATIENCE = 60.0  # seconds that a connection may do nothing; the end of the server comes before
_NOTIFY = 0.5  # seconds that a TLS client has to answer a close_notify

# Stands for the server's port in what a script sends.
PORT = b"<PORT>"


class End(Enum):
    """What becomes of a connection; without one of these it serves the next request."""

    FIN = "closed in good order, over TLS with close_notify"
    CUT = "closed without close_notify; without TLS that is the same as FIN"
    RESET = "reset, which may overtake what was sent"
    SILENCE = "open, and nothing comes until the client hangs up"


@dataclass(frozen=True)
class Pause:
    """Nothing for so many seconds, or until the server ends."""

    seconds: float


@dataclass(frozen=True)
class Trickle:
    """The same bytes again and again, with seconds between them."""

    data: bytes
    every: float
    times: int = 1 << 30


Step = bytes | Pause | Trickle | End


@dataclass(frozen=True)
class Request:
    """A head as it came. ``number`` counts from 1 within an act, ``connection`` over all acts."""

    head: bytes
    act: int
    number: int
    connection: int

    @cached_property
    def target(self) -> str:
        return self.head.split(b" ")[1].decode("latin-1")

    @cached_property
    def range(self) -> tuple[int, int] | None:
        """The range that is asked for, half open."""
        found = re.search(rb"(?im)^range: *bytes=(\d+)-(\d+)\r$", self.head)
        return (int(found[1]), int(found[2]) + 1) if found else None

    def values(self, name: str) -> list[str]:
        """The values of a field, one for each line."""
        found = re.findall(rb"(?im)^%s:([^\r]*)\r$" % name.encode(), self.head)
        return [value.decode("latin-1").strip() for value in found]


Script = Callable[[Request], Sequence[Step]]


@dataclass
class Hostile:
    """A running server. ``act`` is for scripts that play a second time otherwise."""

    url: str
    port: int
    ending: threading.Event = field(default_factory=threading.Event)
    requests: list[Request] = field(default_factory=list)
    act: int = 1
    _sockets: list[socket.socket] = field(default_factory=list)
    _inner: list[socket.socket] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def asked(self, act: int) -> list[Request]:
        return [request for request in self.requests if request.act == act]

    def note(self, head: bytes, connection: int) -> Request:
        with self._lock:
            number = len(self.asked(self.act)) + 1
            request = Request(head, self.act, number, connection)
            self.requests.append(request)
            return request

    @property
    def inner_connections(self) -> int:
        """Connections to the same port of addresses where nobody is allowed to look."""
        count = 0
        for listener in self._inner:
            with contextlib.suppress(BlockingIOError):
                listener.accept()[0].close()
                count += 1
        return count

    def hang_up(self) -> None:
        """End all that goes on; whoever waits for a byte gets the end of the connection."""
        self.ending.set()
        for each in list(self._sockets):
            with contextlib.suppress(OSError):
                socket.socket.shutdown(each, socket.SHUT_RDWR)


@contextlib.contextmanager
def hostile(script: Script, tls: ssl.SSLContext | None = None) -> Iterator[Hostile]:
    """Run a server until the block ends; no thread and no socket outlives it."""
    with contextlib.ExitStack() as stack:
        listener, inner = _listeners(stack)
        port = listener.getsockname()[1]
        server = Hostile(f"http{'s' if tls else ''}://127.0.0.1:{port}", port, _inner=inner)
        threads: list[threading.Thread] = []

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                server._sockets.append(connection)
                thread = threading.Thread(
                    target=_serve, args=(connection, len(threads) + 1, script, server, tls)
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
            server.hang_up()
            for thread in threads:
                thread.join()


def _listeners(stack: contextlib.ExitStack) -> tuple[socket.socket, list[socket.socket]]:
    """The server's socket, and one with the same port on each loopback address that a source may
    not have: who connects there was led astray."""
    while True:
        with contextlib.ExitStack() as attempt:
            listener = attempt.enter_context(socket.create_server(("127.0.0.1", 0)))
            port = listener.getsockname()[1]
            try:
                inner = [attempt.enter_context(socket.create_server(("127.0.0.2", port)))]
                if socket.has_ipv6:
                    with contextlib.suppress(OSError):
                        six = socket.create_server(("::1", port), family=socket.AF_INET6)
                        inner.append(attempt.enter_context(six))
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    continue
                raise
            for each in inner:
                each.setblocking(False)
            stack.push(attempt.pop_all())
            return listener, inner


def _serve(
    raw: socket.socket, number: int, script: Script, server: Hostile, tls: ssl.SSLContext | None
) -> None:
    raw.settimeout(_PATIENCE)
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with contextlib.ExitStack() as stack:
        stack.enter_context(raw)
        stack.enter_context(contextlib.suppress(OSError))
        connection = raw
        if tls is not None:
            connection = stack.enter_context(tls.wrap_socket(raw, server_side=True))
            server._sockets.append(connection)
        received = b""
        while not server.ending.is_set():
            head, received = _head(connection, received)
            if not head:
                return
            for step in script(server.note(head, number)):
                _play(step, connection, server)


def _head(connection: socket.socket, received: bytes) -> tuple[bytes, bytes]:
    """The next head, empty at the end of the connection, and what came after it."""
    while b"\r\n\r\n" not in received:
        more = connection.recv(65536)
        if not more or len(received) > _HEAD_AT_MOST:
            return b"", b""
        received += more
    head, blank, rest = received.partition(b"\r\n\r\n")
    return head + blank, rest


def _play(step: Step, connection: socket.socket, server: Hostile) -> None:
    if isinstance(step, bytes):
        connection.sendall(step.replace(PORT, str(server.port).encode()))
    elif isinstance(step, Pause):
        server.ending.wait(step.seconds)
    elif isinstance(step, Trickle):
        for _ in range(step.times):
            connection.sendall(step.data)
            if server.ending.wait(step.every):
                return
    else:
        _end(step, connection)


def _end(end: End, connection: socket.socket) -> None:
    """Close the connection as said; what the script does with it afterwards fails."""
    if end is End.SILENCE:
        while connection.recv(65536):
            pass
    elif end is End.RESET:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    elif end is End.FIN and isinstance(connection, ssl.SSLSocket):
        connection.settimeout(_NOTIFY)
        with contextlib.suppress(OSError):
            connection.unwrap()
    if end is not End.RESET:
        with contextlib.suppress(OSError):
            socket.socket.shutdown(connection, socket.SHUT_WR)
    connection.close()
    raise ConnectionAbortedError
