"""Just enough of an HTTP/1.1 server for a source and a sink: threads and blocking sockets.

A head is read into a small buffer, a body is the business of who answers. Nothing here is meant
for clients that one does not know.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

_LARGEST_HEAD = 16 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """The head of a request, and the bytes of its body that came along with it."""

    method: str
    target: str
    headers: dict[str, str]
    body_start: bytes

    def wait(self) -> None:
        """Take the time that the target asks for."""
        if asked := re.search(r"wait=([0-9.]+)", self.target):
            time.sleep(float(asked[1]))


# Answers one request on its connection.
Answer = Callable[[socket.socket, Request], None]


def serve(answer: Answer) -> None:
    """Listen, print the two base URLs as JSON, and serve until standard input ends."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(sys.argv[1])
    urls = {}
    for scheme, context in (("http", None), ("https", tls)):
        listening = socket.create_server(("127.0.0.1", 0), backlog=256)
        urls[scheme] = f"{scheme}://127.0.0.1:{listening.getsockname()[1]}"
        threading.Thread(target=_accept, args=(listening, context, answer), daemon=True).start()
    print(json.dumps(urls), flush=True)
    sys.stdin.buffer.read()
    os._exit(0)  # no thread holds anything worth waiting for


def _accept(listening: socket.socket, tls: ssl.SSLContext | None, answer: Answer) -> None:
    while True:
        connection, _ = listening.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=_converse, args=(connection, tls, answer), daemon=True).start()


def _converse(connection: socket.socket, tls: ssl.SSLContext | None, answer: Answer) -> None:
    # A client that hangs up in the middle is its own affair.
    with contextlib.suppress(OSError):
        if tls is not None:
            connection = tls.wrap_socket(connection, server_side=True)
        with connection:
            while (request := _read_head(connection)) is not None:
                answer(connection, request)


def _read_head(connection: socket.socket) -> Request | None:
    received = b""
    while b"\r\n\r\n" not in received:
        more = connection.recv(_LARGEST_HEAD)
        if not more or len(received) > _LARGEST_HEAD:
            return None
        received += more
    head, _, body_start = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    pairs = (line.partition(":") for line in lines)
    return Request(method, target, {n.lower(): v.strip() for n, _, v in pairs}, body_start)
