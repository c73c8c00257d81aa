"""Whoever asked is told of what happens to objects, after the fact, in the trigger's words."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import oss2
import pytest

from tests.localcloud.patience import eventually
from tests.peers.oss_service import OssService, running


@dataclass
class Mailbox:
    """Takes events over HTTP; ``refusals`` are answered first."""

    url: str = ""
    events: list[dict[str, Any]] = field(default_factory=list)
    refusals: list[int] = field(default_factory=list)

    def names(self) -> list[tuple[str, str]]:
        return [(each["eventName"], each["oss"]["object"]["key"]) for each in self.events]

    def settled(self, count: int) -> list[tuple[str, str]]:
        """Return the names, sorted, once there are so many."""
        seen = eventually(self.names, lambda seen: len(seen) >= count)
        return sorted(seen)


@pytest.fixture(scope="module")
def oss() -> Iterator[OssService]:
    with running() as service:
        yield service


@pytest.fixture
def mailbox(oss: OssService) -> Iterator[Mailbox]:
    with receiving() as box:
        yield box
        oss.notify([])


@contextlib.contextmanager
def receiving() -> Iterator[Mailbox]:
    """Serve a mailbox."""
    box = Mailbox()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = box.refusals.pop(0) if box.refusals else 200
            if status == 200:
                box.events += json.loads(body)["events"]
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    box.url = f"http://127.0.0.1:{server.server_port}/events"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield box
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_put_is_told_in_the_triggers_words(oss: OssService, mailbox: Mailbox) -> None:
    """Every documented field, the key decoded, the change in size beside the size."""
    bucket, key = oss.bucket(), "in/ü +%.txt"
    bucket.put_object(key, b"12345")
    rule = {"bucket": bucket.bucket_name, "url": mailbox.url, "prefix": "in/", "suffix": ".txt"}
    oss.notify([{**rule, "events": ["oss:ObjectCreated:PutObject"]}]).raise_for_status()
    put = bucket.put_object(key, b"123")
    (event,) = eventually(lambda: mailbox.events)
    assert event["eventName"] == "ObjectCreated:PutObject"
    assert event["eventSource"] == "acs:oss"
    assert event["region"] == oss.config.region
    assert event["eventTime"].endswith(".000Z")
    assert event["oss"]["bucket"] == {
        "arn": f"acs:oss:{oss.config.region}:{oss.config.account_id}:{bucket.bucket_name}",
        "name": bucket.bucket_name,
        "ownerIdentity": oss.config.account_id,
    }
    assert event["oss"]["object"] == {"deltaSize": -2, "eTag": put.etag, "key": key, "size": 3}
    assert event["responseElements"]["requestId"] == put.request_id
    assert event["requestParameters"]["sourceIPAddress"] == "127.0.0.1"


def test_only_what_was_asked_for_is_told(oss: OssService, mailbox: Mailbox) -> None:
    """Bucket, event, prefix and suffix all have to match; a star stands for many events."""
    other = oss.bucket(name="elsewhere")
    other.create_bucket()
    bucket = oss.bucket()
    rule = {"bucket": bucket.bucket_name, "url": mailbox.url, "prefix": "in/", "suffix": ".go"}
    oss.notify([{**rule, "events": ["oss:ObjectCreated:*"]}]).raise_for_status()
    other.put_object("in/a.go", b"x")
    for key in ("in/a", "a.go", "in/no.go"):
        bucket.put_object(key, b"x")
    bucket.delete_object("in/no.go")
    bucket.append_object("in/log.go", 0, b"x")
    bucket.copy_object(bucket.bucket_name, "in/a", "in/copy.go")
    bucket.put_symlink("in/a", "in/link.go")
    assert mailbox.settled(4) == sorted(
        [
            ("ObjectCreated:PutObject", "in/no.go"),
            ("ObjectCreated:AppendObject", "in/log.go"),
            ("ObjectCreated:CopyObject", "in/copy.go"),
            ("ObjectCreated:PutSymlink", "in/link.go"),
        ]
    )


def test_every_step_of_an_upload_is_an_event(oss: OssService, mailbox: Mailbox) -> None:
    """As with the real service: a star on ObjectCreated fires for each part as well."""
    bucket = oss.bucket()
    rule = {"bucket": bucket.bucket_name, "url": mailbox.url}
    oss.notify([{**rule, "events": ["ObjectCreated:*", "ObjectRemoved:*"]}]).raise_for_status()
    upload_id = bucket.init_multipart_upload("mp").upload_id
    part = oss2.models.PartInfo(1, bucket.upload_part("mp", upload_id, 1, b"x").etag)
    bucket.complete_multipart_upload("mp", upload_id, [part])
    upload_id = bucket.init_multipart_upload("mp").upload_id
    bucket.abort_multipart_upload("mp", upload_id)
    bucket.batch_delete_objects(["mp"])
    assert mailbox.settled(6) == sorted(
        [
            ("ObjectCreated:InitiateMultipartUpload", "mp"),
            ("ObjectCreated:UploadPart", "mp"),
            ("ObjectCreated:CompleteMultipartUpload", "mp"),
            ("ObjectCreated:InitiateMultipartUpload", "mp"),
            ("ObjectRemoved:AbortMultipartUpload", "mp"),
            ("ObjectRemoved:DeleteObjects", "mp"),
        ]
    )


def test_a_refused_write_is_no_event(oss: OssService, mailbox: Mailbox) -> None:
    """Only what was done is told."""
    bucket = oss.bucket()
    rule = {"bucket": bucket.bucket_name, "url": mailbox.url, "events": ["ObjectCreated:*"]}
    oss.notify([rule]).raise_for_status()
    with pytest.raises(oss2.exceptions.InvalidDigest):
        bucket.put_object("refused", b"x", headers={"Content-MD5": "x"})
    bucket.put_object("done", b"x")
    assert mailbox.settled(1) == [("ObjectCreated:PutObject", "done")]


def test_a_receiver_that_refuses_is_told_again(oss: OssService, mailbox: Mailbox) -> None:
    """Delivery is at least once."""
    mailbox.refusals = [503, 503]
    bucket = oss.bucket()
    rule = {"bucket": bucket.bucket_name, "url": mailbox.url, "events": ["ObjectCreated:*"]}
    oss.notify([rule]).raise_for_status()
    bucket.put_object("again", b"x")
    assert mailbox.settled(1) == [("ObjectCreated:PutObject", "again")]


@pytest.mark.parametrize("rules", [[{"bucket": "b"}], [{"bucket": "b", "url": "u", "what": 1}], 1])
def test_rules_that_are_not_understood_are_refused(oss: OssService, rules: Any) -> None:
    """A misspelt field would otherwise be a rule that never fires."""
    assert oss.notify(rules).status_code == 400
