"""Jobs of many items that are cut off, told to stop, asked for twice, or done again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from ossferry.sharing.slices import FEWEST
from tests.e2e.bulk_jobs import (
    ITEM,
    assert_consistent,
    assert_copied,
    bulk_event,
    done,
    forget,
    keys_below,
    listed,
    many,
    refused,
    report,
)
from tests.e2e.conftest import StartCloud
from tests.e2e.interrupted import kill_coordinator, record_names
from tests.e2e.spotless import staying_spotless
from tests.e2e.transfers import failed, replied
from tests.localcloud.client import FunctionError, LocalCloud, started
from tests.localcloud.patience import eventually

MIB = 1024 * 1024
CHILD = {"server": "fc", "operation": "InvokeFunction", "key": "items"}


@pytest.fixture(scope="module")
def running() -> Iterator[LocalCloud]:
    """A cloud of its own, whose function has not much time."""
    with started(timeout=40) as cloud:
        yield cloud


@pytest.fixture
def cloud(running: LocalCloud) -> Iterator[LocalCloud]:
    """The same, to be left spotless."""
    with staying_spotless(running):
        yield running
    forget(running)


def results(cloud: LocalCloud) -> list[str]:
    return [name for name in record_names(cloud) if "/results/" in name]


def test_a_killed_coordinator_is_gone_on_from(cloud: LocalCloud, key: str) -> None:
    """The same event goes on, with what is on record: once, even if it is sent twice."""
    event = bulk_event(cloud, f"{key}/", list=many(cloud, key, 120, "delay:0.8"))
    with ThreadPoolExecutor(1) as caller:
        call = caller.submit(cloud.invoke, event)
        eventually(lambda: len(results(cloud)) > 2, within=20)
        assert kill_coordinator(cloud, "bulk")
        with pytest.raises(FunctionError, match="exited unexpectedly"):
            call.result()
    eventually(lambda: not any(each["busy"] for each in cloud.instances()))
    with ThreadPoolExecutor(2) as callers:
        replies = [each.result() for each in [callers.submit(replied, cloud, event) for _ in "12"]]
    # The other one may come when all is done, and is told the same.
    reply, *other = sorted(replies, key=lambda each: each["status"])
    assert other[0]["status"] == "under_way" or other[0] == reply
    assert (reply["status"], reply["copied"] + reply["unchanged"]) == ("completed", 120)
    assert_consistent(cloud, reply)
    assert_copied(cloud, key, f"{key}/", 120)
    asked = [cloud.origin_requests(cloud.generated(f"{key}{n}", ITEM)) for n in range(120)]
    # Of what was on record by then, three slices at the least, nothing was asked for again.
    assert sum(len(each["requests"]) == 1 for each in asked) >= 3 * FEWEST


@pytest.mark.parametrize("fault", [{"kill": True}, {"drop_reply": True}, {"status": 500}])
def test_a_child_that_fails_costs_nothing(
    cloud: LocalCloud, key: str, fault: dict[str, object]
) -> None:
    """What it was given is given to another."""
    cloud.faults("fc", [{**CHILD, **fault, "times": 2}])
    prefix = f"{next(iter(fault))}/"
    reply = done(cloud, prefix, list=many(cloud, prefix[:-1], 100))
    assert (reply["status"], reply["copied"] + reply["unchanged"]) == ("completed", 100)
    assert_copied(cloud, prefix[:-1], prefix, 100)


@pytest.mark.parametrize("times", [3, 1000])
def test_throttled_children_cost_only_time(cloud: LocalCloud, key: str, times: int) -> None:
    """Also if there is never one: then the coordinator does it all."""
    cloud.faults("fc", [{**CHILD, "status": 429, "times": times}])
    prefix = f"throttled-{times}/"
    reply = done(cloud, prefix, list=many(cloud, prefix[:-1], 60))
    assert (reply["status"], reply["copied"]) == ("completed", 60)
    assert_copied(cloud, prefix[:-1], prefix, 60)


def test_faults_everywhere_cost_only_time(cloud: LocalCloud, key: str) -> None:
    """Children die, answers get lost, and OSS and the source have hiccups, all at once."""
    where = many(cloud, key, 200)
    hiccups = [{"status": 503, "probability": 0.05}, {"drop_reply": True, "probability": 0.05}]
    cloud.faults("oss", [{"server": "oss", **each} for each in hiccups], seed=1)
    cloud.faults("origin", [{"server": "origin", **each} for each in hiccups], seed=2)
    cloud.faults("fc", [{**CHILD, "kill": True, "probability": 0.2}], seed=3)
    reply = replied(cloud, bulk_event(cloud, f"{key}/", list=where))
    for server in ("oss", "origin", "fc"):
        cloud.faults(server)
    assert (reply["status"], reply["copied"] + reply["unchanged"]) == ("completed", 200), reply
    assert_consistent(cloud, reply)
    assert_copied(cloud, key, f"{key}/", 200)


def test_a_job_without_children_is_stopped(cloud: LocalCloud, key: str) -> None:
    """Before long, as any other."""
    event = bulk_event(cloud, f"{key}/", list=many(cloud, key, 400, "delay:2"), id=key)
    with ThreadPoolExecutor(1) as caller:
        call = caller.submit(cloud.invoke, {**event, "max_children": 0})
        eventually(lambda: keys_below(cloud, f"{key}/"), within=20)
        began = time.monotonic()
        assert replied(cloud, bulk_event(cloud, "", id=key, stop=True))["status"] == "stopping"
        reply = call.result()
    assert reply["status"] == "stopped"
    assert time.monotonic() - began < 45
    assert 0 < reply["items"] < 400
    assert_consistent(cloud, reply)


def test_a_job_is_watched_and_stopped_by_its_id(cloud: LocalCloud, key: str) -> None:
    """What was done until then is reported, and nothing is begun any more."""
    count = 1000
    where = many(cloud, key, count, "delay:1")
    event = bulk_event(cloud, f"{key}/", list=where, id=key)
    about = bulk_event(cloud, "", id=key)
    with ThreadPoolExecutor(1) as caller:
        call = caller.submit(cloud.invoke, event)
        eventually(lambda: results(cloud), within=20)
        status = replied(cloud, {**about, "status": True})
        assert (status["status"], status["of"], status["id"]) == ("running", count, key)
        assert replied(cloud, {**about, "stop": True})["status"] == "stopping"
        reply = call.result()
    assert reply["status"] == "stopped"
    assert 0 < reply["items"] < count
    assert_consistent(cloud, reply)
    there = keys_below(cloud, f"{key}/")
    assert len(there) >= reply["copied"]
    assert replied(cloud, {**about, "status": True}) == reply
    assert replied(cloud, {**about, "stop": True}) == reply


def test_an_id_is_of_one_job(cloud: LocalCloud, key: str) -> None:
    """Who means another job by it is not told that all is done."""
    where = many(cloud, key, 3)
    first = done(cloud, f"{key}/", list=where, id="daily")
    assert done(cloud, f"{key}/", list=where, id="daily", fail_above=1) == first
    asked: list[dict[str, object]] = [{"list": many(cloud, f"{key}2", 3)}]
    asked += [{"list": where, "overwrite": "always"}, {"list": where, "content_type": "text/x"}]
    for each in asked:
        assert "daily" in refused(cloud, f"{key}/", id="daily", **each).message
    assert "daily" in refused(cloud, f"{key}/else/", list=where, id="daily").message
    many(cloud, key, 4)
    assert "daily" in refused(cloud, f"{key}/", list=where, id="daily").message


def test_an_id_that_nobody_began_is_an_error(cloud: LocalCloud) -> None:
    """It is told where ids are found."""
    for wants in ("stop", "status"):
        error = failed(cloud, bulk_event(cloud, "", id="unknown", **{wants: True}))
        assert error.error_type == "InvalidEvent"
        assert "unknown" in error.message


@pytest.mark.parametrize("named", [True, False])
def test_the_same_event_twice_at_once_is_answered_twice(
    cloud: LocalCloud, key: str, named: bool
) -> None:
    """One does it, the other says so or does it as well; no report has an item twice."""
    prefix = f"twice-{named}/"
    where = many(cloud, prefix[:-1], 60, "delay:0.2")
    event = bulk_event(cloud, prefix, list=where, **({"id": "twice"} if named else {}))
    with ThreadPoolExecutor(2) as callers:
        replies = [each.result() for each in [callers.submit(cloud.invoke, event) for _ in "12"]]
    assert {each["status"] for each in replies} <= {"completed", "under_way"}
    complete = [each for each in replies if each["status"] == "completed"]
    assert complete
    for each in complete:
        assert each["items"] == 60
        assert_consistent(cloud, each)
    assert_copied(cloud, prefix[:-1], prefix, 60)
    if named:
        assert replied(cloud, event)["id"] == "twice"
        assert len({each["id"] for each in replies}) == 1


def test_what_failed_of_a_prefix_is_done_again(cloud: LocalCloud, key: str) -> None:
    """By its id alone, also if objects have come and gone, which changes their numbers."""
    for name in "bdfh":
        cloud.bucket.put_object(f"{key}/from/{name}", name.encode())
    refuse = {"server": "oss", "operation": "CopyObject", "status": 403, "code": "AccessDenied"}
    cloud.faults("oss", [{**refuse, "key": f"{key}/to/{name}"} for name in "df"])
    reply = done(cloud, f"{key}/to/", source=f"oss://{cloud.bucket_name}/{key}/from/")
    assert (reply["status"], reply["copied"], reply["failed"]) == ("completed_with_failures", 2, 2)
    assert reply["causes"] == {"oss": 2}
    cloud.faults("oss")
    cloud.bucket.put_object(f"{key}/from/a", b"new")
    cloud.bucket.delete_object(f"{key}/from/b")
    again = done(cloud, "", id=reply["id"], again="failed")
    assert {row["key"] for row in report(cloud, again)} == {f"{key}/to/d", f"{key}/to/f"}
    assert again["copied"] == 2
    assert keys_below(cloud, f"{key}/to/") == {*"bdfh"}


def test_too_many_failures_are_an_error_of_the_function(cloud: LocalCloud, key: str) -> None:
    """Also for whoever sends the event again, as Function Compute itself does."""
    bad = cloud.generated(f"{key}bad", 10, "status:404")
    text = f"{cloud.generated(key, 10)}\tgood\n{bad}\tbad\n"
    where = listed(cloud, f"{key}.tsv", text)
    for most in (1, "50%"):
        assert done(cloud, f"{key}/", list=where, fail_above=most)["failed"] == 1
    for most in (0, "49%"):
        name = f"id-{most}".strip("%")
        for _ in "12":
            error = refused(cloud, f"{key}/", list=where, fail_above=most, id=name)
            assert error.error_type == "BulkFailed"
            assert f"bulk/{name}/failed.jsonl" in error.message


def test_a_stop_that_nobody_heard_is_heeded_later(cloud: LocalCloud, key: str) -> None:
    """The coordinator died meanwhile: whoever sends the event again is told what was done."""
    event = bulk_event(cloud, f"{key}/", list=many(cloud, key, 900, "delay:0.4"), id=key)
    with ThreadPoolExecutor(1) as caller:
        call = caller.submit(cloud.invoke, event)
        eventually(lambda: len(results(cloud)) > 2, within=20)
        assert kill_coordinator(cloud, "bulk")
        with pytest.raises(FunctionError, match="exited unexpectedly"):
            call.result()
    assert replied(cloud, bulk_event(cloud, "", id=key, stop=True))["status"] == "stopping"
    reply = replied(cloud, event)
    assert reply["status"] == "stopped"
    assert 0 < reply["items"] < 900
    assert_consistent(cloud, reply)


def test_a_host_that_serves_nobody_holds_nobody_up(cloud: LocalCloud, key: str) -> None:
    """Its items fail before long, those of other hosts do not wait for them."""
    dead = cloud.generated(f"{key}dead", 10, "status:503").replace("127.0.0.1", "localhost")
    lines = [f"{dead}\tdead{n}\n" for n in range(40)]
    lines += [f"{cloud.generated(f'{key}{n}', ITEM)}\t{n}\n" for n in range(20)]
    where = listed(cloud, f"{key}.tsv", "".join(lines))
    reply = done(cloud, f"{key}/", list=where, max_children=0)
    assert (reply["status"], reply["copied"], reply["failed"]) == (
        "completed_with_failures",
        20,
        40,
    )
    assert reply["causes"] == {"network": 40}


def test_only_targets_that_the_operator_allows_are_written(
    start_cloud: StartCloud, key: str
) -> None:
    """Each item is asked about by itself, and the state of a job by its bucket."""
    cloud = start_cloud(env={"OSSFERRY_ALLOW_TARGETS": "ossferry-local/in/ elsewhere/"})
    small, large = (cloud.generated(f"{key}{n}", n) for n in (10, 9 * MIB))
    text = f"{small}\tin/a\n{small}\tout/b\n{large}\tout/c\n{large}\tin/d\n"
    cloud.bucket.put_object("from/in/e", b"e")
    cloud.bucket.put_object("from/out/f", b"f")
    reply = done(cloud, "", list=listed(cloud, "l.tsv", text))
    assert (reply["copied"], reply["failed"]) == (2, 2)
    assert {row["error_type"] for row in report(cloud, reply) if row["outcome"] == "failed"} == {
        "TargetRefused"
    }
    reply = done(cloud, "in/", source=f"oss://{cloud.bucket_name}/from/")
    assert reply["copied"] == 2
    assert not keys_below(cloud, "out/")
    event = bulk_event(cloud, "in/", list=listed(cloud, "l.tsv", text))
    error = failed(cloud, {**event, "target_bucket_name": "not-allowed"})
    assert error.error_type == "TargetRefused"
    for wants in ("stop", "status"):
        asked = {**bulk_event(cloud, "", id="x"), "target_bucket_name": "not-allowed", wants: True}
        assert failed(cloud, asked).error_type == "TargetRefused"
