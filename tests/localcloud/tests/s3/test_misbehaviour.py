"""The fault language and the origin's words, on S3."""

from __future__ import annotations

import time

import pytest
from botocore.exceptions import ClientError

from tests.localcloud.faults import InvalidFault
from tests.localcloud.patience import eventually
from tests.localcloud.s3.face import S3
from tests.localcloud.tests.face_asking import ask
from tests.localcloud.tests.s3.conftest import BYTES, client, signed


def test_errors_are_documents_of_s3(s3: S3) -> None:
    s3.faults({"status": 503, "operation": "GetObject", "key": "a.*", "times": 1})
    url = signed(s3)
    seen = ask(url)
    assert (seen.status, seen.code) == (503, "SlowDown")
    assert ask(url).status == 200
    s3.faults({"status": 500, "operation": "ListObjects"})
    with pytest.raises(ClientError, match="InternalError"):
        client(s3).list_objects_v2(Bucket="media")
    s3.faults()
    assert client(s3).list_objects_v2(Bucket="media")["KeyCount"] > 1


def test_replies_are_cut_damaged_delayed_and_slow(s3: S3) -> None:
    url = signed(s3)
    s3.faults({"cut_after": 100})
    assert ask(url).error
    s3.faults({"corrupt_at": 7})
    assert sum(a != b for a, b in zip(ask(url).body, BYTES, strict=True)) == 1
    s3.faults({"delay": 0.2}, {"server": "s3", "bytes_per_second": 1})
    began = time.monotonic()
    assert ask(url).body == BYTES
    assert time.monotonic() - began >= 0.2
    s3.faults({"bytes_per_second": 40_000})
    began = time.monotonic()
    assert ask(url).body == BYTES
    assert time.monotonic() - began >= 0.2
    s3.faults({"headers": {"ETag": None}})
    assert ask(url).headers["ETag"] is None


def test_an_upload_that_is_cut_is_no_object(s3: S3) -> None:
    s3.faults({"operation": "PutObject", "cut_after": 10})
    with pytest.raises(Exception, match=r"closed|reset|aborted"):
        client(s3).put_object(Bucket="media", Key="cut", Body=BYTES)
    assert "cut" not in s3.buckets["media"]


def test_an_object_misbehaves_in_the_origin_s_words(s3: S3) -> None:
    url = signed(s3)
    s3.behave(
        "media/a.bin", "range:ignored,first:1", "close:10,after:1,first:2", "status:429,after:2"
    )
    assert (ask(url, Range="bytes=0-1").status, ask(url).error) == (200, "IncompleteRead")
    assert (ask(url).status, ask(url).code) == (429, "TooManyRequests")
    s3.behave("media/a.bin")
    etag = ask(url).headers["ETag"]
    s3.behave("media/a.bin", "version:2")
    assert ask(url).headers["ETag"] != etag
    s3.behave("media/a.bin", "bytes:2")
    seen = ask(url)
    assert seen.headers["ETag"] == etag
    assert seen.body != BYTES
    s3.behave("media/a.bin", "crc64:wrong")
    head = client(s3).head_object(Bucket="media", Key="a.bin", ChecksumMode="ENABLED")
    assert head["ChecksumCRC64NVME"]


def test_what_was_asked_is_noted(s3: S3) -> None:
    ask(signed(s3), Range="bytes=0-4")
    report = eventually(lambda: s3.requests("/media/a.bin"), lambda seen: not seen["running"])
    assert [(each["range"], each["status"]) for each in report["requests"]] == [("bytes=0-4", 206)]
    assert report["bytes"] == 5


def test_a_misspelt_fault_is_refused(s3: S3) -> None:
    with pytest.raises(InvalidFault):
        s3.faults({"statsu": 503})
