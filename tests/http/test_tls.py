"""Replies over TLS: read in large pieces, and never taken for whole when they were cut."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from ossferry.byte_range import MIB
from ossferry.http.connection import BROKEN, Connection
from ossferry.urls import Url
from tests.hostile.readers import trusting
from tests.peers.loopback import CONTENT, GUARD
from tests.peers.scripted import answer

BODY = CONTENT * 2 + b"rest"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ssl.SSLContext]:
    """Of a server on loopback, signed by an authority that is trusted meanwhile."""
    authority = trustme.CA()
    pem = tmp_path_factory.mktemp("tls") / "authority.pem"
    authority.cert_pem.write_to_path(pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with trusting(Path(pem)):
        yield context


@contextlib.contextmanager
def saying(raw: bytes, context: ssl.SSLContext, *, farewell: bool = True) -> Iterator[Url]:
    """A server that answers one request, and ends with TLS's farewell or without."""

    def serve() -> None:
        plain, _ = listener.accept()
        with contextlib.suppress(OSError), context.wrap_socket(plain, server_side=True) as secured:
            secured.recv(65536)
            secured.sendall(raw)
            if farewell:
                secured.unwrap()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=serve)
        server.start()
        yield Url(f"https://127.0.0.1:{listener.getsockname()[1]}")
        server.join()


@contextlib.contextmanager
def connection() -> Iterator[Connection]:
    made = Connection(GUARD)
    try:
        yield made
    finally:
        made.drop()


def test_a_body_is_read_a_megabyte_at_a_time(certificate: ssl.SSLContext) -> None:
    """Its records of 16 KiB would cost a call of the checksum and one of the target each."""
    counts, content = [], bytearray()
    view = memoryview(bytearray(2 * MIB))
    with saying(answer(200, BODY), certificate) as url, connection() as asked:
        reply = asked.get(url, {})
        while count := reply.readinto(view):
            counts.append(count)
            content += view[:count]
    assert content == BODY
    assert max(counts) == MIB  # the first count is what came with the head
    assert len(counts) <= 4


@pytest.mark.parametrize("farewell", [True, False])
def test_an_end_without_farewell_is_no_end(certificate: ssl.SSLContext, farewell: bool) -> None:
    """Anybody on the way can cut a connection; a body without a length would look complete."""
    raw = b"HTTP/1.0 200 OK\r\n\r\ncontent"
    with saying(raw, certificate, farewell=farewell) as url, connection() as asked:
        reply = asked.get(url, {})
        if farewell:
            assert reply.read(100) == b"content"
        else:
            with pytest.raises(BROKEN):
                reply.read(100)


def test_a_server_that_does_not_greet_back_ends_with_the_deadline(
    certificate: ssl.SSLContext,
) -> None:
    """It accepts the connection, and says nothing of TLS."""
    with socket.create_server(("127.0.0.1", 0)) as silent, connection() as asked:
        url = Url(f"https://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(TimeoutError):
            asked.get(url, {}, time.monotonic() + 0.5)
