"""The one connection that a stream has on one side: kept between requests, without proxies."""

from __future__ import annotations

import math
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from errno import ECONNABORTED

from ..byte_range import MIB
from ..urls import Url
from .dial import dial
from .head import Malformed
from .netguard import NetGuard
from .reply import HUNG_UP, IDLE_TIMEOUT, Ended, Reply, Unanswered, reason

# What a broken connection raises, from name resolution to a reply that is not HTTP.
BROKEN = (OSError, Malformed)
_SLICE = MIB  # what a target takes in half a minute, or it is given up


class Connection:
    """Sends a request and gives its reply, one after another; connects anew where it has to.

    ``guard`` judges addresses; without one any is connected to. Not thread-safe, but for
    ``interrupt``.
    """

    def __init__(self, guard: NetGuard | None = None) -> None:
        self._guard = guard
        self._socket: socket.socket | None = None
        self._origin: tuple[str, str, int] | None = None
        self._reply: Reply | None = None  # to the last request
        self._ahead: bytes | None = None  # a GET that was sent before it was needed
        self._bodiless = False  # what was asked for is a head alone
        self._interrupted = False

    def ask(
        self,
        method: str,
        url: Url,
        headers: Mapping[str, str],
        deadline: float = math.inf,
        body: memoryview | bytes = b"",
    ) -> None:
        """Send the head of a request, and a small body with it; any other is sent with ``send``.

        A connection that has served before may have been closed by the server meanwhile, which is
        no fault of the request: then it is sent over a new one. ``deadline`` is for connecting and
        for the head of the reply, which never get more than half a minute each.
        """
        self._deadline = deadline
        self._ask(url, _head_of(method, url, headers) + body)
        self._bodiless = method == "HEAD"

    def ask_ahead(self, url: Url, headers: Mapping[str, str]) -> None:
        """Send a GET whose reply is read by the next ``get``, so that the server's time to answer
        passes meanwhile. Only over a connection that is kept; ``get`` sends again what is lost."""
        if not self._reuse(url):
            return
        text = _head_of("GET", url, headers)
        try:
            self._write(text)
            self._ahead = text
        except OSError:
            self.drop()

    def reply(self) -> Reply:
        """The reply to what was asked; raises one of ``BROKEN`` if there is none."""
        if self._socket is None:
            raise ConnectionAbortedError(ECONNABORTED, "called off")
        self._ahead = None
        until = min(self._deadline, time.monotonic() + IDLE_TIMEOUT)
        with self._answering():
            self._reply = Reply(self._socket, until, bodiless=self._bodiless)
            return self._reply

    def get(self, url: Url, headers: Mapping[str, str], deadline: float = math.inf) -> Reply:
        """Ask for something, again over a new connection if a kept one turns out to be dead.

        ``Unanswered`` from a server that serves no further request now.
        """
        text = _head_of("GET", url, headers)
        self._deadline = deadline
        kept = self._socket
        if self._ahead != text or self._origin != url.origin:
            self._ask(url, text)
        try:
            return self.reply()
        except TimeoutError:
            raise
        except OSError:
            if self._socket is not kept or self._interrupted:
                raise
        self.drop()
        self._ask(url, text)
        return self.reply()

    def send(self, data: memoryview | bytes) -> None:
        if self._socket is None:
            raise ConnectionAbortedError(ECONNABORTED, "called off")
        # In slices, each of which has its time: a slow target is none that says nothing.
        view = memoryview(data)
        for start in range(0, len(view), _SLICE):
            self._socket.sendall(view[start : start + _SLICE])

    def interrupt(self) -> None:
        """End what another thread waits for, now or later; it fails there."""
        self._interrupted = True
        connection = self._socket
        if connection is not None:
            with suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)

    def drop(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket, self._reply, self._ahead = None, None, None

    def _ask(self, url: Url, text: bytes) -> None:
        if self._reuse(url):
            try:
                return self._write(text)
            except OSError:
                self.drop()
        self.drop()
        with self._answering():
            self._socket = dial(url, self._guard, self._deadline, lambda: self._interrupted)
            self._origin = url.origin
            self._write(text)

    @contextmanager
    def _answering(self) -> Iterator[None]:
        """Tell a server that serves no request more from one that breaks off, and from us."""
        try:
            yield
        except HUNG_UP as error:
            if self._interrupted:
                raise ConnectionAbortedError(ECONNABORTED, "called off") from error
            if isinstance(error, Ended):
                raise
            raise Unanswered(reason(error)) from error

    def _reuse(self, url: Url) -> bool:
        """Whether the connection is where this request goes, and nothing is left on it."""
        if self._socket is None or self._origin != url.origin:
            return False
        return self._reply is not None and self._reply.reusable

    def _write(self, text: bytes) -> None:
        """Fails if there was no socket yet to shut down when the interruption came."""
        self._bodiless = False
        if self._interrupted or self._socket is None:
            raise ConnectionAbortedError(ECONNABORTED, "called off")
        self._reply = None
        if self._socket.gettimeout() != IDLE_TIMEOUT:
            self._socket.settimeout(IDLE_TIMEOUT)
        self._socket.sendall(text)


def _head_of(method: str, url: Url, headers: Mapping[str, str]) -> bytes:
    """A request's head. No value may smuggle a line: who takes values from outside has checked
    them, and this is the last place to notice."""
    lines = [f"{method} {url.target} HTTP/1.1", f"Host: {url.host_header}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if any("\r" in line or "\n" in line or "\0" in line for line in lines):
        raise ValueError("a header of a request has a line break")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
