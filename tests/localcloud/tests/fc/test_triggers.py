"""What fires the function without a caller: objects that arrive, and timers."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.localcloud.fc.triggers import OssTrigger
from tests.localcloud.tests.fc.fc_cloud import FcCloud, eventually, running_fc, template

OSS_TRIGGER = {
    "triggerName": "arrivals",
    "triggerType": "oss",
    "sourceArn": "acs:oss:cn-hangzhou:1234567890123456:inbox",
    "triggerConfig": {
        "events": ["oss:ObjectCreated:PutObject", "oss:ObjectCreated:CompleteMultipartUpload"],
        "filter": {"key": {"prefix": "in/", "suffix": ".bin"}},
    },
}
TIMER = {
    "triggerName": "nightly",
    "triggerType": "timer",
    "triggerConfig": {"cronExpression": "@every 24h", "enable": True, "payload": "sweep"},
}


def event(
    name: str = "ObjectCreated:PutObject", bucket: str = "inbox", key: str = "in/ü +%25.bin"
) -> dict[str, Any]:
    return {
        "eventName": name,
        "eventSource": "acs:oss",
        "oss": {"bucket": {"name": bucket}, "object": {"key": key, "size": 1}},
    }


def post(cloud: FcCloud, path: str, document: Any = None) -> requests.Response:
    return requests.post(f"{cloud.config.fc_endpoint}/-/{path}", json=document, timeout=20)


def printed_events(cloud: FcCloud, count: int) -> list[Any]:
    """Return the events that the function was called with, once so many calls have ended."""

    def look() -> Any:
        records = [each for each in cloud.view("invocations") if each["ended"]]
        return records if len(records) >= count else None

    return list(eventually(look, f"{count} calls"))


def test_every_matching_object_event_fires_one_asynchronous_call(tmp_path: Path) -> None:
    """Two objects are two calls, even when OSS tells of them together."""
    with running_fc(tmp_path, template(triggers=[OSS_TRIGGER])) as cloud:
        events = [event(), event(key="elsewhere"), event("ObjectCreated:CompleteMultipartUpload")]
        fired = post(cloud, "events", {"events": events}).json()["request_ids"]
        records = printed_events(cloud, 2)
    assert [each["request_id"] for each in records] == fired
    assert {each["type"] for each in records} == {"async"}


def test_fired_function_gets_the_event_as_it_was(tmp_path: Path) -> None:
    """The event that the function sees is OSS's own, alone in its list."""
    queue = "acs:mns:cn-hangzhou::/queues/seen/messages"
    config = {"destinationConfig": {"onSuccess": {"destination": queue}}}
    document = template(triggers=[OSS_TRIGGER], asyncInvokeConfig=config)
    with running_fc(tmp_path, document) as cloud:
        post(cloud, "events", {"events": [event()]})
        (message,) = eventually(lambda: cloud.view("queues/seen"), "the function ran")
    assert json.loads(message["requestPayload"]) == {"events": [event()]}


@pytest.mark.parametrize(
    "stranger",
    [
        event("ObjectCreated:CopyObject"),
        event("ObjectRemoved:DeleteObject"),
        event(bucket="outbox"),
        event(key="out/a.bin"),
        event(key="in/a.txt"),
    ],
)
def test_other_events_do_not_fire(stranger: dict[str, Any]) -> None:
    """Bucket, prefix, suffix and kind of event all have to match."""
    trigger = OssTrigger("t", "inbox", "in/", ".bin", ("oss:ObjectCreated:PutObject",))
    assert trigger.wants(event())
    assert not trigger.wants(stranger)


def test_kinds_of_events_can_be_wild() -> None:
    """``oss:ObjectCreated:*`` is everything that creates, the parts of an upload included."""
    trigger = OssTrigger("t", "inbox", "", "", ("oss:ObjectCreated:*",))
    assert trigger.wants(event("ObjectCreated:UploadPart"))
    assert not trigger.wants(event("ObjectRemoved:DeleteObject"))


def test_timer_fires_when_a_test_says_so(tmp_path: Path) -> None:
    """The function gets the timer's name and payload; there is no other timer."""
    queue = "acs:mns:cn-hangzhou::/queues/seen/messages"
    config = {"destinationConfig": {"onSuccess": {"destination": queue}}}
    document = template(triggers=[TIMER], asyncInvokeConfig=config)
    with running_fc(tmp_path, document) as cloud:
        assert post(cloud, "timers/nightly").status_code == 200
        assert post(cloud, "timers/daily").status_code == 404
        (message,) = eventually(lambda: cloud.view("queues/seen"), "the function ran")
    payload = json.loads(message["requestPayload"])
    assert (payload["triggerName"], payload["payload"]) == ("nightly", "sweep")
    assert payload["triggerTime"].endswith("Z")


@contextmanager
def deaf_at_first(failures: int) -> Iterator[tuple[str, list[Any]]]:
    """Stand in for OSS: refuse so many notifications, then note what is told."""
    told: list[Any] = []
    left = [failures]

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            left[0] -= 1
            if left[0] < 0:
                told.append((self.path, json.loads(body)))
            self.send_response(200 if left[0] < 0 else 503)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Be quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_oss_is_told_what_to_notify_as_soon_as_it_listens(tmp_path: Path) -> None:
    """The triggers of the template become notifications, however late OSS is."""
    with (
        deaf_at_first(2) as (endpoint, told),
        running_fc(tmp_path, template(triggers=[OSS_TRIGGER, TIMER]), oss_endpoint=endpoint) as fc,
    ):
        eventually(lambda: told, "OSS is told")
        url = f"{fc.config.fc_endpoint}/-/events"
    assert told == [
        (
            "/-/notifications",
            [
                {
                    "bucket": "inbox",
                    "prefix": "in/",
                    "suffix": ".bin",
                    "events": OSS_TRIGGER["triggerConfig"]["events"],  # type: ignore[index]
                    "url": url,
                }
            ],
        )
    ]
