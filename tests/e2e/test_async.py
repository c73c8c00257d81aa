"""Transfers as async tasks: one id is one transfer, retries go on, a stop keeps what is done."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fc2
import pytest
import requests
import yaml
from alibabacloud_tea_openapi.exceptions import AlibabaCloudException

from ossferry.invocation.handover import outcome_name
from tests.e2e.async_tasks import AsyncTasks
from tests.e2e.conftest import StartCloud
from tests.e2e.contents import bytes_of
from tests.e2e.interrupted import leaving_nothing, record_names, records, swept, told
from tests.e2e.spotless import log_of, staying_spotless
from tests.e2e.transfers import event_for, exists, replied, stored
from tests.localcloud.client import LocalCloud, started
from tests.localcloud.config import REPOSITORY
from tests.localcloud.patience import eventually

PART = 100 * 1024
COUNT = 16
SIZE = COUNT * PART - 1
EAGER = {"OSSFERRY_FAN_OUT_FROM": "1"}
ALONE = {"part_size": PART, "streams": 3, "max_children": 0}
CHILDREN = {"part_size": PART, "streams": 3, "max_children": 2}
WAYS = {"alone": ALONE, "children": CHILDREN}
SLOW = "rate:100000"  # bytes per second of each stream: time to interrupt it


@pytest.fixture(scope="module")
def running() -> Iterator[LocalCloud]:
    """A cloud that uses children for small sources, shared by these tests."""
    with started(env=EAGER) as cloud:
        yield cloud


@pytest.fixture
def cloud(running: LocalCloud) -> Iterator[LocalCloud]:
    """The same, to be left spotless, without a record."""
    with staying_spotless(running), leaving_nothing(running):
        yield running


@pytest.fixture
def tasks(cloud: LocalCloud) -> AsyncTasks:
    """The async tasks of its function."""
    return AsyncTasks(cloud)


@pytest.fixture
def task_id(key: str) -> str:
    """An id for the task of a test, of the letters that FC takes."""
    return re.sub(r"[^a-z0-9_]", "-", key)


def slow_event(cloud: LocalCloud, key: str, **fields: object) -> dict[str, object]:
    """Return an event whose source gives time to interrupt the transfer."""
    return event_for(cloud, cloud.generated(key, SIZE, SLOW), key, **fields)


def fast_event(cloud: LocalCloud, key: str, **fields: object) -> dict[str, object]:
    """Return the event of the same transfer, whose source is in no one's way."""
    return event_for(cloud, cloud.generated(key, SIZE), key, **fields)


def coordinator(cloud: LocalCloud, request_id: str) -> int:
    """Return the process that works on a request, once some of its parts are told of."""
    eventually(lambda: told(cloud), within=30)
    [pid] = [each["pid"] for each in cloud.instances() if each["request_id"] == request_id]
    return int(pid)


def lines_of(cloud: LocalCloud, request_id: str, event: str) -> list[dict[str, Any]]:
    """Return the lines of an event in the log of all attempts at a request."""
    lines = [text for text in log_of(cloud, request_id).splitlines() if text.startswith("{")]
    return [line for line in map(json.loads, lines) if line["event"] == event]


def outcome_of(cloud: LocalCloud, request_id: str) -> dict[str, Any]:
    """Return what is written down of a request for which nobody waits, and take it away."""
    name = outcome_name(request_id)
    eventually(lambda: exists(cloud, name), within=60)
    outcome: dict[str, Any] = json.loads(stored(cloud, name))
    cloud.bucket.delete_object(name)
    return outcome


def test_task_reports_its_reply(
    cloud: LocalCloud, tasks: AsyncTasks, task_id: str, key: str
) -> None:
    """The success destination is told all that a synchronous caller would have been."""
    event = fast_event(cloud, key, **CHILDREN)
    request_id = tasks.submit(event, task_id)
    message = tasks.told_of_success(request_id)
    reply = json.loads(message["responsePayload"])
    assert (reply["status"], reply["proof"]) == ("copied", ["parts", "object"])
    assert json.loads(message["requestPayload"]) == event
    assert tasks.ended(task_id).status == "Succeeded"
    assert stored(cloud, key) == bytes_of(key, SIZE)


def test_one_id_is_one_transfer(
    cloud: LocalCloud, tasks: AsyncTasks, task_id: str, key: str
) -> None:
    """The second submission is refused, while the first runs and after it."""
    url = cloud.generated(key, 6 * PART, SLOW)
    event = event_for(cloud, url, key, **ALONE)
    request_id = tasks.submit(event, task_id)
    for _ in ("running", "ended"):
        with pytest.raises(AlibabaCloudException) as refused:
            tasks.submit(event, task_id)
        assert refused.value.status_code == 409
        assert tasks.ended(task_id).status == "Succeeded"
    assert len([each for each in cloud.invocations() if each["request_id"] == request_id]) == 1


def test_event_that_comes_again_later_changes_nothing(
    cloud: LocalCloud, tasks: AsyncTasks, task_id: str, key: str
) -> None:
    """At-least-once delivery is one object, and one reply that says so."""
    event = fast_event(cloud, key, **CHILDREN)
    replies = [tasks.reply(tasks.submit(event, f"{task_id}-{n}")) for n in range(2)]
    assert [reply["status"] for reply in replies] == ["copied", "unchanged"]
    assert replies[0]["object"] == replies[1]["object"]


def test_code_of_the_document_does_what_it_says(
    cloud: LocalCloud, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It submits, tells the state of the task, and stops it."""
    document = (REPOSITORY / "docs/async.md").read_text("utf-8")
    [code] = re.findall(r"^```python\n(.*?)^```$", document, re.MULTILINE | re.DOTALL)
    local = f'endpoint="{cloud.fc_endpoint.removeprefix("http://")}", protocol="HTTP",'
    code, replaced = re.subn(r'endpoint="[^"]*",', local, code)
    assert replaced == 1
    (tmp_path / "event.json").write_text(json.dumps(slow_event(cloud, key, **ALONE)))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", cloud.access_key_id)
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", cloud.access_key_secret)
    tasks = AsyncTasks(cloud)
    names: dict[str, Any] = {}
    exec(code, names)
    task = tasks.ended("images-2026-11")
    assert (task.status, task.request_id) == ("Stopped", names["task"].request_id)
    if cloud.bucket.object_exists(outcome_name(task.request_id)):
        outcome_of(cloud, task.request_id)


@pytest.mark.parametrize("way", WAYS)
def test_event_that_comes_again_meanwhile_is_shared(
    cloud: LocalCloud, tasks: AsyncTasks, task_id: str, key: str, way: str
) -> None:
    """The second coordinator joins the upload of the first, and one of them completes it."""
    event = slow_event(cloud, key, **WAYS[way])
    first = tasks.submit(event, f"{task_id}-1")
    coordinator(cloud, first)
    second = tasks.submit(event, f"{task_id}-2")
    statuses = [tasks.reply(each)["status"] for each in (first, second)]
    assert sorted(statuses) == ["copied", "unchanged"]
    assert stored(cloud, key) == bytes_of(key, SIZE)


def test_event_that_is_delivered_twice_at_the_same_moment(
    start_cloud: StartCloud, key: str
) -> None:
    """Two coordinators that know nothing of each other make one object, and leave nothing else."""
    cloud = start_cloud(env=EAGER, deliver_twice=True)
    with leaving_nothing(cloud):
        request_id = AsyncTasks(cloud).submit(slow_event(cloud, key, **CHILDREN), "twice")
        done = eventually(
            lambda: lines_of(cloud, request_id, "transfer.done"),
            wanted=lambda lines: len(lines) == 2,
            within=60,
        )
        assert "copied" in {line["status"] for line in done} <= {"copied", "unchanged"}
        assert stored(cloud, key) == bytes_of(key, SIZE)


@pytest.mark.parametrize("way", WAYS)
def test_retry_after_a_crash_goes_on(
    cloud: LocalCloud, tasks: AsyncTasks, task_id: str, key: str, way: str
) -> None:
    """FC runs the event again by itself, and what was on record is not copied again."""
    request_id = tasks.submit(slow_event(cloud, key, **WAYS[way]), task_id)
    os.kill(coordinator(cloud, request_id), signal.SIGKILL)
    reply = tasks.reply(request_id)
    assert reply["parts"]["reused"] > 0
    assert tasks.ended(task_id).already_retried_times == 1
    assert stored(cloud, key) == bytes_of(key, SIZE)


def test_retry_after_a_timeout_goes_on(start_cloud: StartCloud, key: str) -> None:
    """Also if the coordinator hung, and did not come to handing over."""
    cloud = start_cloud(env=EAGER, timeout=8)
    tasks = AsyncTasks(cloud)
    with leaving_nothing(cloud):
        request_id = tasks.submit(slow_event(cloud, key, **ALONE), "hangs")
        os.kill(coordinator(cloud, request_id), signal.SIGSTOP)
        if tasks.reply(request_id)["status"] == "handed_over":  # where there is little time
            assert outcome_of(cloud, request_id)["status"] == "copied"
        planned = lines_of(cloud, request_id, "transfer.planned")
        assert [line["reused"] > 0 for line in planned] == [False, True]
        assert tasks.ended("hangs").already_retried_times == 1


def test_failure_can_be_sent_again_as_it_is(
    cloud: LocalCloud, tasks: AsyncTasks, task_id: str, key: str
) -> None:
    """The failure destination gets the error, and the event that ends well once it may."""
    url = cloud.generated(key, SIZE, "status:404,first:3")
    request_id = tasks.submit(event_for(cloud, url, key, **ALONE), task_id)
    message = tasks.told_of_failure(request_id)
    error = json.loads(message["responsePayload"])
    assert (error["errorType"], tasks.ended(task_id).status) == ("SourceGone", "Failed")
    again = tasks.submit(message["requestPayload"], f"{task_id}-again")
    assert tasks.reply(again)["status"] == "copied"
    assert stored(cloud, key) == bytes_of(key, SIZE)


@pytest.mark.parametrize("way", WAYS)
def test_stop_records_what_is_done_and_says_so(
    cloud: LocalCloud, tasks: AsyncTasks, task_id: str, key: str, way: str
) -> None:
    """Log and outcome tell how many parts are kept, and the same event goes on with them."""
    request_id = tasks.submit(slow_event(cloud, key, **WAYS[way]), task_id)
    coordinator(cloud, request_id)
    tasks.stop(task_id)
    assert tasks.ended(task_id).status == "Stopped"
    assert not exists(cloud, key)
    outcome = outcome_of(cloud, request_id)
    [record] = records(cloud)
    kept = len(record["parts"])
    assert outcome["error_type"] == "Stopped"
    assert f"stopped before all was copied; {kept} parts" in outcome["error"]
    assert "kept, and the same event goes on with them" in outcome["error"]
    [line] = lines_of(cloud, request_id, "request.failed")
    assert (line["error_type"], line["error"]) == ("Stopped", outcome["error"])
    reply = replied(cloud, fast_event(cloud, key, **WAYS[way]))
    assert reply["status"] == "copied"
    assert reply["parts"]["reused"] >= kept  # children may have left receipts of more
    assert stored(cloud, key) == bytes_of(key, SIZE)


def test_stop_without_the_hook_loses_no_more_than_the_last_moments(
    start_cloud: StartCloud, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An instance that is just killed leaves its last record, and the same event goes on."""
    document = yaml.safe_load((REPOSITORY / "s.yaml").read_text("utf-8"))
    [resource] = document["resources"].values()
    del resource["props"]["instanceLifecycleConfig"]["preStop"]
    resource["props"]["code"] = str(REPOSITORY / "src")
    template = tmp_path / "s.yaml"
    template.write_text(yaml.safe_dump(document))
    monkeypatch.setenv("LOCALCLOUD_TEMPLATE", str(template))
    cloud = start_cloud(env=EAGER)
    tasks = AsyncTasks(cloud)
    with leaving_nothing(cloud):
        request_id = tasks.submit(slow_event(cloud, key, **ALONE), "killed")
        coordinator(cloud, request_id)
        tasks.stop("killed")
        assert tasks.ended("killed").status == "Stopped"
        [record] = records(cloud)
        reply = replied(cloud, fast_event(cloud, key, **ALONE))
        assert reply["parts"]["reused"] == len(record["parts"]) > 0


@pytest.mark.parametrize("habits", ["rate:100", "rate:100000,range:ignored"])
def test_stop_that_keeps_nothing_leaves_nothing(
    cloud: LocalCloud, tasks: AsyncTasks, task_id: str, key: str, habits: str
) -> None:
    """The upload is aborted if no part is done, or if the source has to be read from its start."""
    url = cloud.generated(key, SIZE, habits)
    request_id = tasks.submit(event_for(cloud, url, key, **ALONE), task_id)
    eventually(lambda: record_names(cloud))
    tasks.stop(task_id)
    assert tasks.ended(task_id).status == "Stopped"
    assert outcome_of(cloud, request_id)["error_type"] == "Stopped"
    assert record_names(cloud) == []


def test_stop_ends_a_batch(cloud: LocalCloud, tasks: AsyncTasks, task_id: str, key: str) -> None:
    """The messages after the one that was interrupted are not begun, and none is sent on."""
    messages = [slow_event(cloud, f"{key}-{n}", **ALONE) for n in range(3)]
    before = len(cloud.invocations())
    request_id = tasks.submit({"messages": messages}, task_id)
    coordinator(cloud, request_id)
    tasks.stop(task_id)
    assert tasks.ended(task_id).status == "Stopped"
    assert len(cloud.invocations()) == before + 1
    assert len(lines_of(cloud, request_id, "transfer.planned")) == 1
    assert outcome_of(cloud, request_id)["error_type"] == "Stopped"
    assert swept(cloud)["swept"] == 1
    assert not [n for n in range(3) if exists(cloud, f"{key}-{n}")]


def test_caller_that_goes_away_leaves_what_is_done(cloud: LocalCloud, key: str) -> None:
    """Interrupting a synchronous call stops the transfer as well, and keeps as much."""
    before = time.time()
    impatient = fc2.Client(
        endpoint=cloud.fc_endpoint,
        accessKeyID=cloud.access_key_id,
        accessKeySecret=cloud.access_key_secret,
        Timeout=5,
    )
    event = json.dumps(slow_event(cloud, key, **ALONE)).encode()
    with pytest.raises(requests.exceptions.ReadTimeout):
        impatient.invoke_function(cloud.service, cloud.function, event)
    eventually(lambda: not any(each["busy"] for each in cloud.instances()), within=30)
    [call] = [
        each
        for each in cloud.invocations(since=before)
        if (each["role"], each["status"]) == ("transfer", 499)
    ]
    assert outcome_of(cloud, call["request_id"])["error_type"] == "Stopped"
    assert replied(cloud, fast_event(cloud, key, **ALONE))["parts"]["reused"] > 0


def test_task_that_hands_over_succeeds_and_says_where_the_outcome_is(
    start_cloud: StartCloud, key: str
) -> None:
    """The task ends with the invocation; the end of the transfer is in the bucket."""
    cloud = start_cloud(env=EAGER, timeout=8)
    tasks = AsyncTasks(cloud)
    with leaving_nothing(cloud):
        request_id = tasks.submit(slow_event(cloud, key, **{**ALONE, "streams": 2}), "long")
        reply = tasks.reply(request_id)
        assert (reply["status"], tasks.ended("long").status) == ("handed_over", "Succeeded")
        assert reply["outcome"] == outcome_name(request_id)
        assert outcome_of(cloud, request_id)["status"] == "copied"
        assert stored(cloud, key) == bytes_of(key, SIZE)
