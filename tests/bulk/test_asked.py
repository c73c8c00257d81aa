"""A job as an event again: whoever has that is asked for the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ossferry.bulk.asked import event_of, job_of_one
from ossferry.events.bulk import bulk_of
from ossferry.events.program import program_of
from ossferry.events.request import transfer_of
from ossferry.jobs import BulkJob
from ossferry.settings import Settings

TARGET = {"target_region": "cn-hangzhou", "target_bucket_name": "my-bucket"}
EVERYTHING: dict[str, Any] = {
    "kind": "bulk",
    **TARGET,
    "target_prefix": "out/",
    "source": "oss://other-bucket/in/",
    "source_region": "cn-beijing",
    "include": ["*.jpg"],
    "exclude": ["tmp/"],
    "min_size": 0,
    "max_size": 5,
    "modified_after": "2026-01-31T12:00:00Z",
    "modified_before": "2026-02-28T12:00:00Z",
    "overwrite": "newer",
    "fail_above": "5%",
    "max_children": 0,
    "content_type": "text/plain",
    "metadata": {"a": "b"},
    "storage_class": "IA",
    "direct_read": True,
    "thaw": True,
    "days": 5,
    "tier": "Bulk",
}
LISTED = {"kind": "bulk", **TARGET, "list": "oss://my-bucket/l.urls", "naming": "path"}
ITEMS = [{"source_url": "oss://b-1/a", "target_object_name": "a", "overwrite": "never"}]


@pytest.mark.parametrize(
    "event",
    [
        EVERYTHING,
        {**LISTED, "strict": True},
        {**LISTED, "again": "failed", "id": "earlier"},
        {**LISTED, "source_region": "eu-west-1", "credentials": "aws"},
        {**LISTED, "source_endpoint": "https://{bucket}.example.org"},
        {"kind": "bulk", **TARGET, "source": "s3://films/in/", "source_region": "eu-west-1"},
        {"kind": "bulk", **TARGET, "source": "cos://films-1250000000", "credentials": "cos"},
        {"kind": "bulk", **TARGET, "items": [{"source_url": "s3://films/a"}]},
        {"kind": "bulk", **TARGET, "items": ITEMS, "thaw": True},
        {"kind": "thaw", "source": "oss://other-bucket/in/", "tier": "Expedited"},
        {"kind": "thaw", "list": "oss://my-bucket/l.urls", "target_bucket_name": "records"},
    ],
)
def test_who_goes_on_is_asked_for_the_same(event: dict[str, Any]) -> None:
    """Whatever the settings are by then."""
    job = bulk_of(event, Settings(), "cn-hangzhou")
    again = event_of(job)
    assert again is not None
    assert bulk_of(again, Settings(target_bucket="another"), "cn-beijing") == job


THEN = {"program": "q", "target": "oss://other-bucket/sets/", "target_region": "cn-beijing"}
PROGRAM = {"kind": "program", "program": "p", "target": "oss://my-bucket/out/"}


@pytest.mark.parametrize(
    "fields",
    [
        {"source": "oss://b-1", "parameters": {"a": 1, "b": "x"}},
        {"source": "oss://b-1/in/", "source_region": "cn-shanghai", "include": "*.mp4"},
        {"list": "oss://b-1/l.jsonl", "naming": "path", "strict": True, "max_children": 0},
        {"source": "oss://b-1/in/", "again": "failed", "id": "earlier", "fail_above": "5%"},
        {"source": "oss://b-1/in/", "then": {**THEN, "when": 40, "max_wait": 60}},
        {"list": "oss://b-1/l.txt", "then": {**THEN, "when": "all", "parameters": {"a": 1}}},
        {"source": "oss://b-1/in/", "target": "oss://my-bucket/", "target_region": "cn-beijing"},
    ],
)
def test_who_goes_on_with_a_program_is_asked_for_the_same(fields: dict[str, Any]) -> None:
    """Its name and its parameters as well."""
    job = program_of({**PROGRAM, **fields}, Settings(), "cn-hangzhou")
    assert isinstance(job, BulkJob)
    again = event_of(job)
    assert again is not None
    assert program_of(again, Settings(target_region="cn-x"), "cn-y") == job
    assert job.program


def test_what_was_confirmed_needs_no_confirmation_again() -> None:
    """Who goes on has nobody to ask."""
    job = bulk_of({**EVERYTHING, "confirm_above": 1}, Settings(), "cn-hangzhou")
    again = event_of(job)
    assert again is not None
    assert job.thaw is not None
    unbounded = replace(job, thaw=replace(job.thaw, confirm_above=None))
    assert bulk_of(again, Settings(), "cn-hangzhou") == unbounded


@pytest.mark.parametrize(
    "secret",
    [
        {"list": "https://h/l.urls?token=x"},
        {"list": "https://h/l.urls", "source_headers": {"Authorization": "x"}},
        {"items": [{"source_url": "https://h/a?token=x"}]},
        {"items": [{"source_url": "https://h/a", "source_headers": {"A": "x"}}]},
    ],
)
def test_what_has_a_secret_is_on_no_record(secret: dict[str, Any]) -> None:
    """Nothing of it is."""
    job = bulk_of({"kind": "bulk", **TARGET, **secret}, Settings(), "cn-hangzhou")
    assert event_of(job) is None


def test_a_transfer_as_a_job_of_one_asks_for_the_same() -> None:
    """With all that it wants of its object."""
    fields = {
        "source_url": "oss://other-bucket/in/a",
        "source_region": "cn-beijing",
        "expected_size": 0,
        "expected_crc64": "0",
        "expected_md5": "0" * 32,
        "part_size": 1 << 20,
        "streams": 2,
        "content_type": "text/plain",
        "metadata": {"a": "b"},
        "storage_class": "IA",
        "overwrite": "never",
        "direct_read": True,
    }
    transfer = transfer_of(
        {**TARGET, "target_object_name": "out/a", "thaw": True, "days": 2, **fields}
    )
    job = job_of_one(transfer)
    (item,) = job.items
    asked = {**TARGET, **job.common, **item}
    assert replace(transfer, thaw=None) == transfer_of(asked)
    assert job.thaw == transfer.thaw
    again = event_of(job)
    assert again is not None
    going_on = bulk_of(again, Settings(), "cn-hangzhou")
    assert (going_on.items, going_on.fail_above) == (job.items, 0)  # if it fails, so does the event


def test_a_region_that_nobody_gave_is_none_of_another_clouds() -> None:
    """What is on record for objects in OSS says that it is theirs."""
    event = event_of(bulk_of(LISTED, Settings(), "cn-hangzhou"))
    assert event is not None
    job = bulk_of(event, Settings(), "cn-beijing")
    assert (job.source_region, job.elsewhere) == ("cn-hangzhou", {})
