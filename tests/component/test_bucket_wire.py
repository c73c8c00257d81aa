"""OSS through oss2 over real connections that end in the middle of an answer."""

from __future__ import annotations

import time

import pytest

from ossferry.bucket import Bucket
from ossferry.context import Credentials
from ossferry.copy_job import CopiedPart
from ossferry.errors import NoSuchUpload, TargetUnavailable
from tests.component.scripted import Reply, Request, Script, Then, answer, in_turn, scripted

OPENED = b"<InitiateMultipartUploadResult><UploadId>U</UploadId></InitiateMultipartUploadResult>"
HALF = Reply(answer(200, OPENED[:40], length=len(OPENED)), Then.CLOSE)
PARTS = [CopiedPart(1, 5, "E1", 7, confirmed=True)]


def open_and_complete(script: Script, seconds: float = 60) -> int | None:
    """The checksum of the object that comes of opening and completing an upload."""
    with scripted(script) as server:
        # An address, before which the SDK puts no bucket.
        bucket = Bucket(
            "my-bucket",
            "cn-hangzhou",
            server.url,
            Credentials("STS.id", "secret", "token"),
            time.monotonic() + seconds,
        )
        upload = bucket.create("k", {})
        return upload.complete(PARTS, 7, {}).crc64


def there(request: Request) -> Reply:
    assert request.method == "HEAD"
    return Reply(answer(200, length=5, ETag='"E"', x_oss_hash_crc64ecma="7"))


def gone(request: Request) -> Reply:
    assert request.method == "HEAD"
    return Reply(answer(404, length=0))


def test_an_answer_that_breaks_off_is_asked_for_again() -> None:
    """Opening an upload twice leaves one that is empty, which is better than no transfer."""
    done = Reply(answer(200, b"<Done/>", x_oss_hash_crc64ecma="7"))
    script = in_turn(HALF, Reply(b"", Then.RESET), Reply(answer(200, OPENED)), done)
    assert open_and_complete(script) == 7


def test_a_completion_whose_answer_breaks_off_is_looked_at() -> None:
    """Its head said 200, its body never came: only the object tells."""
    assert open_and_complete(in_turn(Reply(answer(200, OPENED)), HALF, there)) == 7


def test_a_completion_whose_answer_breaks_off_and_did_not_happen_is_tried_again() -> None:
    """There is no object yet; the second completion makes it."""
    done = Reply(answer(200, b"<Done/>", x_oss_hash_crc64ecma="7"))
    assert open_and_complete(in_turn(Reply(answer(200, OPENED)), HALF, gone, done)) == 7


def test_a_target_that_never_answers_in_full_is_unavailable() -> None:
    """With no time left for another attempt, the hiccup is the answer."""
    with pytest.raises(TargetUnavailable, match="broke off"):
        open_and_complete(in_turn(rest=HALF), seconds=0)


def test_an_upload_that_somebody_aborted_is_told_as_such() -> None:
    """The name of the error is the same over the wire."""
    refused = b"<Error><Code>NoSuchUpload</Code><Message>gone</Message></Error>"
    with pytest.raises(NoSuchUpload):
        open_and_complete(in_turn(Reply(answer(200, OPENED)), Reply(answer(404, refused)), gone))
