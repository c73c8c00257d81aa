"""One PUT to a signed URL against targets that answer early, late, or not at all."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from queue import SimpleQueue

import pytest

from ossferry.copying.upload import Stored, Uploader
from ossferry.crc64 import crc64
from ossferry.errors import (
    FerryError,
    NoSuchUpload,
    ObjectExists,
    PartDamaged,
    TargetError,
    TargetRefused,
    TargetUnavailable,
)
from ossferry.urls import Url
from tests.peers.loopback import CONTENT
from tests.peers.scripted import (
    Reply,
    Request,
    Script,
    Scripted,
    Then,
    answer,
    in_turn,
    scripted,
    storing,
)

# More than sockets on loopback buffer: a target that does not read it is noticed while sending.
LARGE = CONTENT * 16


def refused(code: str, status: int = 403, message: str = "no") -> bytes:
    body = f"<Error><Code>{code}</Code><Message>{message}</Message><EC>0003-1</EC></Error>"
    return answer(status, body.encode())


@contextmanager
def uploading(script: Script) -> Iterator[tuple[Uploader, Scripted]]:
    with scripted(script) as server, closing(Uploader()) as uploader:
        yield uploader, server


def put(uploader: Uploader, server: Scripted, content: bytes, length: int | None = -1) -> Stored:
    view = memoryview(content)
    uploader.begin(
        Url(f"{server.url}/k?sig=C4n4ry"), {"X-A": "b"}, len(content) if length == -1 else length
    )
    for start in range(0, len(content), 100_000):
        uploader.send(view[start : start + 100_000])
    return uploader.finish()


@pytest.mark.parametrize("length", [-1, None])
@pytest.mark.parametrize("content", [CONTENT, b"", b"x"])
def test_what_is_sent_arrives(content: bytes, length: int | None) -> None:
    """With a length, and without one in HTTP's own framing; headers and signature included."""
    with uploading(storing) as (uploader, server):
        stored = put(uploader, server, content, length)
    assert stored == Stored(str(len(content)), crc64(content))
    (request,) = server.requests
    assert (request.method, request.target) == ("PUT", "/k?sig=C4n4ry")
    assert request.body == content
    assert request.headers["x-a"] == "b"
    assert ("content-length" in request.headers) is (length == -1)


def test_uploads_share_a_connection() -> None:
    """One after the other, also after one that the target refused in good order."""
    with uploading(in_turn(storing, Reply(refused("AccessDenied")), rest=storing)) as (
        uploader,
        server,
    ):
        put(uploader, server, b"one")
        with pytest.raises(TargetRefused):
            put(uploader, server, b"two")
        put(uploader, server, b"three")
    assert [request.connection for request in server.requests] == [1, 1, 1]


def test_a_target_that_says_no_checksum_is_believed_by_nobody() -> None:
    """The answer says so, and the part counts as unconfirmed."""
    with uploading(in_turn(Reply(answer(200, ETag='"e"')))) as (uploader, server):
        assert put(uploader, server, b"x") == Stored("e", None)


@pytest.mark.parametrize(
    ("raw", "error"),
    [
        (refused("AccessDenied"), TargetRefused),
        (refused("NoSuchUpload", 404), NoSuchUpload),
        (refused("FileAlreadyExists", 409), ObjectExists),
        (refused("RequestTimeout", 400), TargetUnavailable),
        (refused("InvalidDigest", 400), PartDamaged),
        (refused("InternalError", 500), TargetUnavailable),
        (refused("SlowDown", 503), TargetUnavailable),
        (refused("TooManyRequests", 429), TargetUnavailable),
        (answer(502, b"<html>Bad Gateway</html>"), TargetUnavailable),
        (answer(403), TargetRefused),
        (answer(204), TargetRefused),
    ],
)
def test_answers_are_final_or_may_pass(raw: bytes, error: type[FerryError]) -> None:
    """By status, and by OSS's code where a 4xx is a hiccup; the message never quotes the URL."""
    with uploading(in_turn(Reply(raw))) as (uploader, server), pytest.raises(error) as raised:
        put(uploader, server, b"x")
    assert type(raised.value) is error
    assert "C4n4ry" not in str(raised.value)


def test_a_refusal_tells_what_oss_said() -> None:
    """Code, message and EC, by which OSS's support finds the cause."""
    script = in_turn(Reply(refused("AccessDenied", message="not yours")))
    told = pytest.raises(TargetRefused, match="403 and said: AccessDenied not yours 0003-1")
    with uploading(script) as (uploader, server), told:
        put(uploader, server, b"x")


@pytest.mark.parametrize("length", [-1, None])
def test_an_answer_before_the_body_is_through_is_the_error(length: int | None) -> None:
    """OSS refuses by the head and hangs up: the refusal counts, not the broken connection."""
    early = Reply(refused("AccessDenied"), Then.CLOSE)
    with uploading(in_turn(early)) as (uploader, server), pytest.raises(TargetError) as raised:
        put(uploader, server, LARGE, length)
    assert type(raised.value) is TargetRefused


def test_an_early_answer_costs_the_connection_even_if_it_is_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """OSS answers and reads no more: the next request would be taken for the rest of the body."""
    patient = socket.socket.settimeout

    def impatient(self: socket.socket, seconds: float | None) -> None:
        patient(self, 1.0 if seconds else seconds)

    def serve(listener: socket.socket) -> None:
        with suppress(OSError), listener.accept()[0] as first:
            first.recv(1000)
            first.sendall(answer(503))
            with listener.accept()[0] as second:
                received = b""
                while not received.endswith(b"next"):
                    received += second.recv(1000)
                second.sendall(answer(200, ETag='"e"'))

    with socket.create_server(("127.0.0.1", 0)) as listener, closing(Uploader()) as uploader:
        server = threading.Thread(target=serve, args=(listener,))
        server.start()
        target = Scripted(f"http://127.0.0.1:{listener.getsockname()[1]}")
        try:
            with monkeypatch.context() as patched:
                patched.setattr(socket.socket, "settimeout", impatient)
                with pytest.raises(TargetUnavailable, match="503"):
                    put(uploader, target, LARGE)
            assert put(uploader, target, b"next").etag == "e"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            server.join()


@pytest.mark.parametrize("then", [Then.CLOSE, Then.RESET])
@pytest.mark.parametrize("content", [b"x", LARGE])
def test_a_connection_that_ends_without_an_answer_may_pass(content: bytes, then: Then) -> None:
    """Whether while sending or while waiting."""
    script = in_turn(Reply(b"", then))
    with uploading(script) as (uploader, server), pytest.raises(TargetUnavailable):
        put(uploader, server, content)


def test_after_an_error_the_next_upload_has_a_new_connection() -> None:
    """Nothing of the failed one is left in it."""
    with uploading(in_turn(Reply(b"", Then.RESET), rest=storing)) as (uploader, server):
        with pytest.raises(TargetUnavailable):
            put(uploader, server, LARGE)
        assert put(uploader, server, b"next") == Stored("4", crc64(b"next"))


def test_a_kept_connection_that_went_stale_costs_at_most_one_attempt() -> None:
    """The target closed it between two uploads; the second or third arrives whole."""
    gone = in_turn(Reply(answer(200, ETag='"e"'), Then.CLOSE), rest=storing)
    with uploading(gone) as (uploader, server):
        put(uploader, server, b"one")
        try:
            stored = put(uploader, server, CONTENT)
        except TargetUnavailable:
            stored = put(uploader, server, CONTENT)
    assert stored.crc64 == crc64(CONTENT)


def test_closing_gives_an_upload_up() -> None:
    """The target sees a body that ends early, of which it stores nothing."""
    seen: SimpleQueue[bytes] = SimpleQueue()

    def script(request: Request) -> Reply:
        seen.put(request.body)
        return Reply(b"")

    with scripted(script) as server:
        uploader = Uploader()
        uploader.begin(Url(server.url), {}, 9)
        uploader.send(memoryview(b"half"))
        uploader.close()
        uploader.close()
        assert seen.get(timeout=10) == b"half"


def test_nobody_listening_may_pass() -> None:
    """The message says why, not where to with which signature."""
    with scripted(storing) as server:
        pass
    with closing(Uploader()) as uploader, pytest.raises(TargetUnavailable, match="refused") as no:
        put(uploader, server, b"x")
    assert "C4n4ry" not in str(no.value)
