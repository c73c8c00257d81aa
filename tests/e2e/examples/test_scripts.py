"""examples/scripts: timers start them; what one knows of the last time is an object."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.e2e.examples.deployed import deployed, emptied, keys_below
from tests.e2e.spotless import log_of
from tests.e2e.transfers import failed, replied, stored
from tests.localcloud.client import LocalCloud
from tests.localcloud.patience import eventually

SECRET = "SEC-canary-7b1f"
TOKEN = "canary-token-93ac"


@dataclass
class Site:
    """A page, and a group of DingTalk that hears of it."""

    url: str
    is_well: bool = True
    takes_messages: bool = True
    asked: list[str] = field(default_factory=list)
    said: list[Any] = field(default_factory=list)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(200 if found.is_well else 500, b"<p>a page")

        def do_POST(self) -> None:
            message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            found.asked.append(self.path)
            if found.takes_messages:
                found.said.append(message["text"]["content"])
            code = 0 if found.takes_messages else 310000
            self._answer(200, json.dumps({"errcode": code, "errmsg": "sign not match"}).encode())

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found = Site(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield found
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, site: Site) -> Iterator[LocalCloud]:
    env = {
        "PROBE_URL": f"{site.url}/page",
        "PROBE_WEBHOOK": f"{site.url}/robot/send?access_token={TOKEN}",
        "PROBE_SECRET": SECRET,
    }
    with deployed("scripts", tmp_path_factory.mktemp("scripts"), env=env) as cloud:
        yield cloud


@pytest.fixture
def cloud(running: LocalCloud, site: Site) -> Iterator[LocalCloud]:
    """A page that is well, and of which nothing has been said."""
    site.is_well = site.takes_messages = True
    site.said.clear()
    site.asked.clear()
    with emptied(running) as cloud:
        yield cloud


@pytest.fixture
def probe(cloud: LocalCloud) -> dict[str, str]:
    """What the timer sends."""
    target = f"oss://{cloud.bucket_name}/probe/"
    return {"kind": "program", "program": "probe", "target": target}


def state(cloud: LocalCloud) -> dict[str, Any]:
    return dict(json.loads(stored(cloud, "probe/state.json")))


def test_three_failures_are_told_once_and_then_that_it_is_well(
    cloud: LocalCloud, probe: dict[str, str], site: Site
) -> None:
    """However long it lasts; a failure or two are nothing to talk about."""
    replied(cloud, probe)
    assert (state(cloud)["failures"], site.said) == (0, [])
    site.is_well = False
    for count in range(1, 6):
        assert replied(cloud, probe)["outputs"]["count"] == 1
        assert state(cloud)["failures"] == count
        assert len(site.said) == (count >= 3)
    assert site.said[0].startswith("Not well, 3 times in a row: HTTP Error 500")
    site.is_well = True
    for _ in range(2):
        replied(cloud, probe)
    assert [text[:10] for text in site.said] == ["Not well, ", "Well again"]
    assert state(cloud)["failures"] == 0
    assert keys_below(cloud, ".ossferry/") == []


def test_messages_are_signed_as_dingtalk_wants(
    cloud: LocalCloud, probe: dict[str, str], site: Site
) -> None:
    """With the time in milliseconds, and the secret as key and as text."""
    site.is_well = False
    for _ in range(3):
        replied(cloud, probe)
    query = parse_qs(urlsplit(site.asked[0]).query)
    (moment,), (sign,) = query["timestamp"], query["sign"]
    expected = hmac.new(SECRET.encode(), f"{moment}\n{SECRET}".encode(), hashlib.sha256).digest()
    assert base64.b64decode(sign) == expected
    assert len(moment) == 13
    assert query["access_token"] == [TOKEN]


def test_what_could_not_be_told_is_told_the_next_time(
    cloud: LocalCloud, probe: dict[str, str], site: Site
) -> None:
    """The third failure is not kept, and no secret is shown."""
    site.is_well = site.takes_messages = False
    for _ in range(2):
        replied(cloud, probe)
    error = failed(cloud, probe)
    assert error.error_type == "ProgramFailed"
    assert "DingTalk did not take it: sign not match" in error.message
    assert state(cloud)["failures"] == 2
    site.takes_messages = True
    replied(cloud, probe)
    assert len(site.said) == 1
    for invocation in cloud.invocations():
        log = log_of(cloud, invocation["request_id"])
        assert SECRET not in log
        assert TOKEN not in log


def test_timers_start_them(cloud: LocalCloud) -> None:
    """With the payloads of s.yaml."""
    cloud.fire_timer("probe")
    eventually(lambda: keys_below(cloud, "probe/"), within=30)
    cloud.fire_timer("nightly")
    (key,) = eventually(lambda: keys_below(cloud, "snapshots/"), within=30)
    assert stored(cloud, key) == b"<p>a page"
    assert key.endswith(".html")


def test_what_is_asked_wrongly_is_told(cloud: LocalCloud, probe: dict[str, str]) -> None:
    """A state has to be kept somewhere, and what is left, too."""
    bare = {"kind": "program", "program": "probe"}
    assert "target is missing" in failed(cloud, bare).message
    left = failed(cloud, {**bare, "program": "snapshot"})
    assert left.error_type == "ProgramFailed"
    assert "the event has no target" in left.message
