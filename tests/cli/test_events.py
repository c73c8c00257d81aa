"""The events that command lines ask for, judged by the function's own parser."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ossferry.events.parse import parse
from ossferry.jobs import BulkJob, TransferJob
from ossferry.settings import Settings
from ossferry_cli.asked.events import Wanted, described, encoded, event_of, key_of, thaw_event
from ossferry_cli.asked.sources import Target
from ossferry_cli.problems import Misuse

URL = "https://example.org/d/file.iso"


def wanted(*sources: str, key: str = "images/", **others: Any) -> Wanted:
    return Wanted(sources, Target("my-bucket", key), "cn-hangzhou", **others)


CASES = {
    "url": wanted(URL),
    "url to key": wanted(URL, key="k"),
    "object": wanted("oss://other/a/b", source_region="cn-shanghai"),
    "options": wanted(
        URL,
        overwrite="never",
        max_children=0,
        headers={"Cookie": "a"},
        common={"storage_class": "IA"},
    ),
    "several": wanted(URL, "oss://other/a/b"),
    "object elsewhere": wanted("s3://films/a b", source_region="eu-west-1", credentials="aws"),
    "prefix elsewhere": wanted("cos://films-1250000000/a/", selection={"include": ["*.gz"]}),
    "bucket elsewhere": wanted("s3://films", source_endpoint="https://minio.example.org"),
    "several kinds": wanted(URL, "oss://other/a/b", "s3://films/c", credentials="aws"),
    "list of others": wanted(list="oss://my-bucket/lists/a.txt", credentials="aws"),
    "prefix": wanted("oss://other/a/", selection={"include": ["*.gz"]}),
    "bucket": wanted("oss://other"),
    "bulk": wanted("oss://other/a", bulk=True),
    "list": wanted(
        list="oss://my-bucket/lists/a.txt", terms={"naming": "path", "fail_above": "5%"}
    ),
    "own list": wanted(list="oss://my-bucket/.ossferry/bulk/a-1/list.tsv.gz"),
    "thaw": wanted("oss://other/a/b", thaw=True, terms={"days": 2, "tier": "Bulk"}),
    "thaw prefix": wanted("oss://other/a/", thaw=True, terms={"confirm_above": "5GB"}),
    "dry run": wanted(URL, dry_run=True),
}


@pytest.mark.parametrize("case", sorted(CASES))
def test_events_are_what_the_function_takes(case: str) -> None:
    """Each way of asking."""
    event = event_of(CASES[case])
    if event.get("kind") == "bulk":
        event["id"] = "a-1"
    text = json.loads(encoded(event))
    assert isinstance(parse(text, Settings(), "cn-hangzhou"), TransferJob | BulkJob)
    assert described(event)


def test_a_restore_is_what_the_function_takes() -> None:
    """Of a prefix."""
    event = thaw_event(Target("my-bucket", "2019/"), {"days": 3}, None)
    parse({**event, "id": "a-1"}, Settings(), "cn-hangzhou")
    assert described(event) == "restore of oss://my-bucket/2019/"


def test_a_key_is_the_target_or_a_name_below_it() -> None:
    """As the function names the rows of a list."""
    assert key_of("https://example.org/d/a%20b.bin?v=1", Target("my-bucket", "x/")) == "x/a b.bin"
    assert key_of("oss://other/d/a%20b", Target("my-bucket", "")) == "a%20b"
    assert key_of(URL, Target("my-bucket", "x/y")) == "x/y"
    with pytest.raises(Misuse, match="whole key"):
        key_of("https://example.org/?secret=1", Target("my-bucket", "x/"))


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        (wanted(), "give sources"),
        (wanted(URL, list="oss://a-b/c"), "give sources"),
        (wanted(URL, URL, key="k"), "prefix as its target"),
        (wanted("oss://other/a/", key="k"), "prefix as its target"),
        (wanted(list="oss://a-b/c", key="k"), "prefix as its target"),
        (wanted(URL, "oss://other/a/"), "copied alone"),
        (wanted("s3://films/a/", thaw=True), "--thaw is for objects in OSS"),
        (wanted(URL, credentials="aws"), "--credentials is for sources such as s3"),
        (wanted("oss://a-b/c", source_endpoint="https://x"), "--source-endpoint is for"),
        (wanted(URL, bulk=True), "nothing that could be listed"),
        (wanted(list="oss://a-b/c", selection={"include": ["x"]}), "--include"),
        (wanted(URL, selection={"include": ["x"]}), "--include and --exclude are for a prefix"),
        (wanted(URL, terms={"naming": "path"}), "--naming is for several sources"),
        (wanted(URL, terms={"fail_above": 0}), "--fail-above is for several sources"),
        (wanted(*[URL] * 1001), "--list"),
    ],
)
def test_what_makes_no_sense_is_refused(case: Wanted, reason: str) -> None:
    """Before anything is asked."""
    with pytest.raises(Misuse, match=reason):
        event_of(case)


def test_what_is_asked_is_told_without_secrets() -> None:
    """Also of events that others sent."""
    event = {
        "source_url": f"{URL}?sig=secret",
        "target_bucket_name": "b",
        "target_object_name": "k",
    }
    assert described(event) == f"{URL} to oss://b/k"
    assert described({"kind": "sweep"}) == "sweep"
    assert described({"events": []}) == "an event of a trigger"
    assert described({"kind": "bulk", "id": "x", "again": "failed"}) == "failed items of x"


def test_an_event_that_is_too_large_is_refused() -> None:
    """Function Compute would refuse it, with less to say."""
    with pytest.raises(Misuse, match="--list"):
        encoded({"items": ["x" * 200_000]})
