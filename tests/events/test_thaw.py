"""What people write for archived objects, and what wakes a job that waits."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.archived import MOST_DAYS, TIERS
from ossferry.bulk.asked import event_of
from ossferry.errors import InvalidEvent
from ossferry.events.bulk import bulk_of
from ossferry.events.parse import parse
from ossferry.events.thaw import wake_of
from ossferry.jobs import Above, BulkJob, Thaw, WakeJob
from ossferry.names import ObjectName
from ossferry.settings import Settings

ONLY = {"kind": "thaw", "source": "oss://cold-bucket/in/"}
COPY = {
    "kind": "bulk",
    "thaw": True,
    "source": "oss://cold-bucket/in/",
    "target_region": "cn-hangzhou",
    "target_bucket_name": "my-bucket",
    "target_prefix": "out/",
}
WAKE = {"kind": "wake", "target_region": "cn-hangzhou", "target_bucket_name": "my-bucket"}
BUCKET = ObjectName("cn-hangzhou", "my-bucket", "")


def read(document: dict[str, Any], **settings: Any) -> BulkJob:
    return bulk_of(document, Settings(**settings), "cn-shanghai")


def wake(document: dict[str, Any], region: str = "cn-shanghai", **settings: Any) -> WakeJob:
    return wake_of(document, Settings(**settings), region)


def test_a_prefix_is_enough() -> None:
    """Its bucket keeps the records, in the region of the function; three days, as OSS likes it."""
    job = read(ONLY)
    assert job.source == ObjectName("cn-shanghai", "cold-bucket", "in/")
    assert job.target == ObjectName("cn-shanghai", "cold-bucket", "")
    assert job.thaw == Thaw(3, None, copies=False)
    assert parse(json.dumps(ONLY), Settings(), "cn-shanghai") == job
    assert read({**ONLY, "thaw": True}) == job


def test_records_may_be_elsewhere() -> None:
    """In a bucket that the event names, or the one of a list, or of the settings."""
    named = {**ONLY, "target_region": "oss-cn-beijing", "target_bucket_name": "my-bucket"}
    assert read(named).target == ObjectName("cn-beijing", "my-bucket", "")
    listed = {"kind": "thaw", "list": "oss://lists/a.csv", "source_region": "cn-beijing"}
    assert read(listed).target == ObjectName("cn-beijing", "lists", "")
    items = {"kind": "thaw", "items": [{"source_url": "oss://cold-bucket/a"}]}
    assert read(items, target_bucket="theirs").target.bucket == "theirs"
    with pytest.raises(InvalidEvent, match="give a bucket for the records"):
        read(items)


def test_every_field_is_read() -> None:
    """With and without copies."""
    terms = {"days": "30", "tier": "Bulk", "confirm_above": 1000}
    others = {"id": "a", "include": "*.gz", "min_size": 1, "fail_above": "1%", "dry_run": True}
    job = read({**ONLY, **terms, **others})
    assert job.thaw == Thaw(30, "Bulk", False, False, Above(1000, "objects"))
    assert (job.id, job.fail_above, job.dry_run) == ("a", 0.01, True)
    assert job.selection.include == ("*.gz",)
    copies = read({**COPY, **terms, "direct_read": True, "storage_class": "IA"})
    assert copies.thaw == Thaw(30, "Bulk", True, True, Above(1000, "objects"))
    assert copies.common == {"direct_read": True, "storage_class": "IA"}


@pytest.mark.parametrize(
    ("text", "above"),
    [
        (0, Above(0, "objects")),
        (10**12, Above(10**12, "objects")),
        ("500GB", Above(500 * 10**9, "bytes")),
        ("1 TB", Above(10**12, "bytes")),
        ("0MB", Above(0, "bytes")),
        (None, None),
    ],
)
def test_amounts_are_counts_or_bytes(text: object, above: Above | None) -> None:
    thaw = read({**ONLY, "confirm_above": text}).thaw
    assert thaw is not None
    assert thaw.confirm_above == above


@pytest.mark.parametrize("base", [ONLY, COPY], ids=["only restores", "copies"])
@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("days", 0, f"days must be a whole number from 1 to {MOST_DAYS}"),
        ("days", MOST_DAYS + 1, "days must be a whole number"),
        ("days", 1.5, "days must be a whole number"),
        ("days", True, "days must be a whole number"),
        ("tier", "bulk", "tier must be one of Expedited, Standard, Bulk"),
        ("tier", 1, "tier must be one of"),
        ("thaw", "yes", "thaw must be true or false"),
        *(
            ("confirm_above", value, 'confirm_above must be a count of objects, or bytes like "500')
            for value in (-1, 1.5, True, "", "500", "500KB", "500 gb", "-1GB", [1], "1e3GB")
        ),
    ],
)
def test_wrong_values_are_told(base: dict[str, Any], field: str, value: object, told: str) -> None:
    """With what would be right."""
    with pytest.raises(InvalidEvent) as refused:
        read({**base, field: value})
    assert refused.value.message.startswith(told)


@pytest.mark.parametrize(("field", "value"), [("days", 3), ("tier", "Bulk"), ("confirm_above", 5)])
def test_terms_without_a_restore_are_refused(field: str, value: object) -> None:
    """Else somebody waits for what nobody asked for."""
    with pytest.raises(InvalidEvent, match=f"{field} is for what is restored: add thaw: true"):
        read({**COPY, "thaw": False, field: value})


COPYING = {
    "target_prefix": "out/",
    "overwrite": "always",
    "storage_class": "IA",
    "content_type": "text/plain",
    "metadata": {"a": "b"},
    "source_headers": {"A": "b"},
    "direct_read": True,
}


@pytest.mark.parametrize("field", COPYING)
def test_who_only_restores_is_given_nothing_of_copies(field: str) -> None:
    """It would be of no effect."""
    with pytest.raises(InvalidEvent, match=f"{field} is not a field"):
        read({**ONLY, field: COPYING[field]})


@pytest.mark.parametrize("base", [ONLY, COPY, WAKE], ids=["only restores", "copies", "wake"])
def test_unknown_fields_are_refused(base: dict[str, Any]) -> None:
    with pytest.raises(InvalidEvent, match="dayz is not a field"):
        parse({**base, "dayz": 3}, Settings(), "cn-shanghai")


SECRETS = {
    "a list with a query": {"list": "https://example.com/l.csv?token=s3cret"},
    "a list with a password": {"list": "https://me:s3cret@example.com/l.csv"},
    "headers": {"list": "oss://lists/l.csv", "source_headers": {"Authorization": "s3cret"}},
    "an item with a query": {"items": [{"source_url": "https://example.com/a?token=s3cret"}]},
    "an item with headers": {
        "items": [{"source_url": "oss://cold-bucket/a", "source_headers": {"A": "s3cret"}}]
    },
    "an item with something behind a #": {"items": [{"source_url": "https://x/a#s3cret"}]},
    "an item that is no URL": {"items": [{"source_url": "s3cret"}]},
}


@pytest.mark.parametrize("given", SECRETS.values(), ids=SECRETS)
def test_secrets_are_refused_where_something_waits(given: dict[str, Any]) -> None:
    """Who goes on with it knows what is on record, which has none; nor has what is told."""
    base = {name: value for name, value in COPY.items() if name != "source"}
    with pytest.raises(InvalidEvent) as refused:
        read({**base, **given})
    assert "s3cret" not in refused.value.message
    read({**base, **given, "thaw": False})


WHOLE = {**COPY, "max_size": 0, "max_children": 0, "fail_above": 0, "min_size": 0}


@pytest.mark.parametrize(
    "document",
    [
        ONLY,
        {**ONLY, "days": 9, "tier": "Expedited", "exclude": ["a", "b"], "max_size": 0},
        COPY,
        WHOLE,
        {**COPY, "direct_read": True, "metadata": {"a": "b"}, "overwrite": "never"},
        {**COPY, "modified_after": "2026-01-31T12:00:00Z", "fail_above": "2.5%"},
        {"kind": "thaw", "list": "oss://lists/a.csv", "strict": True},
        {
            **{name: value for name, value in COPY.items() if name != "source"},
            "items": [{"source_url": "oss://cold-bucket/a"}, {"source_url": "https://x/y"}],
            "naming": "path",
        },
    ],
)
def test_a_job_is_an_event_again_for_who_goes_on_with_it(document: dict[str, Any]) -> None:
    """Nothing of it is lost, a limit of nothing least of all."""
    job = read(document)
    event = event_of(job)
    assert event is not None
    assert bulk_of(json.loads(json.dumps(event)), Settings(), "cn-chengdu") == job


def test_what_it_takes_for_granted_was_confirmed_when_it_began() -> None:
    """And is not asked about again."""
    event = event_of(read({**ONLY, "confirm_above": 5}))
    assert event is not None
    assert "confirm_above" not in event


TERMS = st.fixed_dictionaries(
    {},
    optional={
        "days": st.integers(-2, 400) | st.text(max_size=3),
        "tier": st.sampled_from([*TIERS, "", "bulk"]) | st.integers(),
        "confirm_above": st.integers(-2, 9) | st.text("059 GTMKB", max_size=6) | st.booleans(),
        "thaw": st.booleans() | st.none(),
    },
)


@given(TERMS, st.sampled_from([ONLY, COPY]))
def test_it_is_read_or_refused(terms: dict[str, Any], base: dict[str, Any]) -> None:
    """And what is read is within what OSS takes."""
    try:
        job = read({**base, **terms})
    except InvalidEvent:
        return
    if job.thaw:
        assert 1 <= job.thaw.days <= MOST_DAYS
        assert job.thaw.tier in (None, *TIERS)
        assert job.thaw.copies == (base is COPY)


def test_a_wake_means_one_job_or_all() -> None:
    """In the function's region, and in the bucket that is set, unless it says otherwise."""
    assert wake(WAKE) == WakeJob(BUCKET)
    whole = {**WAKE, "id": "a-1", "sent": 1.5, "delay": 60, "hop": 3}
    assert wake(whole) == WakeJob(BUCKET, "a-1", 1.5, 60.0, 3)
    assert parse(json.dumps(whole), Settings(), "") == wake(whole)
    assert wake({"kind": "wake"}, target_bucket="theirs").target == ObjectName(
        "cn-shanghai", "theirs", ""
    )
    there = wake({"kind": "wake"}, target_bucket="theirs", target_region="oss-cn-beijing")
    assert there.target.region == "cn-beijing"


@pytest.mark.parametrize(("region", "bucket"), [("cn-shanghai", None), ("", "theirs")])
def test_a_wake_without_a_bucket_says_where_to_give_it(region: str, bucket: str | None) -> None:
    with pytest.raises(InvalidEvent, match="give it, or set OSSFERRY_TARGET_BUCKET"):
        wake({"kind": "wake"}, region, target_bucket=bucket)


@pytest.mark.parametrize("field", ["sent", "delay"])
@pytest.mark.parametrize("value", [-1, "1", True, [], float("nan"), float("inf"), 10**400])
def test_moments_of_a_wake_are_written_by_nobody_else(field: str, value: object) -> None:
    with pytest.raises(InvalidEvent, match=f"{field} is only written by ossferry itself"):
        wake({**WAKE, field: value})


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("id", "a/b", "id must be the id of a job"),
        ("id", "", "id must be the id of a job"),
        ("id", "x" * 65, "id must be the id of a job"),
        ("hop", -1, "hop must be a whole number from 0 to 1000000"),
        ("target_region", "nowhere", "target_region must be a region id"),
        ("target_bucket_name", "A", "target_bucket_name must be a bucket's name"),
    ],
)
def test_wrong_values_of_a_wake_are_told(field: str, value: object, told: str) -> None:
    with pytest.raises(InvalidEvent, match=told):
        wake({**WAKE, field: value})
