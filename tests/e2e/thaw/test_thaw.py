"""Archived objects that are restored, and copied where that is asked, from end to end."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import oss2
import pytest
from oss2.models import RestoreConfiguration

from tests.e2e.bulk_jobs import (
    bulk_event,
    by_item,
    failures,
    keys_below,
    listed,
    report,
)
from tests.e2e.interrupted import record_names, swept
from tests.e2e.spotless import staying_spotless
from tests.e2e.test_permissions import POLICIES, deployed
from tests.e2e.thaws import (
    CLASSES,
    CONTENT,
    DAY,
    HOUR,
    Asked,
    begun,
    due_names,
    freeze,
    lost_wakes,
    now,
    once,
    pass_until_due,
    put,
    rested,
    slept,
    thaw_event,
    thawed,
    wake_event,
    woken_by_timer,
)
from tests.e2e.transfers import bucket_named, failed, replied, stored
from tests.localcloud.client import LocalCloud

MIXED = (*CLASSES, "Standard")


def test_a_thaw_tells_how_it_went(cloud: LocalCloud, key: str) -> None:
    """Its document counts what its reply counts, whoever went on with it meanwhile."""
    source = freeze(cloud, f"{key}/", 12)
    put(cloud, f"{key}/warm", "Standard")
    reply = thawed(cloud, thaw_event(cloud, source=source, days=2, report=True))
    where = reply["report"]["report_json"]
    told = json.loads(stored(cloud, where.removeprefix(f"oss://{cloud.bucket_name}/")))
    counts = {name: told["counts"][name] for name in ("items", "restored", "skipped", "failed")}
    assert counts == {"items": 13, "restored": 12, "skipped": 1, "failed": 0}
    assert (told["status"], told["error"], told["failed"]) == ("completed", None, [])
    assert told["source"] == source
    assert told["over_time"][-1][1] == 13


def restored_until(cloud: LocalCloud, key: str) -> str:
    return str(cloud.bucket.head_object(key).headers.get("x-oss-restore", ""))


def test_objects_below_a_prefix_are_restored(cloud: LocalCloud, key: str) -> None:
    """Each once, on the terms that its class has; the report says until when it is readable."""
    source = freeze(cloud, f"{key}/", 40, MIXED)
    asked = Asked(cloud)
    reply = thawed(cloud, thaw_event(cloud, source=source, days=5, tier="Bulk"))
    assert (reply["status"], reply["restored"], reply["skipped"]) == ("completed", 30, 10)
    assert asked.by_key() == once({f"{key}/{n:05}" for n in range(40) if n % 4 < 3})
    assert reply["restore"] == {
        "Archive": {"days": 5},
        "ColdArchive": {"days": 5, "tier": "Bulk"},
        "DeepColdArchive": {"days": 5, "tier": "Standard"},
    }
    for row in report(cloud, reply):
        assert row["storage_class"] == MIXED[(row["item"] - 1) % 4]
        if row["storage_class"] == "Standard":
            assert (row["outcome"], row["error"]) == ("skipped", "its class is Standard")
        else:
            assert row["restores"] == 1
            assert row["restored_until"].endswith("Z")
            assert not {"asked", "look", "waits"} & {*row}


@pytest.mark.parametrize("children", [0, None])
def test_objects_are_copied_as_they_ripen(
    cloud: LocalCloud, key: str, children: int | None
) -> None:
    """Those that can be read at once, the others when they can, by one job."""
    prefix = f"ripe-{children}/"
    source = freeze(cloud, f"{prefix}from/", 40, MIXED)
    asked = Asked(cloud)
    fields = {"source": source, "thaw": True, "max_children": children}
    reply = begun(cloud, bulk_event(cloud, f"{prefix}to/", **fields))
    assert (reply["copied"], reply["waiting"]) == (10, 30)
    pass_until_due(cloud, reply)
    reply = rested(cloud, reply["id"])
    assert (reply["copied"], reply["waiting"]) == (20, 20)
    assert reply["waits"] == {"ColdArchive/Standard": 10, "DeepColdArchive/Standard": 10}
    reply = slept(cloud, reply["id"])
    assert (reply["status"], reply["copied"]) == ("completed", 40)
    assert asked.statuses == {202: 30}
    assert keys_below(cloud, f"{prefix}to/") == {f"{n:05}" for n in range(40)}
    assert stored(cloud, f"{prefix}to/00002") == CONTENT
    frozen = [row for row in report(cloud, reply) if (row["item"] - 1) % 4 < 3]
    assert [row["restores"] for row in frozen] == [1] * 30


def test_what_was_copied_is_not_restored_again(cloud: LocalCloud, key: str) -> None:
    """The same event, after the end and after the restores' end, finds everything unchanged."""
    source = freeze(cloud, f"{key}/from/", 9)
    event = bulk_event(cloud, f"{key}/to/", source=source, thaw=True)
    first = thawed(cloud, event)
    assert first["copied"] == 9
    cloud.advance(10 * DAY)
    asked = Asked(cloud)
    again = thawed(cloud, event)
    assert again["id"] != first["id"]
    assert again["unchanged"] == 9
    assert not asked.by_key()


def test_what_expired_before_its_turn_is_restored_once_more(cloud: LocalCloud, key: str) -> None:
    """Whoever was to wake the job came days late; the report tells of it."""
    source = freeze(cloud, f"{key}/from/", 300, ("Archive",))
    event = bulk_event(cloud, f"{key}/to/", source=source, thaw=True, days=1)
    asked = Asked(cloud)
    with lost_wakes(cloud):
        job = begun(cloud, event)["id"]
    cloud.advance(3 * DAY)
    woken_by_timer(cloud)
    reply = rested(cloud, job)
    assert (reply["status"], reply["waiting"]) == ("waiting", 300)
    assert asked.statuses == {202: 600}
    reply = slept(cloud, job)
    assert (reply["status"], reply["copied"]) == ("completed", 300)
    assert asked.statuses == {202: 600}
    assert {row["restores"] for row in report(cloud, reply)} == {2}


def test_what_expires_a_second_time_fails(cloud: LocalCloud, key: str) -> None:
    """It is not restored for ever, and the failure can be sent again."""
    names = [f"{key}/from/{n}" for n in range(6)]
    for name in names:
        put(cloud, name)
    event = bulk_event(cloud, f"{key}/to/", source=f"oss://{cloud.bucket_name}/{key}/from/")
    asked = Asked(cloud)
    with lost_wakes(cloud):
        job = begun(cloud, {**event, "thaw": True, "days": 1})["id"]
    for _ in "12":
        cloud.advance(3 * DAY)
        with lost_wakes(cloud):
            replied(cloud, {**event, "thaw": True, "days": 1})
    reply = rested(cloud, job)
    assert (reply["status"], reply["causes"]) == ("failed", {"source": 6})
    assert asked.by_key() == {name: Counter({202: 2}) for name in names}
    for row in report(cloud, reply):
        assert (row["error_type"], row["restores"]) == ("SourceArchived", 2)
        assert "was restored 2 times" in row["error"]
    again = thawed(cloud, bulk_event(cloud, "", id=job, again="failed"))
    assert again["copied"] == 6


def test_objects_that_are_restored_are_left_alone(cloud: LocalCloud, key: str) -> None:
    """They are readable for as long as they were, and no longer."""
    names = [f"{key}/{kind}" for kind in CLASSES]
    for name, kind in zip(names, CLASSES, strict=True):
        put(cloud, name, kind)
        cloud.bucket.restore_object(name, input=RestoreConfiguration(5))
    source, asked = f"oss://{cloud.bucket_name}/{key}/", Asked(cloud)
    reply = begun(cloud, thaw_event(cloud, source=source, days=7))  # all are under way
    assert reply["waiting"] == 3
    reply = slept(cloud, reply["id"])
    assert reply["restored"] == 3
    assert all("restores" not in row for row in report(cloud, reply))
    before = [restored_until(cloud, name) for name in names]
    assert all('ongoing-request="false"' in each for each in before)
    reply = thawed(cloud, thaw_event(cloud, source=source, days=7))
    assert (reply["unchanged"], reply["restored"]) == (3, 0)
    assert [restored_until(cloud, name) for name in names] == before
    assert not asked.by_key()
    told = {row["key"]: row["restored_until"] for row in report(cloud, reply)}
    assert all(f"{told[name][8:10]} " in text for name, text in zip(names, before, strict=True))


def test_whom_somebody_else_asks_for_meanwhile_is_waited_for(cloud: LocalCloud, key: str) -> None:
    """OSS says 409, which is as good as if it had begun."""
    names = [f"{key}/{n}" for n in range(3)]
    for name in names:
        put(cloud, name, "ColdArchive")
    # What OSS answers, though the listing of a moment ago knew of nothing.
    busy = {"server": "oss", "operation": "RestoreObject", "status": 409}
    cloud.faults("oss", [{**busy, "code": "RestoreAlreadyInProgress", "key": names[1]}])
    reply = begun(cloud, thaw_event(cloud, source=f"oss://{cloud.bucket_name}/{key}/"))
    assert (reply["waiting"], reply["failed"]) == (3, 0)
    cloud.faults("oss")
    cloud.bucket.restore_object(names[1], input=RestoreConfiguration(1))
    reply = slept(cloud, reply["id"])
    assert (reply["status"], reply["restored"]) == ("completed", 3)


def kinds_of_sources(cloud: LocalCloud, key: str) -> dict[str, str]:
    """Return the URLs of one source of each kind, by what they are."""
    other = bucket_named(cloud, "somebody-elses")
    other.create_bucket()
    return {
        **{kind: put(cloud, f"{key}/from/{kind}", kind) for kind in MIXED},
        "missing": f"oss://{cloud.bucket_name}/{key}/from/nothing",
        "forbidden": put(cloud, f"{key}/private", "Archive", other),
        "nowhere": "oss://no-such-bucket-anywhere/x",
        "web": cloud.generated(key, 500),
        "gone": f"{cloud.origin}/nothing",
    }


def gone_again(cloud: LocalCloud, key: str) -> None:
    other = bucket_named(cloud, "somebody-elses")
    other.delete_object(f"{key}/private")
    other.delete_bucket()


def events_of(cloud: LocalCloud, key: str, sources: dict[str, str]) -> dict[str, dict[str, object]]:
    """Return a list of these sources as events may give it: in OSS, and in themselves."""
    rows = [{"source_url": url, "target_object_name": name} for name, url in sources.items()]
    lines = "".join(f"{json.dumps(row)}\n" for row in rows)
    return {"list": {"list": listed(cloud, f"{key}.jsonl", lines)}, "items": {"items": rows}}


@pytest.mark.parametrize("given", ["list", "items"])
def test_a_list_of_everything_is_copied(given: str, tmp_path: Path, key: str) -> None:
    """Each source is what it is, and one that cannot be had keeps no other from being copied."""
    with deployed(POLICIES["python3.10"], tmp_path) as cloud, staying_spotless(cloud):
        sources = kinds_of_sources(cloud, key)
        event = bulk_event(cloud, f"{key}/to/", **events_of(cloud, key, sources)[given])
        asked = Asked(cloud)
        reply = thawed(cloud, {**event, "thaw": True})
        rows = {name: by_item(cloud, reply)[n] for n, name in enumerate(sources, 1)}
        assert asked.by_key() == once({f"{key}/from/{kind}" for kind in CLASSES})
        gone_again(cloud, key)
    assert (reply["status"], reply["copied"], reply["failed"]) == ("completed_with_failures", 5, 4)
    told = {name: row["error_type"] for name, row in rows.items() if row["outcome"] == "failed"}
    assert told.pop("nowhere") in ("SourceRefused", "SourceGone")
    assert told == {"missing": "SourceGone", "forbidden": "TargetRefused", "gone": "SourceGone"}


@pytest.mark.parametrize("given", ["list", "items"])
def test_a_list_of_everything_is_restored(given: str, tmp_path: Path, key: str) -> None:
    """What is no object is skipped, and nothing is written but records."""
    with deployed(POLICIES["python3.12"], tmp_path, runtime="python3.12") as cloud:
        sources = kinds_of_sources(cloud, key)
        asked = Asked(cloud)
        reply = thawed(cloud, thaw_event(cloud, **events_of(cloud, key, sources)[given]))
        rows = {name: by_item(cloud, reply)[n] for n, name in enumerate(sources, 1)}
        assert asked.by_key() == once({f"{key}/from/{kind}" for kind in CLASSES})
        written = {each.key for each in oss2.ObjectIteratorV2(cloud.bucket)}
        gone_again(cloud, key)
    assert {name: row["outcome"] for name, row in rows.items()} == {
        **dict.fromkeys(CLASSES, "restored"),
        "Standard": "skipped",
        "missing": "failed",
        "forbidden": "failed",
        "nowhere": "failed",
        "web": "skipped",
        "gone": "skipped",
    }
    assert rows["missing"]["error_type"] == "SourceGone"
    assert rows["forbidden"]["error_type"] == "TargetRefused"
    assert {name for name in written if not name.startswith((".ossferry/", "lists/"))} == {
        f"{key}/from/{kind}" for kind in MIXED
    }


def test_what_an_item_asks_for_is_kept_while_it_waits(cloud: LocalCloud, key: str) -> None:
    """Its own headers, and what is to become of an object that is there."""
    there = put(cloud, f"{key}/a"), put(cloud, f"{key}/b")
    cloud.bucket.put_object(f"{key}/to/b", b"there")
    rows = [
        {"source_url": there[0], "target_object_name": "a", "content_type": "text/x-cold"},
        {"source_url": there[1], "target_object_name": "b", "overwrite": "never"},
    ]
    where = listed(cloud, f"{key}.jsonl", "".join(f"{json.dumps(row)}\n" for row in rows))
    reply = thawed(cloud, bulk_event(cloud, f"{key}/to/", list=where, thaw=True))
    assert (reply["copied"], reply["skipped"]) == (1, 1)
    assert cloud.bucket.head_object(f"{key}/to/a").content_type == "text/x-cold"
    assert stored(cloud, f"{key}/to/b") == b"there"


@pytest.mark.parametrize("where", ["list", "items"])
def test_a_secret_that_would_be_needed_later_is_refused(
    cloud: LocalCloud, key: str, where: str
) -> None:
    """Whoever wakes a job has its records alone, which have none: nothing is asked for."""
    put(cloud, f"{key}/a")
    secret = "https://example.com/x?signature=canary-5e1f0c"
    items = [{"source_url": secret, "target_object_name": "x"}]
    given = {"list": secret} if where == "list" else {"items": items}
    error = failed(cloud, bulk_event(cloud, f"{key}/", thaw=True, **given))
    assert error.error_type == "InvalidEvent"
    assert "nobody could use later" in error.message
    assert not record_names(cloud)


def test_a_dry_run_asks_for_nothing_and_writes_nothing(cloud: LocalCloud, key: str) -> None:
    """It tells how many objects of which class would be restored, and on what terms."""
    source = freeze(cloud, f"{key}/", 8, MIXED)
    cloud.bucket.restore_object(f"{key}/00000", input=RestoreConfiguration(1))
    asked, before = Asked(cloud), record_names(cloud)
    for event in (
        thaw_event(cloud, source=source, dry_run=True),
        bulk_event(cloud, f"{key}-to/", source=source, dry_run=True, thaw=True),
    ):
        reply = replied(cloud, event)
        assert (reply["status"], reply["items"]) == ("dry_run", 8)
        assert {name: each["objects"] for name, each in reply["restore"].items()} == {
            "Archive": 1,
            "ColdArchive": 2,
            "DeepColdArchive": 2,
        }
        assert (reply["restoring"], reply["readable"]) == ({"Archive": 1}, {"Standard": 2})
    assert not asked.by_key()
    assert record_names(cloud) == before


def test_more_than_is_confirmed_is_refused(cloud: LocalCloud, key: str) -> None:
    """Before anything is asked for; sent with more, it begins."""
    source = freeze(cloud, f"{key}/", 8, MIXED)
    asked = Asked(cloud)
    for event in (
        thaw_event(cloud, source=source),
        bulk_event(cloud, f"{key}-to/", source=source, thaw=True),
    ):
        error = failed(cloud, {**event, "confirm_above": 5})
        assert error.error_type == "NotConfirmed"
        assert "6 objects" in error.message
        assert failed(cloud, {**event, "confirm_above": 5}).error_type == "NotConfirmed"
    assert not asked.by_key()
    assert not due_names(cloud)
    event = {**thaw_event(cloud, source=source), "confirm_above": 6}
    assert thawed(cloud, event)["restored"] == 6


def test_records_go_by_age_but_not_those_of_a_job_that_waits(cloud: LocalCloud, key: str) -> None:
    """It writes something every six hours at least; a day after its end all of it goes."""
    source = freeze(cloud, f"{key}/", 6)
    job = begun(cloud, thaw_event(cloud, source=source))["id"]
    for _ in range(60):
        reply = rested(cloud, job)
        kept = record_names(cloud)
        assert swept(cloud, 24)["swept"] == 0
        assert record_names(cloud) == kept
        if reply["status"] != "waiting":
            break
        assert len(due_names(cloud)) == 1
        assert replied(cloud, thaw_event(cloud, source=source)) == reply
        cloud.advance(HOUR + 1)
    assert reply["status"] == "completed"
    cloud.bucket.put_object(f".ossferry/due/{int(now(cloud)) - 5:012}-{job}.json", b"{}")
    cloud.advance(25 * HOUR)
    swept(cloud, 24)
    assert not record_names(cloud)


def test_a_due_moment_of_a_job_that_is_gone_is_removed(cloud: LocalCloud) -> None:
    """By whoever looks for due jobs: somebody was killed between two writes."""
    moment = int(now(cloud))
    for name in (f"{moment - 5:012}-none.json", f"{moment + 900:012}-later.json"):
        cloud.bucket.put_object(f".ossferry/due/{name}", b"{}")
    reply = replied(cloud, wake_event(cloud))
    assert reply == {"status": "woken", "ids": []}
    assert due_names(cloud) == [f".ossferry/due/{moment + 900:012}-later.json"]


def test_failures_of_a_thaw_are_a_list(cloud: LocalCloud, key: str) -> None:
    """That can be sent again as it is."""
    put(cloud, f"{key}/b")
    lines = f"oss://{cloud.bucket_name}/{key}/a\noss://{cloud.bucket_name}/{key}/b\n"
    reply = thawed(cloud, thaw_event(cloud, list=listed(cloud, f"{key}.txt", lines)))
    assert (reply["restored"], reply["failed"]) == (1, 1)
    [failure] = failures(cloud, reply)
    assert failure["source_url"] == f"oss://{cloud.bucket_name}/{key}/a"
    put(cloud, f"{key}/a", "ColdArchive")
    again = thawed(cloud, thaw_event(cloud, list=reply["report"]["failed_jsonl"]))
    assert (again["items"], again["restored"]) == (1, 1)
