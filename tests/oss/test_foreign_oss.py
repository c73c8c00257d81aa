"""An OSS, or what stands before it, that answers otherwise than OSS says it does."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress

import pytest

from ossferry.archived import Restore
from ossferry.context import Credentials
from ossferry.errors import TargetError, TargetRefused, TargetUnavailable
from ossferry.names import ObjectName
from ossferry.oss.direct import Account, Direct
from ossferry.thaw.look import found
from tests.oss.test_bucket_wire import bucket_at
from tests.peers.scripted import Reply, Request, Then, answer, in_turn, scripted

DATE = "Sun, 06 Nov 1994 08:49:37 GMT"
EMPTY = b"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"
HTML = b"<html><body>Bad <br> gateway</body></html>"
WANTED = Restore(3, None)


def listing(*keys: str, more: bool = False, token: str = "t") -> bytes:
    contents = "".join(
        f"<Contents><Key>{key}</Key><LastModified>2024-01-01T00:00:00.000Z</LastModified>"
        f'<ETag>"e"</ETag><Type>Normal</Type><Size>1</Size><StorageClass>Archive</StorageClass>'
        "</Contents>"
        for key in keys
    )
    said = f"<IsTruncated>{'true' if more else 'false'}</IsTruncated>"
    said += f"<NextContinuationToken>{token}</NextContinuationToken>" * more
    return f"<ListBucketResult>{said}{contents}</ListBucketResult>".encode()


def direct(url: str, seconds: float = 5.0) -> closing[Direct]:
    bucket = ObjectName("cn-hangzhou", "my-bucket", "")
    account = Account(bucket, url, lambda: Credentials("STS.id", "secret", "token"))
    deadline = time.monotonic() + seconds
    return closing(Direct(account, deadline, judge=bool, sleep=lambda _: None))


def code(status: int, text: str, **more: str) -> Reply:
    told = "".join(f"<{name}>{value}</{name}>" for name, value in more.items())
    return Reply(answer(status, f"<Error><Code>{text}</Code>{told}</Error>".encode()))


@pytest.mark.usefixtures("no_waits")
@pytest.mark.parametrize("date", [None, "", "yesterday", "Sun, 99 Nov 1994 08:49:37 GMT"])
def test_an_oss_without_a_clock_is_said_to_be_one(date: str | None) -> None:
    """A proxy may take the header away: restores go by it."""
    told = answer(200, EMPTY) if date is None else answer(200, EMPTY, Date=date)
    script = in_turn(rest=Reply(told))
    with scripted(script) as server, pytest.raises(TargetUnavailable, match="what time it is"):
        bucket_at(server.url).now()


def test_an_oss_with_a_clock_is_believed() -> None:
    """A reply without it is asked for again."""
    script = in_turn(Reply(answer(200, EMPTY)), Reply(answer(200, EMPTY, Date=DATE)))
    with scripted(script) as server:
        assert bucket_at(server.url).now() == 784111777.0


@pytest.mark.usefixtures("no_waits")
@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("do", [lambda b: b.now(), lambda b: b.read("k"), lambda b: b.head("k")])
def test_a_redirect_is_not_followed(status: int, do: Callable[[object], object]) -> None:
    """A token goes with each request, which is for OSS alone."""
    with scripted(in_turn(rest=Reply(answer(200, EMPTY, Date=DATE)))) as other:
        to_other = Reply(answer(status, Location=f"{other.url.replace('127.0.0.1', 'localhost')}/"))
        with scripted(in_turn(rest=to_other)) as server, pytest.raises(TargetError):
            do(bucket_at(server.url))
        assert other.requests == []


@pytest.mark.parametrize("status", [301, 307])
def test_a_restore_is_not_redirected(status: int) -> None:
    with scripted(in_turn()) as other:
        to_other = Reply(answer(status, Location=f"{other.url}/"))
        refused = pytest.raises(TargetRefused, match=str(status))
        with scripted(in_turn(rest=to_other)) as server, direct(server.url) as oss, refused:
            oss.restore("k", WANTED)
        assert other.requests == []


@pytest.mark.usefixtures("no_waits")
@pytest.mark.parametrize(
    "body",
    [
        HTML,
        b"",
        b"{}",
        b"<ListBucketResult/>",
        listing("a").replace(b"<Size>1", b"<Size>many"),
        listing("a").replace(b"2024-01-01", b"once"),
        listing("a").replace(b"false", b"perhaps"),
        listing("a")[:-30],
        listing("a").replace(b"<StorageClass>Archive</StorageClass>", b""),
    ],
)
def test_a_listing_that_is_none_is_said_to_be_none(body: bytes) -> None:
    """It may come from something between us and OSS."""
    script = in_turn(rest=Reply(answer(200, body, Date=DATE)))
    with scripted(script) as server, pytest.raises(TargetUnavailable):
        bucket_at(server.url).page("", "")


def listed(script: Callable[[Request], bytes]) -> dict[str, object]:
    """What is found of some keys, by requests whose number has a bound."""
    asked = []

    def counted(request: Request) -> Reply:
        asked.append(request)
        assert len(asked) < 2000
        return Reply(answer(200, script(request), Date=DATE))

    with scripted(counted) as server:
        return dict(found(bucket_at(server.url, seconds=5).page, ["b", "n", "z"]))


def test_a_listing_that_ignores_where_it_is_to_begin_ends() -> None:
    with pytest.raises(TargetUnavailable, match="order"):
        listed(lambda _: listing("a", "b", more=True))


@pytest.mark.parametrize("keys", [("c", "b"), ("b", "b")])
def test_a_listing_out_of_order_is_not_believed(keys: tuple[str, ...]) -> None:
    """What was skipped would pass for what is not there."""
    with pytest.raises(TargetUnavailable, match="order"):
        listed(lambda _: listing(*keys))


def test_pages_that_are_empty_for_ever_end() -> None:
    """With a token that is new each time."""
    tokens = iter(range(10_000))
    with pytest.raises(TargetUnavailable, match="lists no more"):
        listed(lambda _: listing(more=True, token=str(next(tokens))))


def test_short_and_empty_pages_are_gone_on_behind() -> None:
    pages = iter([listing("b", more=True), listing(more=True), listing("n"), listing("z")])
    assert [*listed(lambda _: next(pages))] == ["b", "n"]


@pytest.mark.parametrize(
    "reply",
    [
        code(409, "OperationConflict"),
        code(409, "ObjectAlreadyExists", Message="RestoreAlreadyInProgress"),
        code(400, "OperationNotSupported", EC="0016-00000799"),
        code(404, "NoSuchBucket"),
        Reply(answer(409, HTML)),
        Reply(answer(204)),
    ],
)
def test_what_is_no_answer_to_a_restore_counts_for_none(reply: Reply) -> None:
    refused = pytest.raises(TargetError)
    with scripted(in_turn(rest=reply)) as server, direct(server.url) as oss, refused:
        oss.restore("k", WANTED)


def test_a_restore_whose_answer_was_lost_is_under_way() -> None:
    lost = Reply(b"", Then.RESET)
    script = in_turn(lost, Reply(answer(503, HTML)), code(409, "RestoreAlreadyInProgress"))
    with scripted(script) as server, direct(server.url) as oss:
        assert oss.restore("k", WANTED) == "under_way"


def test_an_answer_that_never_ends_does_not_outlast_the_deadline() -> None:
    """Each byte comes in time."""
    began = time.monotonic()
    ended = pytest.raises(TargetError)
    with dripping(answer(202, length=1 << 20)) as url, direct(url, seconds=1.5) as oss, ended:
        oss.restore("k", WANTED)
    assert time.monotonic() - began < 15


@contextmanager
def dripping(head: bytes) -> Iterator[str]:
    """A server that sends a byte of its body now and then, for ten seconds."""
    over = threading.Event()

    def serve(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.recv(1 << 16)
            connection.sendall(head)
            for _ in range(100):
                if over.wait(0.1):
                    return
                connection.sendall(b" ")

    def accept(listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        accepting = threading.Thread(target=accept, args=(listener,))
        accepting.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            over.set()
            listener.shutdown(socket.SHUT_RDWR)
            accepting.join()
