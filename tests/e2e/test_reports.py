"""The documents that transfers and jobs leave about themselves, from end to end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.bulk_jobs import done, forget, listed
from tests.e2e.canary import CANARY, secrets_in
from tests.e2e.conftest import StartCloud
from tests.e2e.interrupted import record_names, sweep_event
from tests.e2e.spotless import abort_uploads
from tests.e2e.transfers import Reply, exists, refused, stored, transferred
from tests.localcloud.client import LocalCloud, started
from tests.localcloud.patience import eventually

LARGE = 200_000_001
PART = 100 * 1024
ROUNDED = 0.01  # seconds


@pytest.fixture(autouse=True)
def no_reports(cloud: LocalCloud, eager_cloud: LocalCloud) -> Iterator[None]:
    """They stay for who asked for them, but not for the next test."""
    yield
    for each in (cloud, eager_cloud):
        forget(each)
        abort_uploads(each)


def read(cloud: LocalCloud, key: str) -> Any:
    text = stored(cloud, key).decode()
    assert not secrets_in(text, cloud)
    return json.loads(text)


def report_of(cloud: LocalCloud, reply: Reply) -> Any:
    """The report that a reply names; all of its moments are within the transfer."""
    assert reply["report"]["bucket"] == cloud.bucket_name
    report = read(cloud, reply["report"]["key"])
    assert reply["report"]["key"] == f".ossferry/reports/{report['request_id']}.json"
    told = {name: report[name] for name in ("status", "object", "source", "seconds")}
    assert told == {name: reply[name] for name in told}
    assert_ordered(report)
    return report


def assert_ordered(report: Any) -> None:
    total = report["seconds"]["total"] + ROUNDED
    for run in report["runs"]:
        moments = [run["asked"], run["began"], run["answered"]]
        known = [each for each in moments if each is not None]
        assert known == sorted(known)
        assert all(0 <= each <= total for each in known)
        for _, stream, began, ended, size, attempts in run["parts"]:
            assert run["began"] <= began <= ended <= run["answered"]
            assert 1 <= stream <= max(run["streams"], 128)
            assert size > 0
            assert attempts >= 1


def parts_of(report: Any) -> list[Any]:
    return [part for run in report["runs"] for part in run["parts"]]


def the_only(cloud: LocalCloud) -> Any:
    """The one report there is."""
    (name,) = [name for name in record_names(cloud) if "/reports/" in name]
    return read(cloud, name)


def test_a_report_has_each_part_once(eager_cloud: LocalCloud, key: str) -> None:
    """By whom it was copied, and when; the sizes are the object's in all."""
    url = f"{eager_cloud.generated('report', LARGE)}?token={CANARY}"
    reply = transferred(eager_cloud, url, key, report=True)
    report = report_of(eager_cloud, reply)
    parts = parts_of(report)
    assert len({part[0] for part in parts}) == len(parts) == reply["parts"]["count"]
    assert sum(part[4] for part in parts) == LARGE
    children = [run for run in report["runs"] if run["by"] == "child"]
    assert len(children) == reply["children"]["invocations"] > 0
    assert all(run["began"] > run["asked"] for run in children if run["parts"])
    assert {run["outcome"] for run in report["runs"]} <= {"done", "late", "called_off"}
    cost = report["cost"]
    assert cost["invocations"] == len(children) + 1
    assert cost["busy_seconds"] >= reply["seconds"]["total"]
    assert cost["gb_seconds"] == pytest.approx(
        cost["busy_seconds"] * report["memory_mb"] / 1024, abs=0.01
    )
    assert report["earlier"] == {"parts": 0, "bytes": 0}


def test_nobody_who_asks_for_none_gets_one(cloud: LocalCloud, key: str) -> None:
    """Neither in the reply nor in the bucket."""
    reply = transferred(cloud, cloud.generated("none", 5 * PART), key)
    assert "report" not in reply
    assert not any("/reports/" in name for name in record_names(cloud))


def test_children_that_cannot_be_had_are_told_of(start_cloud: StartCloud, key: str) -> None:
    """And where the setting says so, every transfer has a report."""
    env = {"OSSFERRY_FAN_OUT_FROM": "1", "OSSFERRY_REPORT": "true"}
    cloud = start_cloud(instances=1, env=env)
    reply = transferred(cloud, cloud.generated("cap", LARGE), key)
    report = report_of(cloud, reply)
    throttled = [run for run in report["runs"] if run["outcome"] == "throttled"]
    assert len(throttled) == reply["children"]["throttled"] > 0
    assert all(run["error"]["type"] == "ChildThrottled" for run in throttled)
    assert sum(part[4] for part in parts_of(report)) == LARGE
    assert transferred(cloud, cloud.generated("cap", LARGE), key)["report"]
    forget(cloud)


def test_parts_that_are_sent_again_say_so(eager_cloud: LocalCloud, key: str) -> None:
    """Each with how often."""
    eager_cloud.faults("oss", [{"operation": "UploadPart", "part": 3, "status": 500, "times": 1}])
    url = eager_cloud.generated("again", 8 * PART)
    reply = transferred(eager_cloud, url, key, part_size=PART, max_children=0, report=True)
    attempts = {part[0]: part[5] for part in parts_of(report_of(eager_cloud, reply))}
    assert attempts == {number: 2 if number == 3 else 1 for number in range(1, 9)}
    assert reply["parts"]["retried"] == 1


def test_a_transfer_that_fails_leaves_its_error(eager_cloud: LocalCloud, key: str) -> None:
    """With what was done until then."""
    eager_cloud.faults("oss", [{"operation": "UploadPart", "part": 5, "status": 403}])
    url = f"{eager_cloud.generated('fails', 90 * PART)}?token={CANARY}"
    error = refused(eager_cloud, url, key, part_size=PART, report=True)
    report = the_only(eager_cloud)
    assert (report["status"], report["object"]) == ("failed", None)
    assert report["error"]["type"] == error.error_type == "TargetRefused"
    assert report["error"]["message"] == error.message
    assert report["source"]["size"] == 90 * PART
    assert {run["outcome"] for run in report["runs"]} & {"failed"}
    assert_ordered(report)


def test_a_report_that_cannot_be_written_harms_nothing(cloud: LocalCloud, key: str) -> None:
    """Its transfer is done all the same."""
    cloud.faults("oss", [{"operation": "PutObject", "key": "*/reports/*", "status": 403}])
    reply = transferred(cloud, cloud.generated("harm", 90 * PART), key, report=True)
    assert reply["status"] == "copied"
    assert "report" not in reply


def test_a_small_and_an_unchanged_source_have_a_report(cloud: LocalCloud, key: str) -> None:
    """One PUT is one part; what was there already has none."""
    for status, sizes in (("copied", [PART]), ("unchanged", [])):
        reply = transferred(cloud, cloud.generated("small", PART), key, report=True)
        report = report_of(cloud, reply)
        assert (report["status"], [part[4] for part in parts_of(report)]) == (status, sizes)
        requests = dict.fromkeys(("source", "oss"), len(sizes))
        assert report["cost"]["requests"] == requests


def test_one_pass_has_its_parts_in_turn(cloud: LocalCloud, key: str) -> None:
    """Each is begun when the last one is stored; one that OSS did not take was sent again."""
    cloud.faults("oss", [{"operation": "UploadPart", "part": 3, "status": 500, "times": 1}])
    url = cloud.generated("pass", 6 * PART, "range:ignored")
    report = report_of(cloud, transferred(cloud, url, key, part_size=PART, report=True))
    (run,) = report["runs"]
    assert (run["by"], run["streams"], run["outcome"]) == ("own", 1, "done")
    assert [part[0] for part in run["parts"]] == [*range(1, 7)]
    assert [part[5] for part in run["parts"]] == [1, 1, 2, 1, 1, 1]
    assert all(
        later[2] == earlier[3]
        for earlier, later in zip(run["parts"], run["parts"][1:], strict=False)
    )
    assert report["cost"]["requests"] == {"source": 1, "oss": 7}


def test_a_pass_that_fails_tells_how_far_it_came(cloud: LocalCloud, key: str) -> None:
    """With the parts of the last attempt, and the error of each."""
    cloud.faults("oss", [{"operation": "UploadPart", "part": 4, "status": 403}])
    url = cloud.generated("part way", 6 * PART, "range:ignored")
    refused(cloud, url, key, part_size=PART, report=True)
    report = the_only(cloud)
    assert report["error"]["type"] == report["runs"][-1]["error"]["type"] == "TargetRefused"
    assert [part[0] for part in parts_of(report)] == [1, 2, 3]
    assert report["parts"]["count"] == 3
    assert_ordered(report)


def test_a_copy_inside_oss_asks_no_source(cloud: LocalCloud, key: str) -> None:
    """It is OSS's own, in one request."""
    cloud.bucket.put_object(f"{key}/from", b"x" * PART)
    source = f"oss://{cloud.bucket_name}/{key}/from"
    report = report_of(cloud, transferred(cloud, source, key, report=True))
    assert [part[4] for part in parts_of(report)] == [PART]
    assert report["cost"]["requests"] == {"source": 0, "oss": 1}
    assert report["proof"][0] == "copied_by_oss"


def test_a_part_that_stalls_is_in_it_once(eager_cloud: LocalCloud, key: str) -> None:
    """By whoever was faster, and whoever was late is told of as such."""
    stalling = "stall:50000,after:3,first:4"
    url = eager_cloud.generated("stalls", 12 * PART, stalling, name=key)
    fields = {"part_size": PART, "max_children": 0, "streams": 4}
    reply = transferred(eager_cloud, url, key, report=True, **fields)
    assert reply["parts"]["hedged"] >= 1
    report = report_of(eager_cloud, reply)
    assert sorted(part[0] for part in parts_of(report)) == [*range(1, 13)]
    assert report["parts"] == reply["parts"]
    assert {run["outcome"] for run in report["runs"]} & {"late", "called_off"}


def test_a_sweep_takes_reports_with_it(cloud: LocalCloud, key: str) -> None:
    """Of the age that it is asked for."""
    reply = transferred(cloud, cloud.generated("swept", PART), key, report=True)
    for hours, there in ((1, True), (0, False)):
        cloud.invoke(sweep_event(cloud, hours))
        assert exists(cloud, reply["report"]["key"]) == there


def test_messages_of_a_batch_have_a_report_each(cloud: LocalCloud, key: str) -> None:
    """Under names of their own."""
    where = {"target_region": cloud.region, "target_bucket_name": cloud.bucket_name}
    urls = [cloud.generated(f"batch {n}", PART) for n in range(3)]
    messages = [
        {"source_url": url, "target_object_name": f"{key}/{n}", "report": True, **where}
        for n, url in enumerate(urls)
    ]
    reply = cloud.invoke({"messages": messages})
    names = {each["report"]["key"] for each in reply["messages"]}
    assert len(names) == 3
    targets = [read(cloud, name)["object"]["key"] for name in names]
    assert sorted(targets) == [f"{key}/{n}" for n in range(3)]


def test_a_transfer_that_was_handed_over_tells_what_it_found(key: str) -> None:
    """The last invocation writes the report of the first request."""
    with started(timeout=6, env={"OSSFERRY_REPORT": "true"}) as cloud:
        url = cloud.generated("long", 40 * PART, "rate:300000")
        reply = transferred(cloud, url, key, part_size=PART, max_children=0, streams=2)
        assert reply["status"] == "handed_over"
        eventually(lambda: exists(cloud, reply["outcome"]), within=60)
        outcome = read(cloud, reply["outcome"])
        report = report_of(cloud, outcome)
    assert report["earlier"]["parts"] == outcome["parts"]["reused"] > 0
    parts = parts_of(report)
    assert len(parts) + report["earlier"]["parts"] == 40
    assert sum(part[4] for part in parts) + report["earlier"]["bytes"] == 40 * PART


def test_where_nobody_goes_on_there_is_a_report(key: str) -> None:
    """Of what was found done, and why no more was."""
    with started(timeout=6, env={"OSSFERRY_REPORT": "true"}) as cloud:
        cloud.faults("oss", [{"operation": "UploadPart", "part": 2, "stall_after": 1000}])
        url = cloud.generated("ends", 4 * PART)
        reply = transferred(cloud, url, key, part_size=PART, max_children=0)
        assert reply["status"] == "handed_over"
        eventually(lambda: exists(cloud, reply["outcome"]), within=60)
        told = read(cloud, reply["outcome"])
        name = reply["outcome"].replace("/outcomes/", "/reports/")
        eventually(lambda: exists(cloud, name), within=20)
        report = read(cloud, name)
    assert report["error"] == {"type": told["error_type"], "message": told["error"]}
    assert (report["status"], told["error_type"]) == ("failed", "Unfinished")
    assert report["earlier"]["parts"] == 3
    assert_ordered(report)


def test_a_job_tells_how_it_went(cloud: LocalCloud, key: str) -> None:
    """As its reply counts it, in total and over time; also if nobody asked for it."""
    good = [cloud.generated(f"{key} {n}", 1000) for n in range(280)]
    bad = [f"{cloud.origin}/nothing-{n}?token={CANARY}" for n in range(20)]
    rows = "".join(f"{url}\t{n}\n" for n, url in enumerate([*good, *bad]))
    items = listed(cloud, f"{key}.tsv", rows)
    reply = done(cloud, f"{key}/", list=items, report=True)
    _, _, name = reply["report"]["report_json"].removeprefix("oss://").partition("/")
    report = read(cloud, name)
    counts = {name: reply[name] for name in ("items", "copied", "unchanged", "failed", "bytes")}
    assert {name: report["counts"][name] for name in counts} == counts
    assert (counts["items"], counts["failed"]) == (300, 20)
    assert (report["causes"], report["failed_in_all"]) == (reply["causes"], 20)
    assert report["error_types"] == {"SourceGone": 20}
    assert len(report["failed"]) == len(report["slowest"]) == 20
    assert report["over_time"][-1][1:] == [300, reply["bytes"], 20]
    sums = [sum(each[place] for each in report["slices"]) for place in (3, 4, 5)]
    assert sums == report["over_time"][-1][1:]
    assert all(0 <= began <= ended for _, began, ended, *_ in report["slices"])
    assert report["cost"]["invocations"] == reply["invocations"] + 1
    assert (report["source"], report["target"]) == (items, reply["target"])
