"""HTTP/1.1 connections for bodies: kept between requests, with time limits, without proxies.

The standard library's client, because a child must start fast, and because its ``readinto`` and
``sock.sendall`` move a body through one buffer without copying it.
"""

from __future__ import annotations

import socket
from contextlib import suppress
from errno import ECONNABORTED
from http.client import HTTPConnection, HTTPException, HTTPSConnection

from ..tls import tls
from ..urls import Url
from .netguard import GuardedHTTPConnection, GuardedHTTPSConnection, NetGuard

# What a broken connection raises, from name resolution to a reply that is not HTTP.
BROKEN = (OSError, HTTPException)
IDLE_TIMEOUT = 30.0  # seconds without a byte after which a connection counts as broken


def _connection(url: Url, guard: NetGuard | None) -> HTTPConnection:
    if guard is None:
        if url.scheme == "https":
            return HTTPSConnection(url.host, url.port, timeout=IDLE_TIMEOUT, context=tls())
        return HTTPConnection(url.host, url.port, timeout=IDLE_TIMEOUT)
    guarded: GuardedHTTPConnection
    if url.scheme == "https":
        guarded = GuardedHTTPSConnection(url.host, url.port, timeout=IDLE_TIMEOUT, context=tls())
    else:
        guarded = GuardedHTTPConnection(url.host, url.port, timeout=IDLE_TIMEOUT)
    guarded.guard = guard
    return guarded


class KeptConnection:
    """The one connection that a stream has on one side; replaced when the origin changes.

    ``reused`` tells whether the next request goes over a connection that has served one before:
    such a one may have been closed by the server meanwhile, which is no fault of the request.
    """

    def __init__(self, guard: NetGuard | None = None) -> None:
        self._guard = guard
        self._connection: HTTPConnection | None = None
        self._origin: tuple[str, str, int] | None = None
        self._asked_over: socket.socket | None = None
        self._interrupted = False

    @property
    def reused(self) -> bool:
        return self._connection is not None and self._connection.sock is not None

    @property
    def encrypted(self) -> bool:
        return self._origin is not None and self._origin[0] == "https"

    def to(self, url: Url) -> HTTPConnection:
        if self._connection is None or self._origin != url.origin:
            self.drop()
            self._connection, self._origin = _connection(url, self._guard), url.origin
        return self._connection

    def asked(self) -> None:
        """Remember the socket: the connection forgets it when the reply says ``close``.

        Fails if there was no socket yet to shut down when the interruption came.
        """
        self._asked_over = self._connection.sock if self._connection is not None else None
        if self._interrupted:
            raise ConnectionAbortedError(ECONNABORTED, "called off")

    def interrupt(self) -> None:
        """End what another thread waits for, now or later; it fails there."""
        self._interrupted = True
        connection = self._connection
        sock: socket.socket | None = connection.sock if connection is not None else None
        sock = sock or self._asked_over
        if sock is not None:
            with suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)

    def drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._asked_over = None


def reason(error: BaseException) -> str:
    """Why a connection broke, in words that cannot quote a URL."""
    if isinstance(error, TimeoutError):
        return f"no byte for {IDLE_TIMEOUT:.0f} s"
    return (isinstance(error, OSError) and error.strerror) or type(error).__name__
