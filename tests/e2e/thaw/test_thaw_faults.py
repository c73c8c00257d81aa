"""Jobs that wait, and what they must never do: keep secrets, be forgotten, or ask for too much."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.bulk_jobs import (
    assert_consistent,
    bulk_event,
    by_item,
    keys_below,
    listed,
    report,
)
from tests.e2e.canary import secrets_in
from tests.e2e.interrupted import record_names, swept
from tests.e2e.spotless import staying_spotless
from tests.e2e.thaw.test_thaw_interrupted import RESTORE, asked_so_far, kill_while_asking
from tests.e2e.thaws import (
    CONTENT,
    DAY,
    HOUR,
    MINUTE,
    Asked,
    assert_not_due,
    begun,
    due_names,
    freeze,
    once,
    put,
    slept,
    status,
    stopped,
    thaw_event,
    thawed,
    wake_event,
)
from tests.e2e.transfers import bucket_named, event_for, failed, replied, stored
from tests.e2e.two_regions import crossroads
from tests.localcloud.client import LocalCloud, started
from tests.localcloud.patience import eventually
from tests.localcloud.tidiness import idle

DENIED = {**RESTORE, "status": 403, "code": "AccessDenied"}
INVALID = {**RESTORE, "status": 400, "code": "InvalidArgument"}


def list_of(cloud: LocalCloud, key: str, *rows: Mapping[str, object]) -> str:
    return listed(cloud, f"{key}.jsonl", "".join(f"{json.dumps(row)}\n" for row in rows))


def signed(cloud: LocalCloud, key: str) -> str:
    return str(cloud.bucket.sign_url("GET", key, 3600, slash_safe=True))


def assert_no_secret(cloud: LocalCloud) -> None:
    for name in record_names(cloud):
        assert not secrets_in(stored(cloud, name).decode("utf-8", "replace").lower(), cloud), name
        assert "signature" not in stored(cloud, name).decode("utf-8", "replace").lower(), name


def test_a_frozen_source_that_is_signed_fails_at_once(cloud: LocalCloud, key: str) -> None:
    """Nobody can restore it by its URL, whose signature is nowhere on record."""
    put(cloud, f"{key}/cold")
    cloud.bucket.put_object(f"{key}/warm", CONTENT)
    names = ("cold", "warm")
    rows = [
        {"source_url": signed(cloud, f"{key}/{each}"), "target_object_name": each} for each in names
    ]
    asked = Asked(cloud)
    event = bulk_event(cloud, f"{key}/to/", list=list_of(cloud, key, *rows), thaw=True)
    reply = replied(cloud, event)
    assert (reply["status"], reply["copied"]) == ("completed_with_failures", 1)
    assert_consistent(cloud, reply)
    assert by_item(cloud, reply)[1]["error_type"] == "SourceArchived"
    assert not asked.by_key()
    assert_no_secret(cloud)
    assert_not_due(cloud)


def test_a_signed_source_beside_one_that_waits_is_not_on_record(
    cloud: LocalCloud, key: str
) -> None:
    """While the job waits, nor when it is over."""
    rows = [
        {"source_url": put(cloud, f"{key}/a"), "target_object_name": "a"},
        {"source_url": signed(cloud, f"{key}/a"), "target_object_name": "b"},
    ]
    event = bulk_event(cloud, f"{key}/to/", list=list_of(cloud, key, *rows), thaw=True)
    reply = begun(cloud, event)
    assert (reply["waiting"], reply["failed"]) == (1, 1)
    assert_no_secret(cloud)
    end = slept(cloud, reply["id"])
    assert (end["copied"], end["failed"]) == (1, 1)
    assert_consistent(cloud, end)
    assert_no_secret(cloud)


def test_jobs_of_two_buckets_with_one_id_are_both_woken(cloud: LocalCloud, key: str) -> None:
    """Neither is taken for the other, and no timer is needed."""
    other = bucket_named(cloud, "the-same-id")
    other.create_bucket()
    source = freeze(cloud, f"{key}/from/", 2, ("Archive",))
    here = bulk_event(cloud, f"{key}/to/", id="one-id", source=source, thaw=True)
    there = {**here, "target_bucket_name": other.bucket_name}
    for event in (here, there):
        begun(cloud, event)
    cloud.advance(MINUTE + 5)
    assert slept(cloud, "one-id")["copied"] == 2
    asks = {**bulk_event(cloud, "", id="one-id", status=True)}
    asks["target_bucket_name"] = other.bucket_name
    eventually(lambda: replied(cloud, asks)["status"], wanted="completed".__eq__, within=30)
    names = [each.key for each in other.list_objects(max_keys=100).object_list]
    assert [name for name in names if name.startswith(key)] == [f"{key}/to/{n:05}" for n in (0, 1)]
    for name in names:
        other.delete_object(name)
    other.delete_bucket()


def test_a_stop_ends_the_asking(cloud: LocalCloud, key: str) -> None:
    """Most objects are not asked for, and those that were are told of."""
    source = freeze(cloud, f"{key}/", 1500, ("ColdArchive",))
    asked, before = Asked(cloud), asked_so_far(cloud)
    cloud.faults("oss", [{**RESTORE, "delay": 0.1}])
    with ThreadPoolExecutor(1) as caller:
        call = caller.submit(replied, cloud, thaw_event(cloud, source=source, id="to-stop"))
        eventually(lambda: asked_so_far(cloud) - before >= 60, within=30)
        assert stopped(cloud, "to-stop")["status"] in ("stopping", "stopped")
        reply = call.result()
    cloud.faults("oss")
    assert reply["status"] == "stopped"
    waiting = {row["key"] for row in report(cloud, reply) if row["outcome"] == "waiting"}
    assert 60 <= len(waiting) < 1200
    assert asked.by_key() == once(waiting)
    assert (reply["items"], reply["waiting"]) == (0, len(waiting))
    assert_consistent(cloud, reply)
    assert_not_due(cloud)


@pytest.mark.parametrize("kind", ["thaw", "bulk"])
def test_one_that_may_not_be_restored_fails_alone(cloud: LocalCloud, kind: str) -> None:
    """Its row says what the role is to be given."""
    prefix = f"alone-{kind}/"
    source = freeze(cloud, f"{prefix}from/", 30, ("Archive",))
    event = thaw_event(cloud, source=source)
    if kind == "bulk":
        event = bulk_event(cloud, f"{prefix}to/", source=source, thaw=True)
    cloud.faults("oss", [{**DENIED, "key": f"{prefix}from/00007"}])
    reply = thawed(cloud, event)
    good = "restored" if kind == "thaw" else "copied"
    assert (reply["status"], reply[good]) == ("completed_with_failures", 29)
    [row] = [row for row in report(cloud, reply) if row["outcome"] == "failed"]
    assert (row["item"], row["error_type"]) == (8, "TargetRefused")
    assert "oss:RestoreObject" in row["error"]


def test_a_job_whose_objects_may_not_be_restored_fails(cloud: LocalCloud, key: str) -> None:
    """As a whole, and nobody comes back to it."""
    source = freeze(cloud, f"{key}/from/", 30, ("Archive",))
    cloud.faults("oss", [DENIED])
    error = failed(cloud, bulk_event(cloud, f"{key}/to/", source=source, thaw=True))
    assert error.error_type == "TargetRefused"
    assert "oss:RestoreObject" in error.message
    assert_not_due(cloud)


def test_another_list_of_the_same_name_is_not_asked_for(cloud: LocalCloud, key: str) -> None:
    """Whoever goes on with the job of the first one ends it."""
    freeze(cloud, f"{key}/", 400, ("ColdArchive",))
    place = f"oss://{cloud.bucket_name}/{key}/"
    name = listed(cloud, f"{key}.txt", "".join(f"{place}{n:05}\n" for n in range(300)))
    asked = Asked(cloud)
    cloud.faults("oss", [{**RESTORE, "delay": 0.05}])
    kill_while_asking(cloud, thaw_event(cloud, list=name, id="overwritten"), 40)
    cloud.faults("oss")
    before = asked.by_key()
    listed(cloud, f"{key}.txt", "".join(f"{place}{n:05}\n" for n in range(300, 400)))
    reply = replied(cloud, wake_event(cloud, id="overwritten"))
    assert reply["status"] == "stopped"
    assert asked.by_key() == before
    assert not {f"{key}/{n:05}" for n in range(300, 400)} & {*before}
    assert_consistent(cloud, reply)
    assert_not_due(cloud)
    assert status(cloud, "overwritten") == reply


@pytest.mark.parametrize(
    ("fault", "error_type"), [(INVALID, "BulkFailed"), (DENIED, "TargetRefused")]
)
def test_a_transfer_that_may_not_be_restored_is_an_error(
    cloud: LocalCloud, fault: dict[str, object], error_type: str
) -> None:
    """As any transfer that fails, though it is a job of one item."""
    name = f"transfer-{error_type}"
    source = put(cloud, f"{name}/from")
    cloud.faults("oss", [fault])
    error = failed(cloud, event_for(cloud, source, f"{name}/to", thaw=True))
    assert error.error_type == error_type
    assert_not_due(cloud)


def test_an_empty_object_is_thawed_and_copied(cloud: LocalCloud, key: str) -> None:
    """That it is to have no bytes is not forgotten; nor that another one has some."""
    cloud.bucket.put_object(f"{key}/from", b"", headers={"x-oss-storage-class": "Archive"})
    source = f"oss://{cloud.bucket_name}/{key}/from"
    reply = thawed(cloud, event_for(cloud, source, f"{key}/to", thaw=True, expected_size=0))
    assert (reply["status"], reply["copied"]) == ("completed", 1)
    assert stored(cloud, f"{key}/to") == b""
    full = put(cloud, f"{key}/full")
    job = begun(cloud, event_for(cloud, full, f"{key}/no", thaw=True, expected_size=0))["id"]
    end = slept(cloud, job)
    assert (end["status"], end["failed"]) == ("failed", 1)
    assert not keys_below(cloud, f"{key}/no")


@pytest.mark.parametrize("region", ["cn-nowhere-9", "no region at all", "a/b"])
def test_a_region_that_does_not_exist_is_one_rows_failure(cloud: LocalCloud, region: str) -> None:
    """One that is written as endpoints have it does."""
    key = f"region-{len(region)}"
    sources = [put(cloud, f"{key}/{n}") for n in range(3)]
    regions = (region, f"oss-{cloud.region}", cloud.region)
    rows = [
        {"source_url": url, "target_object_name": str(n), "source_region": each}
        for n, (url, each) in enumerate(zip(sources, regions, strict=True))
    ]
    asked = Asked(cloud)
    event = bulk_event(cloud, f"{key}/to/", list=list_of(cloud, key, *rows), thaw=True)
    reply = thawed(cloud, event)
    assert (reply["status"], reply["copied"]) == ("completed_with_failures", 2)
    assert by_item(cloud, reply)[1]["outcome"] == "failed"
    assert asked.by_key() == once({f"{key}/1", f"{key}/2"})


@pytest.mark.parametrize("kind", ["thaw", "bulk"])
def test_a_job_whose_list_is_gone_is_stopped(cloud: LocalCloud, kind: str) -> None:
    """It waits in its first round, and needs no list to end."""
    prefix = f"listless-{kind}/"
    place = freeze(cloud, prefix, 9, ("ColdArchive",))
    name = listed(cloud, f"{kind}.txt", "".join(f"{place}{n:05}\n" for n in range(9)))
    event = thaw_event(cloud, list=name)
    if kind == "bulk":
        event = bulk_event(cloud, f"{prefix}to/", list=name, thaw=True)
    job = begun(cloud, event)["id"]
    cloud.bucket.delete_object(f"lists/{kind}.txt")
    end = stopped(cloud, job)
    assert (end["status"], end["items"], end["waiting"]) == ("stopped", 0, 9)
    assert Counter(row["outcome"] for row in report(cloud, end)) == {"waiting": 9}
    assert_consistent(cloud, end)
    assert_not_due(cloud)


@pytest.mark.parametrize("kind", ["thaw", "bulk"])
def test_what_failed_is_restored_again_only_if_confirmed(cloud: LocalCloud, kind: str) -> None:
    """On the terms of the event that asks for it, which count nothing but what failed."""
    prefix = f"confirmed-{kind}/"
    source = freeze(cloud, f"{prefix}from/", 6, ("Archive",))
    event = thaw_event(cloud, source=source, days=1)
    if kind == "bulk":
        event = bulk_event(cloud, f"{prefix}to/", source=source, thaw=True, days=1)
    good = "restored" if kind == "thaw" else "copied"
    cloud.faults("oss", [{**INVALID, "key": f"{prefix}from/0000[12]"}])
    reply = thawed(cloud, event)
    assert (reply[good], reply["failed"]) == (4, 2)
    cloud.faults("oss")
    cloud.advance(2 * DAY)  # all are frozen again
    asked = Asked(cloud)
    again = bulk_event(cloud, "", again="failed", id=reply["id"], thaw=True)
    error = failed(cloud, {**again, "confirm_above": 1})
    assert error.error_type == "NotConfirmed"
    assert error.message.startswith("2 objects ")
    assert not asked.by_key()
    assert_not_due(cloud)
    assert thawed(cloud, {**again, "confirm_above": 2})[good] == 2
    assert asked.by_key() == once({f"{prefix}from/0000{n}" for n in "12"})


def test_a_sweep_keeps_a_job_that_waits(cloud: LocalCloud, key: str) -> None:
    """Though it wrote nothing for longer than the sweep allows."""
    source = freeze(cloud, f"{key}/", 3, ("DeepColdArchive",))
    event = thaw_event(cloud, source=source)
    reply = begun(cloud, event)
    before = record_names(cloud)
    assert len(due_names(cloud)) == 1
    assert [name for name in before if "/last/" in name]
    cloud.advance(2 * HOUR)
    idle(cloud)
    assert swept(cloud, 1)["swept"] == 0
    assert record_names(cloud) == before
    assert replied(cloud, event) == reply == status(cloud, reply["id"])
    assert slept(cloud, reply["id"])["restored"] == 3


def test_a_region_that_cannot_be_reached_is_one_rows_failure(key: str) -> None:
    """As that of a region without an endpoint, whose name leads nowhere."""
    with (
        crossroads() as roads,
        started(env={"OSSFERRY_OSS_ENDPOINT": roads.endpoint}) as cloud,
        staying_spotless(cloud),
    ):
        roads.usual = cloud.oss_endpoint
        roads.places["unreachable"] = "http://127.0.0.1:9"
        sources = {"near": put(cloud, f"{key}/near"), "far": "oss://unreachable/far"}
        rows = [{"source_url": url, "target_object_name": name} for name, url in sources.items()]
        rows[1]["source_region"] = "cn-nowhere-9"
        asked = Asked(cloud)
        reply = thawed(cloud, thaw_event(cloud, list=list_of(cloud, key, *rows)))
        assert (reply["restored"], reply["failed"]) == (1, 1)
        assert by_item(cloud, reply)[2]["outcome"] == "failed"
        assert asked.by_key() == once({f"{key}/near"})
