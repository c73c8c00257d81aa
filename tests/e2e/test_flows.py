"""The flows that are delivered, and events as they were published, from end to end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import oss2
import pytest
import requests

from tests.e2e.spotless import staying_spotless
from tests.e2e.transfers import failed, replied, stored
from tests.localcloud.client import LocalCloud, started
from tests.localcloud.config import REPOSITORY
from tests.localcloud.flows.execution import Execution
from tests.localcloud.flows.service import CloudFlow, Function

FUNCTION = "acs:fc:::functions/ossferry"
ARCHIVED = ("Archive", "ColdArchive", "DeepColdArchive")
HOUR, DAY = 3600, 86_400

# In the shape that was published: no step maps its input, so each event is all that there is. A
# pass before each task puts the kind beside it.
_KIND = "{{type: pass, name: {kind}, outputMappings: [{{target: kind, source: {kind}}}]}}"
_TASK = f"{{{{type: task, name: {{name}}, resourceArn: '{FUNCTION}'{{more}}}}}}"
OLD_MAIN = "\n- ".join(
    (
        "version: v1\ntype: flow\nsteps:",
        "{type: pass, name: init, outputMappings: [{target: marker, source: ''}]}",
        _KIND.format(kind="list_archived"),
        _TASK.format(
            name="list",
            more=", outputMappings: [{target: bucketName, source: $local.bucketName},"
            " {target: files, source: $local.files}, {target: marker, source: $local.marker},"
            " {target: end, source: $local.end}]",
        ),
        "{type: task, name: sub, resourceArn: 'acs:fnf:::flow/sub', pattern: sync,"
        " serviceParams: {Input: $}}",
        '{type: choice, name: check, choices: [{condition: $.end == "true", goto: success}],'
        " default: {goto: list_archived}}",
        "{type: pass, name: success}",
    )
)
OLD_SUB = "\n- ".join(
    (
        "version: v1\ntype: flow\nsteps:",
        _KIND.format(kind="restore"),
        "{type: foreach, name: each, iterationMapping: {collection: $.files, item: fileName},"
        f" steps: [{_TASK.format(name='one', more='')}]}}",
        "{type: wait, name: pause, duration: $.pollInterval}",
        _KIND.format(kind="restore_state"),
        _TASK.format(name="status", more=""),
        "{type: choice, name: check, inputMappings: [{target: status, source: $local.status}],"
        ' choices: [{condition: $.status == "success", goto: ok},'
        ' {condition: $.status == "running", goto: pause}]}',
        "{type: succeed, name: ok}",
    )
)

both_languages = pytest.mark.parametrize("language", ["fdl", "states"])


@pytest.fixture(scope="module")
def own_cloud() -> Iterator[LocalCloud]:
    """A cloud whose days pass without those of other tests."""
    with started() as running:
        yield running


@pytest.fixture
def cloud(own_cloud: LocalCloud) -> Iterator[LocalCloud]:
    """The same, where nothing stays open."""
    with staying_spotless(own_cloud):
        yield own_cloud


def put(cloud: LocalCloud, prefix: str, classes: tuple[str, ...], each: int) -> list[str]:
    """Put so many objects of each class, which mix in the order of keys; return the keys."""
    keys = []
    for n in range(each):
        for storage_class in classes:
            key = f"{prefix}/{n:03}-\u9375 {storage_class}"
            headers = {"x-oss-storage-class": storage_class}
            cloud.bucket.put_object(key, key.encode(), headers=headers)
            keys.append(key)
    return keys


def requests_of(cloud: LocalCloud) -> dict[str, int]:
    reply = requests.get(f"{cloud.oss_endpoint}/-/requests", timeout=30)
    return {str(name): int(count) for name, count in reply.json().items()}


def restores(cloud: LocalCloud) -> int:
    """Return how often OSS was asked to restore anything."""
    return requests_of(cloud).get("RestoreObject", 0)


def place(cloud: LocalCloud) -> dict[str, Any]:
    return {
        "endpoint": f"oss-{cloud.region}-internal.aliyuncs.com",
        "bucketName": cloud.bucket_name,
    }


def delivered(cloud: LocalCloud, language: str, function: Function | None = None) -> CloudFlow:
    """Return a CloudFlow with the flows of this repository."""
    service = CloudFlow({FUNCTION: function or cloud.invoke}, cloud.advance)
    for name in ("main", "restore"):
        definition = REPOSITORY / "flows" / language / f"{name}.yml"
        service.create(f"ossferry-{name}", definition.read_text("utf-8"))
    return service


def run(service: CloudFlow, cloud: LocalCloud, prefix: str, **fields: object) -> Execution:
    """Run the main flow with the input that was published."""
    sizes = {"maxKeys": 100, "pollInterval": 10, "workers": 10, "groupSize": 1}
    given = {**place(cloud), "prefix": f"{prefix}/", "marker": "", **sizes, **fields}
    return service.start("ossferry-main", given)


def asked_of(service: CloudFlow) -> list[Execution]:
    return [execution for name, execution in service.executions if name == "ossferry-restore"]


@both_languages
def test_all_classes_become_readable(cloud: LocalCloud, key: str, language: str) -> None:
    """However long the slowest takes; each archived object is asked for once."""
    keys = put(cloud, key, ("Standard", *ARCHIVED), 15)
    before = restores(cloud)
    service = delivered(cloud, language)
    done = run(service, cloud, key, pollInterval=HOUR, groupSize=7, workers=3)
    assert done.failure is None
    assert restores(cloud) - before == 45
    assert [stored(cloud, each) for each in keys] == [each.encode() for each in keys]
    (restoring,) = asked_of(service)
    assert restoring.waited >= 48 * HOUR
    assert restoring.events < 1000
    assert done.waited + restoring.waited < 50 * HOUR
    before = restores(cloud)
    assert run(service, cloud, key, pollInterval=HOUR).failure is None
    assert restores(cloud) == before, "what can be read already is not asked for again"
    assert len(asked_of(service)) == 1


@both_languages
@pytest.mark.parametrize("group_size", [1, 4])
def test_pages_follow_each_other(
    cloud: LocalCloud, key: str, language: str, group_size: int
) -> None:
    """Each with an execution of its own; pages without anything archived have none."""
    keys = put(cloud, f"{key}/a", ("Standard", "Archive", "IA"), 8)
    put(cloud, f"{key}/b", ("Standard",), 20)
    keys += put(cloud, f"{key}/c", ("Archive",), 7)
    before = restores(cloud)
    service = delivered(cloud, language)
    done = run(service, cloud, key, maxKeys=10, groupSize=group_size)
    assert done.failure is None
    assert restores(cloud) - before == 15
    assert [stored(cloud, each) for each in keys] == [each.encode() for each in keys]
    assert len(asked_of(service)) == 5
    lists = "listArchived" if language == "fdl" else "ListArchived"
    assert done.entered[lists] == 6
    groups = "restoreGroup" if language == "fdl" else "RestoreGroup"
    asked = sum(execution.entered[groups] for execution in asked_of(service))
    assert asked == (15 if group_size == 1 else 6)
    assert all(execution.waited >= 60 for execution in asked_of(service))


@both_languages
def test_an_object_that_is_deleted_meanwhile_holds_nobody_up(
    cloud: LocalCloud, key: str, language: str
) -> None:
    """Neither between the listing and its restore, nor while it is restored."""
    first, second, *others = put(cloud, key, ("Archive",), 6)
    deleting = {"restore": first, "restore_state": second}

    def function(event: dict[str, Any]) -> Any:
        if doomed := deleting.pop(str(event["kind"]), None):
            cloud.bucket.delete_object(doomed)
        return cloud.invoke(event)

    before = restores(cloud)
    assert run(delivered(cloud, language, function), cloud, key, groupSize=6).failure is None
    assert not deleting
    assert restores(cloud) - before == 5
    assert [stored(cloud, each) for each in others] == [each.encode() for each in others]


@pytest.mark.parametrize("language", ["fdl", pytest.param("states", marks=pytest.mark.long)])
def test_a_page_that_would_be_too_large_for_a_flow_is_cut(
    cloud: LocalCloud, key: str, language: str
) -> None:
    """No step carries more than may be, whether objects are in one group or in groups of one."""
    long = f"{key}/{'k' * 300}"
    keys = put(cloud, long, ("Archive",), 60)
    service = delivered(cloud, language)
    for group_size in (60, 1):
        assert run(service, cloud, key, maxKeys=1000, groupSize=group_size).failure is None
        assert stored(cloud, keys[-1]) == keys[-1].encode()
        cloud.advance(4 * DAY)
    assert len(asked_of(service)) == 4
    largest = max(execution.largest for _, execution in service.executions)
    assert 20_000 < largest < 32 * 1024 if language == "fdl" else largest < 64 * 1024


@both_languages
def test_hiccups_pass(cloud: LocalCloud, key: str, language: str) -> None:
    """OSS refuses now and then, Function Compute has no instance: nothing is asked for twice."""
    put(cloud, key, ("Archive",), 12)
    busy = {"operation": "RestoreObject", "probability": 0.3, "status": 503, "times": 8}
    cloud.faults("oss", [busy], seed=5)
    throttled = {"operation": "InvokeFunction", "nth": 2, "times": 1, "status": 429}
    cloud.faults("fc", [throttled])
    service = delivered(cloud, language)
    assert run(service, cloud, key, groupSize=5).failure is None
    assert sum(count["taken"] for count in cloud.fault_counts("fc")) == 1


@both_languages
def test_what_nobody_restores_ends_the_flow(cloud: LocalCloud, key: str, language: str) -> None:
    """It would wait for ever; and to ask once more costs money."""
    keys = put(cloud, key, ("Archive",), 3)

    def function(event: dict[str, Any]) -> Any:
        if event["kind"] == "restore_state":
            cloud.advance(4 * DAY)  # what was restored has expired
        return cloud.invoke(event)

    before = restores(cloud)
    failure = run(delivered(cloud, language, function), cloud, key).failure
    assert failure
    assert "SourceArchived: 3 of 3 objects are neither restored" in str(failure)
    assert keys[0] in str(failure)
    assert restores(cloud) - before == 3


@pytest.mark.parametrize("told", [True, False])
def test_flows_as_they_were_published_go_on(cloud: LocalCloud, key: str, told: bool) -> None:
    """With a kind beside their data; without it for one page, and then the event is refused."""
    keys = put(cloud, key, ("Archive", "Standard"), 5)
    dropped = set() if told else {"kind"}
    service = CloudFlow(
        {FUNCTION: lambda event: cloud.invoke(without(event, dropped))}, cloud.advance
    )
    service.create("main", OLD_MAIN)
    service.create("sub", OLD_SUB)
    before = restores(cloud)
    sizes = {"prefix": f"{key}/", "maxKeys": 4, "pollInterval": 10}
    done = service.start("main", {**place(cloud), **sizes})
    if told:
        assert done.failure is None
        assert restores(cloud) - before == 5
        assert [stored(cloud, each) for each in keys] == [each.encode() for each in keys]
    else:
        assert "give it a kind" in str(done.failure)
        assert restores(cloud) - before == 2


def without(event: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name not in names}


def test_events_of_the_published_code(cloud: LocalCloud, key: str) -> None:
    """Without groups, a file at a time, its end as the flow compares it."""
    keys = put(cloud, key, ("Archive",), 3)
    listing = {**place(cloud), "prefix": f"{key}/", "marker": "", "maxKeys": 2}
    page = replied(cloud, listing)
    assert page == {
        "bucketName": cloud.bucket_name,
        "files": keys[:2],
        "marker": keys[1],
        "end": "false",
        "empty": "false",
        "archiveFilesCount": 2,
    }
    last = replied(cloud, {**listing, "marker": page["marker"]})
    assert (last["files"], last["marker"], last["end"]) == (keys[2:], "", "true")
    asked = requests_of(cloud)
    for each in keys:
        assert replied(cloud, {**place(cloud), "fileName": each}) == {}
    again = requests_of(cloud)
    assert again["RestoreObject"] - asked.get("RestoreObject", 0) == 3
    state = {**place(cloud), "files": keys}
    assert replied(cloud, state) == {"status": "running"}
    cloud.advance(61)
    assert replied(cloud, state) == {"status": "success"}
    listed = requests_of(cloud)["ListObjectsV2"] - again["ListObjectsV2"]
    assert listed == 2, "a state is one listing, however many files it is about"


def test_events_of_the_article(cloud: LocalCloud, key: str) -> None:
    """In groups, with workers; what the role asks for fits each class."""
    keys = put(cloud, key, ARCHIVED, 2)
    page = replied(
        cloud,
        {**place(cloud), "prefix": f"{key}/", "marker": "", "maxKeys": 100, "groupSize": 4},
    )
    assert page["filesGroup"] == [keys[:4], keys[4:]]
    assert page["archiveFilesCount"] == 6
    for group in page["filesGroup"]:
        restore = {**place(cloud), "files": group, "workers": 3, "days": 30, "tier": "Bulk"}
        assert replied(cloud, restore) == {}
        before = restores(cloud)
        assert replied(cloud, restore) == {}
        assert restores(cloud) == before, "what is under way is not asked for again"
    state = {**place(cloud), "filesGroup": page["filesGroup"]}
    error = failed(cloud, {**state, "failWhileRunning": True})
    assert error.error_type == "SourceUnavailable"
    cloud.advance(49 * HOUR)
    assert replied(cloud, state) == {"status": "success"}
    infos = {
        each.key: each.restore_info
        for each in oss2.ObjectIteratorV2(cloud.bucket, prefix=f"{key}/")
    }
    assert len({*infos.values()}) > 1
    cloud.advance(7 * DAY)
    error = failed(cloud, state)
    assert error.error_type == "SourceArchived"
    assert "2 of 6 objects" in error.message, "of the class that is restored for a week at most"


def test_an_event_that_costs_nothing_needs_no_restore(cloud: LocalCloud, key: str) -> None:
    """What is of no archived class is done with, and what is not there as well."""
    keys = put(cloud, key, ("Standard", "IA"), 2)
    before = restores(cloud)
    group = {**place(cloud), "files": [*keys, f"{key}/never"], "workers": 2}
    assert replied(cloud, group) == {}
    assert restores(cloud) == before
    assert replied(cloud, {**place(cloud), "files": group["files"]}) == {"status": "success"}


def test_an_event_asks_no_other_host(cloud: LocalCloud, key: str) -> None:
    """An endpoint tells a region; a bucket that is not there is told as any other."""
    error = failed(cloud, {"endpoint": "evil.example.com", "bucketName": "b-b", "fileName": key})
    assert error.error_type == "InvalidEvent"
    missing = {**place(cloud), "bucketName": "not-there", "fileName": key}
    error = failed(cloud, missing)
    assert error.error_type == "TargetRefused"
    assert "NoSuchBucket" in error.message


def test_what_came_of_it_is_in_the_log(cloud: LocalCloud, key: str) -> None:
    """How many were asked for, how many did not have to be, and what is gone."""
    keys = put(cloud, key, ("Archive", "Standard"), 2)
    event = {**place(cloud), "files": [*keys, f"{key}/never"], "workers": 2}
    since = max(call["started"] for call in cloud.invocations()) + 1e-6
    replied(cloud, event)
    (call,) = cloud.invocations(since=since)
    url = f"{cloud.fc_endpoint}/-/invocations/{call['request_id']}/log"
    lines = requests.get(url, timeout=30).text.splitlines()
    found = [json.loads(line) for line in lines if line.startswith("{")]
    (gone,) = [line for line in found if line["event"] == "restore.gone"]
    assert gone["key"] == f"{key}/never"
    (done,) = [line for line in found if line["event"] == "restore.done"]
    assert (done["asked"], done["readable"], done["gone"]) == (2, 2, 1)
