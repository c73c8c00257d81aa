"""OSS through oss2 over real connections that end in the middle of an answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from ossferry.context import Credentials
from ossferry.copying.copy_job import CopiedPart
from ossferry.errors import FerryError, NoSuchUpload, TargetUnavailable
from ossferry.oss.bucket import Bucket
from tests.peers.scripted import Reply, Request, Then, answer, in_turn, scripted

OPENED = b"<InitiateMultipartUploadResult><UploadId>U</UploadId></InitiateMultipartUploadResult>"
HALF = Reply(answer(200, OPENED[:40], length=len(OPENED)), Then.CLOSE)
LONG_AGO = "Sun, 06 Nov 1994 08:49:37 GMT"
MARK = "x-oss-meta-ossferry-upload"
PARTS = [CopiedPart(1, 5, "E1", 7, confirmed=True)]


def bucket_at(url: str, seconds: float = 60, patience: float = 60) -> Bucket:
    """A bucket whose server is elsewhere: at an address, before which the SDK puts no name."""
    credentials = Credentials("STS.id", "secret", "token")
    return Bucket(
        "my-bucket",
        "cn-hangzhou",
        url,
        lambda: credentials,
        time.monotonic() + seconds,
        judge=bool,
        patience=lambda: patience,
    )


def open_and_complete(*answers: Reply) -> int | None:
    """The checksum of the object that comes of opening and completing an upload.

    A HEAD is answered by the reply whose turn it is, with the mark that the upload was opened with.
    """
    left = [Reply(answer(200, OPENED)), *answers]
    marks = []

    def script(request: Request) -> Reply:
        reply = left.pop(0)
        marks.extend([request.headers[MARK]] if MARK in request.headers else [])
        assert (request.method == "HEAD") == (reply in (THERE, GONE, OLD))
        return Reply(reply.raw.replace(b"our-mark", marks[0].encode()), reply.then)

    with scripted(script) as server:
        upload = bucket_at(server.url).create("k", {})
        assert marks == [upload.mark]
        crc64 = upload.complete(PARTS, 7, {}).crc64
        assert not left
        return crc64


def head(mark: str) -> Reply:
    headers = {"ETag": '"E"', "x-oss-hash-crc64ecma": "7", MARK: mark}
    return Reply(answer(200, b"", length=5, **headers))


THERE, OLD = head("our-mark"), head("of-another-upload")
GONE = Reply(answer(404, length=0))
DONE = Reply(answer(200, b"<Done/>", x_oss_hash_crc64ecma="7"))


def test_an_answer_that_breaks_off_is_asked_for_again() -> None:
    """What was read of it until then is forgotten."""
    half = Reply(answer(200, b"con", length=7), Then.CLOSE)
    script = in_turn(
        half, Reply(b"", Then.RESET), Reply(answer(200, b"content", Last_Modified=LONG_AGO))
    )
    with scripted(script) as server:
        found = bucket_at(server.url).read("k")
    assert found == (b"content", 784111777)


def test_an_upload_is_opened_only_once() -> None:
    """Each attempt may leave one open, so whoever tries again has to know it."""
    with scripted(in_turn(HALF, rest=Reply(answer(200, OPENED)))) as server:
        with pytest.raises(TargetUnavailable, match="broke off"):
            bucket_at(server.url).create("k", {})
        assert len(server.requests) == 1


def test_a_completion_whose_answer_breaks_off_is_looked_at() -> None:
    """Its head said 200, its body never came: only the object tells."""
    assert open_and_complete(HALF, THERE) == 7


def test_a_completion_whose_answer_breaks_off_and_did_not_happen_is_tried_again() -> None:
    """There is no object yet; the second completion makes it."""
    assert open_and_complete(HALF, GONE, DONE) == 7


def test_an_old_object_of_equal_bytes_is_no_completion() -> None:
    """It may have other headers; the completion did not happen, and is tried again."""
    assert open_and_complete(HALF, OLD, DONE) == 7


def test_an_upload_that_somebody_aborted_is_told_as_such() -> None:
    """The name of the error is the same over the wire."""
    refused = b"<Error><Code>NoSuchUpload</Code><Message>gone</Message></Error>"
    with pytest.raises(NoSuchUpload):
        open_and_complete(Reply(answer(404, refused)), GONE)


REQUESTS: dict[str, Callable[[Bucket], object]] = {
    "head": lambda bucket: bucket.head("k"),
    "create": lambda bucket: bucket.create("k", {}),
    "list parts": lambda bucket: bucket.list_parts("k", "U"),
    "complete": lambda bucket: bucket.complete("k", "U", PARTS, {}),
    "read": lambda bucket: bucket.read("k"),
    "write": lambda bucket: bucket.write("k", b""),
    "delete": lambda bucket: bucket.delete("k"),
    "abort": lambda bucket: bucket.abort("k", "U"),
}


@pytest.mark.parametrize("ask", REQUESTS.values(), ids=REQUESTS)
@pytest.mark.parametrize(("seconds", "patience"), [(1.0, 60.0), (60.0, 0.2)])
def test_an_oss_that_says_nothing_holds_nobody_beyond_the_time_there_is(
    ask: Callable[[Bucket], object],
    seconds: float,
    patience: float,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither beyond the deadline, nor, with a stop, beyond what is left of patience."""
    monkeypatch.setattr("ossferry.oss.bucket._LEAST", 0.2)
    over = threading.Event()
    failures: list[FerryError] = []

    def silence(request: Request) -> Reply:
        over.wait(60)
        return Reply(b"", Then.CLOSE)

    def wait_for_it() -> None:
        with pytest.raises(TargetUnavailable) as raised:
            ask(bucket_at(server.url, seconds, patience))
        failures.append(raised.value)

    with scripted(silence) as server:
        asking = threading.Thread(target=wait_for_it)
        asking.start()
        asking.join(20)
        ended = not asking.is_alive()
        over.set()
        asking.join()
    assert ended
    assert len(failures) == 1
