"""A connection to a host: its name resolved, each address judged, then connected to, then TLS.

All of it within one deadline, and ended early where somebody else says so: a name server or a
half-open port must not outlast the invocation.
"""

from __future__ import annotations

import select
import socket
import ssl
import threading
import time
from collections.abc import Callable
from errno import ECONNABORTED, EINPROGRESS
from os import strerror
from typing import Any

from ..errors import SourceRefused
from ..tls import tls
from ..urls import Url
from .netguard import NetGuard

_LONGEST = 10.0  # seconds for all of it; who takes longer is not going to be fast
_LOOK_AGAIN = 0.1  # seconds between looks whether it is still wanted

Address = tuple[int, int, int, Any]  # family, kind, protocol, (host, port, ...)


def dial(
    url: Url, guard: NetGuard | None, deadline: float, unwanted: Callable[[], bool]
) -> socket.socket:
    """A socket on which HTTP can be spoken; ``OSError`` if none comes about in time.

    ``guard`` judges every address before a packet is sent to it. Raises ``SourceRefused`` if it
    allows none, so that open and closed ports of a forbidden host look the same.
    """
    until, secure = min(deadline, time.monotonic() + _LONGEST), url.scheme == "https"
    connection = _connected(_addresses(url, guard, until, unwanted), until, unwanted)
    try:
        # What is written goes out at once: a head and a body are two writes.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return _secured(connection, url.host, until, unwanted) if secure else connection
    except BaseException:
        connection.close()
        raise


def _addresses(
    url: Url, guard: NetGuard | None, until: float, unwanted: Callable[[], bool]
) -> list[Address]:
    found = _resolved(url, until, unwanted)
    if guard is None:
        return found
    allowed, refusal = [], None
    for address in found:
        try:
            guard.check(url.host, address[3][0])
            allowed.append(address)
        except SourceRefused as error:
            refusal = refusal or error
    if refusal is not None and not allowed:
        raise refusal
    return allowed


def _resolved(url: Url, until: float, unwanted: Callable[[], bool]) -> list[Address]:
    """The addresses of a name, from the system's resolver, which knows no time limit: so a thread
    asks it, which is left behind if it takes too long."""
    try:
        return _asked(url, socket.AI_NUMERICHOST)
    except socket.gaierror:
        pass  # a name
    answer: list[list[Address] | OSError] = []
    answered = threading.Event()

    def ask() -> None:
        try:
            answer.append(_asked(url, 0))
        except OSError as error:
            answer.append(error)
        answered.set()

    threading.Thread(target=ask, daemon=True).start()
    while not answered.wait(_slice(until)):
        _go_on(until, unwanted)
    if isinstance(answer[0], OSError):
        raise answer[0]
    return answer[0]


def _asked(url: Url, flags: int) -> list[Address]:
    found = socket.getaddrinfo(url.host, url.port, type=socket.SOCK_STREAM, flags=flags)
    return [(family, kind, protocol, at) for family, kind, protocol, _, at in found]


def _connected(
    addresses: list[Address], until: float, unwanted: Callable[[], bool]
) -> socket.socket:
    """A connection to the first address that accepts one; each gets its share of the time."""
    failure: OSError = OSError("its name has no address")
    for number, (family, kind, protocol, at) in enumerate(addresses):
        now = time.monotonic()
        share = now + (until - now) / (len(addresses) - number)
        try:
            return _connect(socket.socket(family, kind, protocol), at, share, unwanted)
        except OSError as error:
            failure = error
            if unwanted():
                break
    raise failure


def _connect(
    connection: socket.socket, at: Any, until: float, unwanted: Callable[[], bool]
) -> socket.socket:
    try:
        connection.setblocking(False)
        code = connection.connect_ex(at)
        if code == EINPROGRESS:
            _wait(connection, select.POLLOUT, until, unwanted)
            code = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise OSError(code, strerror(code))
        return connection
    except BaseException:
        connection.close()
        raise


def _secured(
    connection: socket.socket, host: str, until: float, unwanted: Callable[[], bool]
) -> ssl.SSLSocket:
    """An end without TLS's own farewell is an error: anybody on the way can cut a connection."""
    secured = tls().wrap_socket(
        connection, server_hostname=host, suppress_ragged_eofs=False, do_handshake_on_connect=False
    )
    try:
        while True:
            try:
                secured.do_handshake()
                return secured
            except ssl.SSLWantReadError:
                _wait(secured, select.POLLIN, until, unwanted)
            except ssl.SSLWantWriteError:
                _wait(secured, select.POLLOUT, until, unwanted)
    except BaseException:
        secured.close()
        raise


def _wait(
    connection: socket.socket, event: int, until: float, unwanted: Callable[[], bool]
) -> None:
    ready = select.poll()
    ready.register(connection, event)
    while not ready.poll(_slice(until) * 1000):
        _go_on(until, unwanted)


def _slice(until: float) -> float:
    return max(0.0, min(_LOOK_AGAIN, until - time.monotonic()))


def _go_on(until: float, unwanted: Callable[[], bool]) -> None:
    if unwanted():
        raise ConnectionAbortedError(ECONNABORTED, "called off")
    if time.monotonic() >= until:
        raise TimeoutError
