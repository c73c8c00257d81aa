"""Requests and replies over connections that are kept, cut, trickled, or never come about."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from ipaddress import ip_network
from pathlib import Path

import pytest
import trustme

from ossferry.errors import SourceRefused
from ossferry.http.connection import BROKEN, Connection
from ossferry.http.head import Malformed
from ossferry.http.netguard import NetGuard
from ossferry.http.reply import Ended, Reply, Unanswered, reason
from ossferry.urls import Url
from tests.hostile.readers import trusting
from tests.hostile.server import Request, Step, hostile
from tests.peers.loopback import GUARD
from tests.peers.scripted import Reply as Answer
from tests.peers.scripted import Request as Asked
from tests.peers.scripted import Script, Scripted, Then, answer, in_turn, scripted

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@contextlib.contextmanager
def connected(script: Script) -> Iterator[tuple[Connection, Url, Scripted]]:
    with scripted(script) as server, closing(_Closing(Connection(GUARD))) as closer:
        yield closer.connection, Url(server.url), server


class _Closing:
    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def close(self) -> None:
        self.connection.drop()


def body(reply: Reply) -> bytes:
    return reply.read(1 << 20)


@pytest.mark.parametrize(
    ("raw", "content"),
    [
        (answer(200, b"content"), b"content"),
        (answer(200, b""), b""),
        (
            b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n"
            + answer(200, b"c"),
            b"c",
        ),
        (CHUNKED + b"3;x=y\r\ncon\r\n4\r\ntent\r\n0\r\nTrailer: a\r\n\r\n", b"content"),
        (b"HTTP/1.0 200 OK\r\n\r\ncontent", b"content"),
    ],
)
def test_a_body_is_what_its_framing_says(raw: bytes, content: bytes) -> None:
    """By length, in pieces, or until the end; after any number of replies that are none yet."""
    with connected(in_turn(Answer(raw, Then.CLOSE))) as (connection, url, _):
        reply = connection.get(url, {})
        assert body(reply) == content
        assert reply.complete


@pytest.mark.parametrize(
    "raw",
    [
        answer(200, b"content", length=8),
        CHUNKED + b"7\r\ncontent\r\n",
        CHUNKED + b"7\r\ncontent\r\n0\r\n",
        CHUNKED + b"8\r\ncontent",
        CHUNKED,
        CHUNKED + b"7\r\ncontent!\r\n0\r\n\r\n",
        CHUNKED + b"7\r\ncontent\r\n0\r\nno field\r\n\r\n",
        CHUNKED + b"7" + b"0" * 5000,
    ],
)
@pytest.mark.parametrize("then", [Then.CLOSE, Then.RESET])
def test_a_body_that_is_cut_or_misframed_is_broken(raw: bytes, then: Then) -> None:
    """It never looks complete."""
    with connected(in_turn(Answer(raw, then))) as (connection, url, _), pytest.raises(BROKEN):
        body(connection.get(url, {}))


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 30,
        b"HTTP/1.1 100 Continue\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: " + b"b" * 70_000,
    ],
)
def test_what_is_no_head_is_malformed(raw: bytes) -> None:
    """Other protocols, endless promises, endless lines."""
    with connected(in_turn(Answer(raw, Then.CLOSE))) as (connection, url, _):
        with pytest.raises(Malformed) as refused:
            connection.get(url, {})
        assert "valid HTTP" in reason(refused.value)


def test_a_connection_serves_one_request_after_another() -> None:
    """As long as each reply is read to its end."""
    with connected(in_turn(rest=Answer(answer(200, b"a")))) as (connection, url, server):
        for _ in range(3):
            assert body(connection.get(url, {})) == b"a"
        assert [request.connection for request in server.requests] == [1, 1, 1]
        connection.get(url, {})
        assert body(connection.get(url, {})) == b"a"
        assert server.requests[-1].connection == 2


def test_bytes_that_nobody_asked_for_are_no_reply() -> None:
    """They would pass for the answer to the next request; its connection is given up instead."""
    forged = answer(200, b"forged")
    script = in_turn(Answer(answer(200, b"a") + forged), rest=Answer(answer(200, b"b")))
    with connected(script) as (connection, url, _):
        assert body(connection.get(url, {})) == b"a"
        assert body(connection.get(url, {})) == b"b"


def test_a_connection_on_which_more_came_is_not_used_again() -> None:
    """Be it the beginning of something only, of which the rest is still to come."""
    script = in_turn(Answer(answer(200, b"a") + b"HTTP"), rest=Answer(answer(200, b"b")))
    with connected(script) as (connection, url, server):
        assert body(connection.get(url, {})) == b"a"
        assert body(connection.get(url, {})) == b"b"
        assert [request.connection for request in server.requests] == [1, 2]


def test_a_connection_serves_one_server() -> None:
    """A request to another goes there, and not where the last one went."""
    other_script = in_turn(Answer(answer(200, b"other")))
    with connected(in_turn(Answer(answer(200, b"one")))) as (connection, url, server):
        assert body(connection.get(url, {})) == b"one"
        with scripted(other_script) as other:
            assert body(connection.get(Url(other.url), {})) == b"other"
            assert len(server.requests) == len(other.requests) == 1


def test_a_short_body_is_known_to_be_complete_when_all_was_asked_for() -> None:
    """In pieces, only what follows the last one tells; the connection is kept then."""
    pieces = Answer(CHUNKED + b"7\r\ncontent\r\n0\r\n\r\n")
    with connected(in_turn(rest=pieces)) as (connection, url, server):
        for _ in range(2):
            reply = connection.get(url, {})
            assert reply.read(len(b"content")) == b"content"
            assert reply.complete
        assert [request.connection for request in server.requests] == [1, 1]


def test_a_body_may_take_longer_than_its_head() -> None:
    """The deadline is for the head; after that, only silence ends a reply."""
    late = time.monotonic() + 3

    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n")
            while (left := late + 0.5 - time.monotonic()) > 0:
                over.wait(left)
            connection.sendall(b"late")

    over = threading.Event()  # never set: time is what this is about
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=serve, args=(listener,))
        server.start()
        url = Url(f"http://127.0.0.1:{listener.getsockname()[1]}")
        with closing(_Closing(Connection(GUARD))) as closer:
            assert body(closer.connection.get(url, {}, late)) == b"late"
        server.join()


def test_bytes_that_come_later_without_being_asked_for_are_no_reply() -> None:
    """Neither do those that are still on their way when the reply has been read."""
    sent = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connections = []
            with contextlib.ExitStack() as stack:
                for content in (b"a", b"b"):
                    connections.append(stack.enter_context(listener.accept()[0]))
                    connections[-1].recv(65536)
                    connections[-1].sendall(answer(200, content))
                    if content == b"a":
                        read.wait(10)
                        connections[-1].sendall(answer(200, b"forged"))
                        sent.set()

        read = threading.Event()
        server = threading.Thread(target=serve)
        server.start()
        url = Url(f"http://127.0.0.1:{listener.getsockname()[1]}")
        with closing(_Closing(Connection(GUARD))) as closer:
            assert body(closer.connection.get(url, {})) == b"a"
            read.set()
            assert sent.wait(10)
            assert body(closer.connection.get(url, {})) == b"b"
        server.join()


def test_bytes_that_tls_has_decrypted_already_are_no_reply(tmp_path: Path) -> None:
    """They are not in the socket any more; and they came before the next request was sent."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n"

    def script(request: Request) -> list[Step]:
        first = request.connection == 1
        return [head, b"a" + answer(200, b"forged")] if first else [answer(200, b"b")]

    with (
        hostile(script, context) as server,
        trusting(tmp_path / "authority.pem"),
        closing(_Closing(Connection(GUARD))) as closer,
    ):
        url = Url(f"{server.url}/")
        assert body(closer.connection.get(url, {})) == b"a"
        assert body(closer.connection.get(url, {})) == b"b"


def test_an_interruption_ends_a_handshake() -> None:
    """A server that accepts and says nothing is not waited for once nobody wants it any more."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        connection = Connection(GUARD)
        failed: list[BaseException] = []

        def ask() -> None:
            try:
                connection.get(Url(f"https://127.0.0.1:{listener.getsockname()[1]}/"), {})
            except OSError as error:
                failed.append(error)

        asking = threading.Thread(target=ask)
        asking.start()
        with listener.accept()[0]:
            connection.interrupt()
            asking.join(60)
        assert [type(each) for each in failed] == [ConnectionAbortedError]


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("linger", [True, False])
def test_a_server_that_hangs_up_at_once_leaves_a_request_unanswered(
    scheme: str, linger: bool
) -> None:
    """With a reset or in good order, before TLS or after."""

    def accept() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(1)
            if linger:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=accept)
        thread.start()
        url = Url(f"{scheme}://127.0.0.1:{listener.getsockname()[1]}/")
        connection = Connection(GUARD)
        with pytest.raises(Unanswered):
            connection.get(url, {})
        thread.join()
        connection.drop()


def test_a_port_where_nobody_listens_leaves_a_request_unanswered() -> None:
    """A server that is full may stop listening."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Unanswered, match="refused"):
        Connection(GUARD).get(Url(f"http://127.0.0.1:{port}/"), {})


def test_a_head_has_one_deadline_however_it_trickles() -> None:
    """A byte now and then keeps no connection alive for ever."""
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def trickle() -> None:
            with listener.accept()[0] as connection, contextlib.suppress(OSError):
                connection.sendall(b"HTTP/1.1 200 OK\r\n")
                while not done.wait(0.05):
                    connection.sendall(b"X: y\r\n")

        server = threading.Thread(target=trickle)
        server.start()
        url = Url(f"http://127.0.0.1:{listener.getsockname()[1]}")
        with closing(_Closing(Connection(GUARD))) as closer, pytest.raises(TimeoutError):
            closer.connection.get(url, {}, time.monotonic() + 0.5)
        done.set()
        server.join()


def test_a_name_server_that_does_not_answer_ends_with_the_deadline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The system's resolver knows no deadline; it is left behind."""
    asked, over = threading.Event(), threading.Event()
    numeric = socket.getaddrinfo

    def slow(host: str, port: int, *, flags: int = 0, **kwargs: int) -> object:
        if flags:
            return numeric(host, port, flags=flags, **kwargs)
        asked.set()
        over.wait(60)
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    with pytest.raises(TimeoutError):
        Connection(GUARD).get(Url("http://slow.example/"), {}, time.monotonic() + 0.3)
    assert asked.is_set()
    over.set()


@pytest.mark.parametrize("opened", [True, False])
def test_a_forbidden_address_is_never_connected_to(opened: bool) -> None:
    """An open port gives the error of a closed one, and sees no connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        if not opened:
            listener.close()
        with pytest.raises(SourceRefused) as refused:
            Connection(NetGuard()).get(Url(f"http://127.0.0.1:{port}/"), {})
        assert "not a public address" in refused.value.message
        if opened:
            listener.settimeout(0)
            with pytest.raises(BlockingIOError):
                listener.accept()


def test_of_several_addresses_only_the_allowed_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that leads inside and outside leads outside only; the first that answers serves."""
    with scripted(in_turn(Answer(answer(200, b"a")))) as server:
        port = Url(server.url).port
        numeric = socket.getaddrinfo

        def several(host: str, port: int, *, flags: int = 0, **kwargs: int) -> object:
            if host != "several.example":
                return numeric(host, port, flags=flags, **kwargs)
            if flags:
                raise socket.gaierror
            return [
                (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
                for address in ("127.0.0.9", "127.0.0.2", "127.0.0.1")
            ]

        monkeypatch.setattr(socket, "getaddrinfo", several)
        guard = NetGuard([ip_network("127.0.0.1/32"), ip_network("127.0.0.2/32")])
        with closing(_Closing(Connection(guard))) as closer:
            reply = closer.connection.get(Url(f"http://several.example:{port}/"), {})
            assert body(reply) == b"a"
        assert server.requests[0].headers["host"] == f"several.example:{port}"


def test_an_interruption_ends_a_wait_for_a_reply() -> None:
    """From another thread; what is asked afterwards fails too."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = Url(f"http://127.0.0.1:{listener.getsockname()[1]}")
        connection = Connection(GUARD)
        failed: list[BaseException] = []

        def ask() -> None:
            try:
                connection.get(url, {})
            except OSError as error:
                failed.append(error)

        asking = threading.Thread(target=ask)
        asking.start()
        with listener.accept()[0] as accepted:
            accepted.recv(65536)
            connection.interrupt()
            asking.join(20)
        assert len(failed) == 1
        with pytest.raises(ConnectionAbortedError):
            connection.get(url, {})
        connection.drop()


def test_a_reply_that_was_asked_for_ahead_is_the_next_one() -> None:
    """The request goes out at once, and only once; the one after it is a request of its own."""
    asked = threading.Event()

    def script(request: Asked) -> Answer:
        if request.target == "/b":
            asked.set()
        return Answer(answer(200, request.target.encode()))

    with connected(script) as (connection, url, server):
        assert body(connection.get(url.join("/a"), {})) == b"/a"
        connection.ask_ahead(url.join("/b"), {})
        assert asked.wait(20)
        for path in ("/b", "/b", "/c"):
            assert body(connection.get(url.join(path), {})) == path.encode()
        assert [request.target for request in server.requests] == ["/a", "/b", "/b", "/c"]
        assert {request.connection for request in server.requests} == {1}


@pytest.mark.parametrize(("path", "headers"), [("/c", {}), ("/b", {"Range": "bytes=1-2"})])
def test_a_reply_that_was_asked_for_ahead_is_for_no_other_request(
    path: str, headers: dict[str, str]
) -> None:
    """What is asked for instead is asked for over a new connection."""

    def script(request: Asked) -> Answer:
        return Answer(
            answer(200, request.target.encode() + request.headers.get("range", "").encode())
        )

    with connected(script) as (connection, url, server):
        body(connection.get(url, {}))
        connection.ask_ahead(url.join("/b"), {})
        expected = path + headers.get("Range", "")
        assert body(connection.get(url.join(path), headers)) == expected.encode()
        assert 2 in {each.connection for each in server.requests if each.target == path}


def test_a_reply_that_was_asked_for_ahead_in_the_clear_is_none_over_tls() -> None:
    """Though the request reads the same, down to its port."""

    def serve() -> None:
        connection, _ = listener.accept()
        listener.close()
        with connection, contextlib.suppress(ConnectionError):
            for _ in range(2):
                connection.recv(65536)
                connection.sendall(answer(200, b"a"))
            connection.recv(1)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        server = threading.Thread(target=serve)
        server.start()
        with closing(_Closing(Connection(GUARD))) as closer:
            body(closer.connection.get(Url(f"http://{address}/"), {}))
            closer.connection.ask_ahead(Url(f"http://{address}/"), {})
            with pytest.raises(Unanswered, match="refused"):
                closer.connection.get(Url(f"https://{address}/"), {})
        server.join()


def test_nothing_is_asked_ahead_without_a_connection_that_is_kept() -> None:
    """Neither the first time, nor while a reply is unread, nor after one that ends a connection."""
    script = in_turn(
        Answer(answer(200, b"a")), Answer(answer(200, b"b", Connection="close"), Then.CLOSE)
    )
    with connected(script) as (connection, url, server):
        connection.ask_ahead(url, {})
        assert server.requests == []
        reply = connection.get(url, {})
        connection.ask_ahead(url, {})
        assert body(reply) == b"a"
        assert body(connection.get(url, {})) == b"b"
        connection.ask_ahead(url, {})
        connection.drop()
        connection.ask_ahead(url, {})
    assert len(server.requests) == 2


@pytest.mark.parametrize("then", [Then.CLOSE, Then.RESET])
def test_what_was_asked_ahead_in_vain_is_asked_again(then: Then) -> None:
    """A server may close a connection that was kept at any time."""
    script = in_turn(Answer(answer(200, b"a")), Answer(b"", then), rest=Answer(answer(200, b"b")))
    with connected(script) as (connection, url, server):
        body(connection.get(url, {}))
        connection.ask_ahead(url, {})
        assert body(connection.get(url, {})) == b"b"
        assert [request.connection for request in server.requests] == [1, 1, 2]


def test_the_deadline_of_what_was_asked_ahead_is_that_of_its_reading() -> None:
    """However long ago it was asked; and a silent server is waited for until then only."""
    asked, over = threading.Event(), threading.Event()

    def silence(request: Asked) -> Answer:
        asked.set()
        over.wait(20)
        return Answer(b"", Then.CLOSE)

    with connected(in_turn(Answer(answer(200, b"a")), silence)) as (connection, url, server):
        body(connection.get(url, {}, time.monotonic() + 10))
        connection.ask_ahead(url, {})
        assert asked.wait(20)
        with pytest.raises(TimeoutError):
            connection.get(url, {}, time.monotonic() + 0.2)
        over.set()
    assert len(server.requests) == 2


def test_an_interruption_ends_what_was_asked_ahead() -> None:
    """It is not asked again."""
    with connected(in_turn(rest=Answer(answer(200, b"a")))) as (connection, url, server):
        body(connection.get(url, {}))
        connection.interrupt()
        connection.ask_ahead(url, {})
        with pytest.raises(ConnectionAbortedError):
            connection.get(url, {})
    assert len(server.requests) == 1


@pytest.mark.parametrize("value", ["a\r\nB: c", "a\nb", "a\0b"])
def test_no_header_of_a_request_smuggles_a_line(value: str) -> None:
    """Whoever lets such a value through up to here has a fault; it goes no further."""
    with connected(in_turn()) as (connection, url, server):
        with pytest.raises(ValueError, match="line break"):
            connection.get(url, {"A": value})
        assert server.requests == []


def test_reasons_tell_what_happened_and_quote_nothing() -> None:
    """A URL may be a secret, and so may anything that a server says."""
    assert reason(TimeoutError()) == "no answer in time"
    assert reason(Ended("it ended early")) == "it ended early"
    assert reason(ConnectionRefusedError(111, "Connection refused")) == "Connection refused"
    assert reason(OSError("C4n4ry")) == "OSError"


@pytest.mark.parametrize("status", [200, 404, 503])
def test_a_reply_to_head_has_no_body_whatever_it_says(status: int) -> None:
    """The next one follows its head at once; a length is what a GET would give."""
    with connected(in_turn(Answer(answer(status, length=500)), Answer(answer(200, b"x")))) as (
        connection,
        url,
        server,
    ):
        connection.ask("HEAD", url, {})
        reply = connection.reply()
        assert (reply.status, reply.length, reply.complete) == (status, 0, True)
        assert body(reply) == b""
        assert body(connection.get(url, {})) == b"x"
        assert [request.connection for request in server.requests] == [1, 1]


def test_a_small_body_goes_out_with_its_head() -> None:
    """And with it again where a kept connection turned out to be dead."""
    seen: list[bytes] = []

    def script(request: Asked) -> Answer:
        seen.append(request.body)
        return Answer(answer(200, b"x"), Then.CLOSE if len(seen) == 1 else Then.KEEP)

    with connected(script) as (connection, url, _):
        for content in (b"one", b"two"):
            connection.ask("PUT", url, {"Content-Length": "3"}, body=content)
            assert body(connection.reply()) == b"x"
            time.sleep(0.1)  # until the end has arrived
    assert seen == [b"one", b"two"]


def test_the_head_of_a_reply_is_in_time() -> None:
    """Also where the connection waits for longer: a trickling head is none."""

    over = threading.Event()

    def script(request: Asked) -> Answer:
        over.wait(20)
        return Answer(answer(200))

    with connected(script) as (connection, url, _):
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            connection.get(url, {}, began + 0.3)
        over.set()
        assert time.monotonic() - began < 8
