"""What the function writes down: lines of JSON that tell a transfer from others, and no secret."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.canary import CANARY, secrets_in
from tests.e2e.spotless import log_of, staying_spotless
from tests.e2e.transfers import event_for, failed, refused, transferred
from tests.localcloud.client import LocalCloud, started
from tests.localcloud.config import REPOSITORY

PART = 100 * 1024
SIZE = 12 * PART
CHILDREN = {"part_size": PART, "streams": 2, "max_children": 2}
DOCUMENT = (REPOSITORY / "docs/async.md").read_text("utf-8")

Line = dict[str, Any]


@pytest.fixture(scope="module")
def talkative() -> Iterator[LocalCloud]:
    """A cloud whose function tells everything."""
    with started(env={"OSSFERRY_FAN_OUT_FROM": "1", "OSSFERRY_LOG_LEVEL": "debug"}) as cloud:
        yield cloud


@pytest.fixture
def cloud(talkative: LocalCloud) -> Iterator[LocalCloud]:
    """The same, to be left spotless."""
    with staying_spotless(talkative):
        yield talkative


def lines_since(cloud: LocalCloud, moment: float) -> list[Line]:
    """Return our own lines of all requests; what SDKs print is not JSON."""
    requests = dict.fromkeys(call["request_id"] for call in cloud.invocations(since=moment))
    texts = [log_of(cloud, request_id) for request_id in requests]
    return [
        json.loads(line) for text in texts for line in text.splitlines() if line.startswith("{")
    ]


def test_lines_tell_a_transfer_from_plan_to_end(cloud: LocalCloud, key: str) -> None:
    """In every role, each with the request that wrote it and the transfer that it is about."""
    moment = time.time()
    transferred(cloud, cloud.generated(key, SIZE), key, **CHILDREN)
    lines = lines_since(cloud, moment)
    calls = {call["request_id"]: call["role"] for call in cloud.invocations(since=moment)}
    assert {line["request_id"] for line in lines} == {*calls}
    assert len({line["transfer_id"] for line in lines}) == 1
    [planned] = [line for line in lines if line["event"] == "transfer.planned"]
    [done] = [line for line in lines if line["event"] == "transfer.done"]
    assert (planned["size"], planned["left"], planned["reused"]) == (SIZE, SIZE, 0)
    assert (done["status"], done["size"], done["parts"]) == ("copied", SIZE, 12)
    uploaded = [line for line in lines if line["event"] == "part.uploaded"]
    assert {line["part"] for line in uploaded} == {*range(1, 13)}
    assert "copy" in {calls[line["request_id"]] for line in uploaded} <= {"transfer", "copy"}


def test_invocations_of_one_transfer_share_its_id(cloud: LocalCloud, key: str) -> None:
    """Also where the URL was signed anew between them; another transfer has another."""
    moment = time.time()
    for query in ("sig=1", "sig=2"):
        transferred(cloud, f"{cloud.generated(key, SIZE)}?{query}", key, **CHILDREN)
    transferred(cloud, cloud.generated("other", SIZE), f"{key}-other", **CHILDREN)
    done = [line for line in lines_since(cloud, moment) if line["event"] == "transfer.done"]
    assert [line["status"] for line in done] == ["copied", "unchanged", "copied"]
    assert done[0]["transfer_id"] == done[1]["transfer_id"] != done[2]["transfer_id"]


def test_failure_of_a_child_is_told(cloud: LocalCloud, key: str) -> None:
    """What kind, after how long, and how much somebody else has to do."""
    moment = time.time()
    cloud.faults("fc", [{"operation": "InvokeFunction", "key": "copy", "kill": True, "times": 1}])
    url = cloud.generated(key, SIZE, "rate:100000")
    transferred(cloud, url, key, **CHILDREN)
    [line] = [line for line in lines_since(cloud, moment) if line["event"] == "child.failed"]
    assert (line["level"], line["error_type"]) == ("warning", "ChildFailed")
    assert line["missing"] > 0
    assert line["seconds"] > 0


def test_failure_of_a_transfer_is_told(cloud: LocalCloud, key: str) -> None:
    """By the transfer, which has an id, and by the request, of which FC says no more."""
    moment = time.time()
    error = refused(cloud, cloud.generated(key, SIZE, "status:404"), key)
    told = {line["event"]: line for line in lines_since(cloud, moment)}
    assert told.keys() == {"transfer.failed", "request.failed"}
    for line in told.values():
        assert (line["level"], line["error_type"]) == ("error", "SourceGone")
        assert line["error"] == error.message
    assert told["transfer.failed"]["key"] == key


def test_one_request_does_not_speak_for_the_next(cloud: LocalCloud, key: str) -> None:
    """An instance is used again, and nothing of the request before is in its lines."""
    transferred(cloud, cloud.generated(key, SIZE), key, max_children=0)
    moment = time.time()
    failed(cloud, {"nonsense": True})
    [line] = lines_since(cloud, moment)
    assert line["event"] == "request.failed"
    assert "transfer_id" not in line


@pytest.mark.parametrize("level", ["info", "warning", "error"])
def test_level_is_a_setting(start_cloud: Any, key: str, level: str) -> None:
    """Below ``info`` parts are a sample; below ``warning`` a success is silent."""
    cloud = start_cloud(env={"OSSFERRY_FAN_OUT_FROM": "1", "OSSFERRY_LOG_LEVEL": level})
    moment = time.time()
    transferred(cloud, cloud.generated(key, SIZE), key, part_size=PART, max_children=0)
    lines = lines_since(cloud, moment)
    if level == "info":
        events = [line["event"] for line in lines]
        assert events == ["transfer.planned", "part.uploaded", "transfer.done"]
    else:
        assert lines == []


def test_no_level_shows_a_secret(cloud: LocalCloud, key: str) -> None:
    """However much is told: neither queries nor headers, nor what children are sent."""
    moment = time.time()
    url = f"{cloud.generated(key, SIZE)}?signature={CANARY}"
    headers = {"X-Secret": CANARY}
    transferred(cloud, url, key, source_headers=headers, **CHILDREN)
    lines = lines_since(cloud, moment)
    assert len(lines) > 12
    assert not secrets_in(json.dumps(lines), cloud)


def test_every_field_of_the_lines_is_documented(cloud: LocalCloud, key: str) -> None:
    """Whoever writes a query finds what there is to ask for."""
    moment = time.time()
    event = event_for(cloud, cloud.generated(key, SIZE), key, **CHILDREN)
    cloud.invoke(event)
    failed(cloud, {**event, "target_object_name": "x", "expected_size": 1})
    table = DOCUMENT.split("\n## Logs")[1].split("\n## ")[0]
    rows = {row.split("`")[1]: row for row in table.splitlines() if row.startswith("| `")}
    common = {"event", "level", "time", "request_id", "transfer_id"}
    for line in lines_since(cloud, moment):
        for name in line.keys() - common:
            assert f"`{name}`" in rows[line["event"]], line["event"]
    assert all(f"`{name}`" in table for name in common)
