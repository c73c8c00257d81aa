"""OSS through oss2 over real connections that end in the middle of an answer."""

from __future__ import annotations

import time

import pytest

from ossferry.context import Credentials
from ossferry.copying.copy_job import CopiedPart
from ossferry.errors import NoSuchUpload, TargetUnavailable
from ossferry.oss.bucket import Bucket
from tests.peers.scripted import Reply, Request, Script, Then, answer, in_turn, scripted

OPENED = b"<InitiateMultipartUploadResult><UploadId>U</UploadId></InitiateMultipartUploadResult>"
HALF = Reply(answer(200, OPENED[:40], length=len(OPENED)), Then.CLOSE)
PARTS = [CopiedPart(1, 5, "E1", 7, confirmed=True)]


def bucket_at(url: str) -> Bucket:
    """A bucket whose server is elsewhere: at an address, before which the SDK puts no name."""
    credentials = Credentials("STS.id", "secret", "token")
    return Bucket("my-bucket", "cn-hangzhou", url, credentials, time.monotonic() + 60, judge=bool)


def open_and_complete(script: Script) -> int | None:
    """The checksum of the object that comes of opening and completing an upload."""
    with scripted(script) as server:
        upload = bucket_at(server.url).create("k", {})
        return upload.complete(PARTS, 7, {}).crc64


def there(request: Request) -> Reply:
    assert request.method == "HEAD"
    return Reply(answer(200, length=5, ETag='"E"', x_oss_hash_crc64ecma="7"))


def gone(request: Request) -> Reply:
    assert request.method == "HEAD"
    return Reply(answer(404, length=0))


def test_an_answer_that_breaks_off_is_asked_for_again() -> None:
    """What was read of it until then is forgotten."""
    half = Reply(answer(200, b"con", length=7), Then.CLOSE)
    script = in_turn(half, Reply(b"", Then.RESET), Reply(answer(200, b"content")))
    with scripted(script) as server:
        assert bucket_at(server.url).read("k") == b"content"


def test_an_upload_is_opened_only_once() -> None:
    """Each attempt may leave one open, so whoever tries again has to know it."""
    with scripted(in_turn(HALF, rest=Reply(answer(200, OPENED)))) as server:
        with pytest.raises(TargetUnavailable, match="broke off"):
            bucket_at(server.url).create("k", {})
        assert len(server.requests) == 1


def test_a_completion_whose_answer_breaks_off_is_looked_at() -> None:
    """Its head said 200, its body never came: only the object tells."""
    assert open_and_complete(in_turn(Reply(answer(200, OPENED)), HALF, there)) == 7


def test_a_completion_whose_answer_breaks_off_and_did_not_happen_is_tried_again() -> None:
    """There is no object yet; the second completion makes it."""
    done = Reply(answer(200, b"<Done/>", x_oss_hash_crc64ecma="7"))
    assert open_and_complete(in_turn(Reply(answer(200, OPENED)), HALF, gone, done)) == 7


def test_an_upload_that_somebody_aborted_is_told_as_such() -> None:
    """The name of the error is the same over the wire."""
    refused = b"<Error><Code>NoSuchUpload</Code><Message>gone</Message></Error>"
    with pytest.raises(NoSuchUpload):
        open_and_complete(in_turn(Reply(answer(200, OPENED)), Reply(answer(404, refused)), gone))
