"""OSS by ali-oss, the official client for Node, in both of its signatures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import oss2
import pytest

from tests.localcloud.tests.node.running import Node
from tests.peers.oss_service import OssService

SCRIPT = Path(__file__).with_name("ali_oss.js")
KEY = "a/b c+ü%2F"

Calls = Callable[..., list[dict[str, Any]]]


@pytest.fixture(params=[False, True], ids=["v1", "v4"])
def calls(oss: OssService, node: Node, request: pytest.FixtureRequest) -> Calls:
    """Make some calls of the client, and return what it got for each."""
    config = {
        "endpoint": oss.endpoint,
        "bucket": oss.config.bucket,
        "region": f"oss-{oss.config.region}",
        "accessKeyId": oss.config.access_key_id,
        "accessKeySecret": oss.config.access_key_secret,
        "authorizationV4": request.param,
    }

    def make(*asked: list[Any]) -> list[dict[str, Any]]:
        answers: list[dict[str, Any]] = node.run(SCRIPT, {"config": config, "calls": asked})
        return answers

    return make


def test_objects_by_ali_oss(calls: Calls, oss: OssService) -> None:
    """Put, get, copied with conditions and other headers, appended to, linked and tagged."""
    etag = oss.bucket().put_object("same", b"hello").etag
    headers = {"x-oss-storage-class": "IA", "x-oss-tagging": "a=b"}
    oss.bucket().delete_object("app")
    answers = calls(
        ["put", KEY, {"bytes": "hello"}, {"meta": {"x": 1}, "mime": "text/y", "headers": headers}],
        ["get", KEY],
        ["copy", "copied", KEY, {"headers": {"If-Match": f'"{etag}"'}}],
        ["copy", "copied", KEY, {"headers": {"If-Match": '"other"'}}],
        ["copy", "copied", KEY, {"meta": {"z": "9"}, "headers": {"Cache-Control": "no-cache"}}],
        ["head", "copied"],
        ["append", "app", {"bytes": "abc"}],
        ["append", "app", {"bytes": "def"}, {"position": "3"}],
        ["append", "app", {"bytes": "def"}, {"position": "3"}],
        ["putSymlink", "link", KEY, {}],
        ["getSymlink", "link"],
    )
    statuses = [each["status"] for each in answers]
    assert statuses == [200, 200, 200, 412, 200, 200, 200, 200, 409, 200, 200]
    assert answers[1]["content"] == "hello"
    described = answers[5]["headers"]
    assert (described["content-type"], described["x-oss-meta-z"]) == ("text/y", "9")
    assert answers[8]["code"] == "PositionNotEqualToLength"
    assert answers[10]["targetName"] == KEY


def test_uploads_in_parts_by_ali_oss(calls: Calls, oss: OssService) -> None:
    """It repeats the headers of Initiate on every part, and the object has them once."""
    oss.bucket().put_object("whole", bytes(300 * 1024))
    oss.bucket().delete_object("parts")
    headers = {
        "x-oss-storage-class": "IA",
        "x-oss-server-side-encryption": "AES256",
        "x-oss-forbid-overwrite": "true",
        "x-oss-tagging": "q=1",
    }
    options = {"partSize": 100 * 1024, "meta": {"k": "v"}, "headers": headers}
    source = {"sourceKey": "whole", "sourceBucketName": oss.config.bucket}
    answers = calls(
        ["multipartUpload", "parts", {"bytes": "x" * 350 * 1024}, options],
        ["head", "parts"],
        ["multipartUploadCopy", "copy", source, {"partSize": 128 * 1024}],
        ["head", "copy"],
    )
    assert [each["status"] for each in answers] == [200] * 4
    described = answers[1]["headers"]
    assert (described["x-oss-storage-class"], described["x-oss-meta-k"]) == ("IA", "v")
    assert described["x-oss-server-side-encryption"] == "AES256"
    crc = oss.bucket().head_object("whole").headers["x-oss-hash-crc64ecma"]
    assert answers[3]["headers"]["x-oss-hash-crc64ecma"] == crc


def test_restores_and_deletions_by_ali_oss(calls: Calls, oss: OssService) -> None:
    """A restore of each kind, and keys that XML cannot hold."""
    keys = ["x\x01y", "a<&>", "r\rn", "plain\n"]
    for key in keys:
        oss.bucket().put_object(key, b"x")
    for key in ("Archive", "ColdArchive"):
        oss.bucket().put_object(key, b"x", headers={"x-oss-storage-class": key})
    bulk = {"type": "ColdArchive", "Days": 2, "JobParameters": "Bulk"}
    answers = calls(
        ["restore", "Archive"],
        ["restore", "Archive"],
        ["restore", "ColdArchive", bulk],
        ["get", "ColdArchive"],
        ["deleteMulti", keys],
    )
    assert [each["status"] for each in answers] == [202, 409, 202, 403, 200]
    left = {each.key for each in oss2.ObjectIterator(oss.bucket())}
    assert not left & set(keys)


def test_what_is_not_here_is_refused_for_ali_oss(calls: Calls, oss: OssService) -> None:
    """Above all what would have destroyed the bucket, or not made a callback."""
    name = oss.config.bucket
    oss.bucket().put_object("canary", b"canary")
    answers = calls(
        ["putBucketTags", name, {"a": "1"}],
        ["deleteBucketTags", name],
        ["deleteBucketLifecycle", name],
        ["deleteBucketPolicy", name],
        ["getBucketCORS", name],
        ["put", "cb", {"bytes": "x"}, {"callback": {"url": "http://x", "body": "a=b"}}],
    )
    assert {(each["status"], each["code"]) for each in answers} == {(501, "NotImplemented")}
    assert oss.bucket().get_object("canary").read() == b"canary"
    assert not oss.bucket().object_exists("cb")


def test_urls_by_ali_oss(calls: Calls, oss: OssService) -> None:
    """Of both signatures, with the bucket in the host's name."""
    oss.bucket().put_object(KEY, b"by url")
    said = {"Content-Type": "text/k", "x-oss-meta-l": "1", "extra": "e"}
    put = ["signatureUrlV4", "PUT", 60, {"headers": said}, "by url", ["extra"]]
    process = {"expires": 60, "process": "image/resize,w_20"}
    answers = calls(
        ["fetch", {"sign": ["signatureUrl", KEY, {"expires": 60}], "verb": "GET"}],
        ["fetch", {"sign": ["signatureUrlV4", "GET", 60, {"headers": {}}, KEY], "verb": "GET"}],
        ["fetch", {"sign": put, "verb": "PUT", "headers": said, "body": "zz"}],
        ["fetch", {"sign": put, "verb": "PUT", "headers": {**said, "extra": "f"}, "body": "zz"}],
        ["fetch", {"sign": ["signatureUrl", KEY, process], "verb": "GET"}],
    )
    assert [each["status"] for each in answers] == [200, 200, 200, 403, 501]
    assert [each["text"] for each in answers[:2]] == ["by url", "by url"]
    assert oss.bucket().head_object("by url").headers["x-oss-meta-l"] == "1"
