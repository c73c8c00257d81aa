"""Whose certificates are trusted, what adds to them, and what is said of all others."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from ipaddress import ip_network
from pathlib import Path

import pytest
import trustme

from ossferry import tls as tls_module
from ossferry.copying.copy_job import SourceRef
from ossferry.copying.reader import SourceReader
from ossferry.errors import FerryError, InvalidSettings, SourceRefused
from ossferry.http.netguard import NetGuard
from ossferry.settings import CA_FILE
from ossferry.tls import tls
from ossferry.urls import Url

SRC = Path(__file__).resolve().parents[2] / "src"
GUARD = NetGuard((ip_network("127.0.0.0/8"),))
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nbytes"


@contextmanager
def serving(certificate: trustme.LeafCert | None, said: bytes = ANSWER) -> Iterator[int]:
    """Run a server, over TLS if it has a certificate; its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if certificate is not None:
        certificate.configure_cert(context)
    over = threading.Event()

    def answer(connection: socket.socket) -> None:
        with connection:
            try:
                plain = certificate is None
                with closing(
                    connection
                    if plain
                    else context.wrap_socket(
                        connection, server_side=True, do_handshake_on_connect=False
                    )
                ) as talk:
                    talk.recv(65536)
                    talk.sendall(said)
            except OSError:
                """A client that does not trust us goes away: its right."""

    def serve(listener: socket.socket) -> None:
        while True:
            connection, _ = listener.accept()
            if over.is_set():
                return connection.close()
            connection.settimeout(5)
            answer(connection)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        port = listener.getsockname()[1]
        try:
            yield port
        finally:
            over.set()
            socket.create_connection(("127.0.0.1", port)).close()
            thread.join()


def read(port: int, host: str = "127.0.0.1", scheme: str = "https") -> bytes:
    """Return what the server says, as a child reads it."""
    ref = SourceRef(Url(f"{scheme}://{host}:{port}/a?C4n4ry"))
    with closing(SourceReader(ref, GUARD)) as reader:
        reader.open_whole()
        view = memoryview(bytearray(100))
        return bytes(view[: reader.readinto(view)])


def refusal(port: int, host: str = "127.0.0.1", scheme: str = "https") -> FerryError:
    """Return why the server is not read."""
    with pytest.raises(FerryError) as refused:
        read(port, host, scheme)
    assert "C4n4ry" not in refused.value.message
    return refused.value


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    tls.cache_clear()
    yield
    tls.cache_clear()


@pytest.fixture
def named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """Return an authority that ``OSSFERRY_CA_FILE`` names, in a folder beside the code."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "own.pem"))
    monkeypatch.setattr(tls_module, "_CODE", str(tmp_path))
    monkeypatch.setenv(CA_FILE, "own.pem")
    return authority


def test_an_authority_that_is_named_is_trusted(named: trustme.CA) -> None:
    """By a path relative to the code."""
    with serving(named.issue_cert("127.0.0.1")) as port:
        assert read(port) == b"bytes"


def test_an_absolute_path_is_taken_as_it_is(
    named: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As layers have them, below /opt."""
    monkeypatch.setattr(tls_module, "_CODE", "/nowhere")
    monkeypatch.setenv(CA_FILE, str(tmp_path / "own.pem"))
    with serving(named.issue_cert("127.0.0.1")) as port:
        assert read(port) == b"bytes"


def test_it_adds_to_the_trust_of_the_system(
    named: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was trusted before still is, and what is of nobody's is not."""
    system = trustme.CA()
    system.cert_pem.write_to_path(str(tmp_path / "system.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "system.pem"))
    for authority in (system, named):
        with serving(authority.issue_cert("127.0.0.1")) as port:
            assert read(port) == b"bytes"
    with serving(trustme.CA().issue_cert("127.0.0.1")) as port:
        assert isinstance(refusal(port), SourceRefused)


def test_a_foreign_authority_is_told_with_the_remedy() -> None:
    """The setting, and what it names."""
    with serving(trustme.CA().issue_cert("127.0.0.1")) as port:
        error = refusal(port)
    assert isinstance(error, SourceRefused)
    assert "as a PEM file, and name the file in the setting OSSFERRY_CA_FILE" in error.message


def test_a_certificate_of_another_host_is_told_apart(named: trustme.CA) -> None:
    """No file helps against that."""
    with serving(named.issue_cert("example.com")) as port:
        assert "is for another host: use the name" in refusal(port).message


def test_https_of_a_server_of_plain_http_says_so() -> None:
    """And does not ask again and again."""
    with serving(None) as port:
        error = refusal(port)
    assert isinstance(error, SourceRefused)
    assert "answers in plain http: use http://" in error.message


def test_http_of_a_server_of_https_says_so() -> None:
    """As far as it answers with an alert of TLS."""
    with serving(None, b"\x15\x03\x01\x00\x02\x02\x46") as port:
        assert "it is TLS: use https://" in refusal(port, scheme="http").message


@pytest.mark.parametrize(
    ("content", "told"), [(None, "cannot be read, No such file"), (b"nonsense", "in PEM")]
)
def test_a_file_that_is_none_is_an_invalid_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None, told: str
) -> None:
    """When the instance starts, not at the first transfer."""
    if content is not None:
        (tmp_path / "own.pem").write_bytes(content)
    monkeypatch.setenv(CA_FILE, str(tmp_path / "own.pem"))
    with pytest.raises(InvalidSettings, match=told):
        tls()


def test_an_instance_reads_it_from_its_environment(named: trustme.CA, tmp_path: Path) -> None:
    """As a child does, which starts with its own environment, and its initializer."""
    with serving(named.issue_cert("127.0.0.1")) as port:
        program = (
            "import index, socket\nfrom ossferry.tls import tls\nindex.initializer(None)\n"
            f"raw = socket.create_connection(('127.0.0.1', {port}))\n"
            "print(tls().wrap_socket(raw, server_hostname='127.0.0.1').version())"
        )
        environ = {**os.environ, CA_FILE: str(tmp_path / "own.pem"), "PYTHONPATH": str(SRC)}
        done = subprocess.run(
            [sys.executable, "-c", program],
            env=environ,
            check=True,
            timeout=30,
            capture_output=True,
            text=True,
        )
    assert done.stdout.strip() == "TLSv1.3"
