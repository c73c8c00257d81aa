"""OSS's trigger events: which objects are copied where, and what would loop."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.errors import InvalidEvent
from ossferry.events.parse import parse
from ossferry.jobs import BatchJob, BulkJob, TransferJob
from ossferry.names import ObjectName
from ossferry.settings import Settings

TARGET = Settings(target_bucket="archive", target_region="cn-beijing")


def entry(key: str = "a.txt", event: str = "ObjectCreated:PutObject", **changes: Any) -> Any:
    """One entry as OSS writes it; what a reader does not need is there as well."""
    return {
        "eventName": event,
        "eventSource": "acs:oss",
        "eventTime": "2024-01-01T00:00:00.000Z",
        "eventVersion": "1.0",
        "oss": {
            "bucket": {"arn": "acs:oss:cn-hangzhou:1:uploads", "name": "uploads"},
            "object": {"deltaSize": 5, "eTag": "5D41", "key": key, "size": 5},
            "ossSchemaVersion": "1.0",
            "ruleId": "rule",
        },
        "region": "cn-hangzhou",
        "requestParameters": {"sourceIPAddress": "203.0.113.5"},
        "responseElements": {"requestId": "5"},
        "userIdentity": {"principalId": "1"},
        **changes,
    }


def batch(*entries: Any, settings: Settings = TARGET) -> BatchJob:
    job = parse({"events": list(entries)}, settings)
    assert isinstance(job, BatchJob)
    return job


def only(job: BatchJob) -> TransferJob:
    (message,) = job.messages
    assert isinstance(message.job, TransferJob)
    return message.job


def refused(job: BatchJob) -> str:
    (message,) = job.messages
    assert isinstance(message.job, InvalidEvent)
    return str(message.job)


def test_the_uploaded_object_is_the_source_and_settings_name_the_target() -> None:
    """Same key, other bucket, other region."""
    assert only(batch(entry("folder/a.txt"))) == TransferJob(
        source=ObjectName("cn-hangzhou", "uploads", "folder/a.txt"),
        target=ObjectName("cn-beijing", "archive", "folder/a.txt"),
    )


def test_the_target_is_in_the_region_of_the_source_unless_set() -> None:
    """And below the prefix that is set; a region's name may carry OSS's prefix."""
    settings = Settings(target_bucket="archive", target_prefix="in/")
    assert only(batch(entry(region="oss-cn-hangzhou"), settings=settings)).target == ObjectName(
        "cn-hangzhou", "archive", "in/a.txt"
    )


@pytest.mark.parametrize(
    ("key", "decoded"),
    [
        ("日本/語.txt", None),
        ("a b.txt", None),
        ("a%zz", None),
        ("a+b", "a b"),
        ("a%2Bb", "a+b"),
        ("a%20b+c", "a b c"),
        ("%E6%97%A5", "日"),
        ("%2561", "%61"),
    ],
)
def test_keys_are_read_as_written_first_and_decoded_if_there_is_no_such_object(
    key: str, decoded: str | None
) -> None:
    """OSS is not clear about whether keys are percent-encoded, so both readings are tried."""
    job = only(batch(entry(key)))
    assert (job.source, job.target.key) == (ObjectName("cn-hangzhou", "uploads", key), key)
    if decoded is None:
        assert job.fallback is None
    else:
        assert job.fallback == TransferJob(
            ObjectName("cn-hangzhou", "uploads", decoded),
            ObjectName("cn-beijing", "archive", decoded),
        )


def test_what_an_entry_can_be_asked_for_again_with_is_an_event_of_it_alone() -> None:
    """A batch of one message keeps the event that it came with."""
    first, second = entry("a"), entry("b")
    documents = [message.document for message in batch(first, second).messages]
    assert documents == [{"events": [first]}, {"events": [second]}]
    (alone,) = batch(first).messages
    assert alone.document == {"events": [first]}


def test_each_entry_is_a_transfer_of_its_own() -> None:
    """A batch keeps its order, and one bad entry does not take the others down."""
    job = batch(entry("a"), {"eventName": "ObjectCreated:PutObject"}, entry("b"))
    first, second, third = (message.job for message in job.messages)
    assert isinstance(first, TransferJob)
    assert isinstance(second, InvalidEvent)
    assert isinstance(third, TransferJob)
    assert (first.target.key, third.target.key, job.ignored) == ("a", "b", 0)


@pytest.mark.parametrize(
    "event",
    [
        "ObjectCreated:PutObject",
        "ObjectCreated:PostObject",
        "ObjectCreated:CopyObject",
        "ObjectCreated:CompleteMultipartUpload",
        "ObjectCreated:AppendObject",
        "ObjectCreated:PutSymlink",
        "oss:ObjectCreated:PutObject",
    ],
)
def test_events_that_say_that_an_object_is_there_are_done(event: str) -> None:
    """Each way in which an object can come to be, in both spellings."""
    assert len(batch(entry(event=event)).messages) == 1


@pytest.mark.parametrize(
    "event",
    [
        "ObjectCreated:InitiateMultipartUpload",
        "ObjectCreated:UploadPart",
        "ObjectCreated:UploadPartCopy",
        "ObjectRemoved:DeleteObject",
        "ObjectCreated:*",
        "",
    ],
)
def test_all_other_events_are_counted_and_ignored(event: str) -> None:
    """One multipart upload fires several events, of which one says that the object is there."""
    job = batch(entry(event=event), entry())
    assert (len(job.messages), job.ignored) == (1, 1)


@pytest.mark.parametrize(
    ("key", "ignored"),
    [
        (".ossferry/a.json", 1),
        (".ossferry/outcomes/r.json", 1),
        (".ossferry", 0),
        ("a/.ossferry/b", 0),
    ],
)
def test_records_of_our_own_are_not_copied(key: str, ignored: int) -> None:
    """A trigger that watches a whole target bucket sees them come and go."""
    job = batch(entry(key))
    assert (job.ignored, len(job.messages)) == (ignored, 1 - ignored)


@pytest.mark.parametrize("entries", [[], "x", None, {}, 5])
def test_events_that_are_no_list_are_refused(entries: object) -> None:
    """An empty list included: no trigger sends one."""
    with pytest.raises(InvalidEvent, match="events"):
        parse({"events": entries}, TARGET)


def test_a_trigger_needs_a_target() -> None:
    """Without the setting nobody knows where to; the message names it."""
    assert "OSSFERRY_TARGET_BUCKET" in refused(batch(entry(), settings=Settings()))


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        (Settings(target_bucket="uploads"), "a.txt"),
        (Settings(target_bucket="uploads", target_region="oss-cn-hangzhou"), "a.txt"),
        (Settings(target_bucket="uploads", target_prefix="out/"), "out/a.txt"),
        (Settings(target_bucket="uploads", target_prefix="out/"), "out/out/a.txt"),
    ],
)
def test_writing_to_where_the_trigger_listens_is_refused(settings: Settings, key: str) -> None:
    """It would fire the trigger again, for ever."""
    assert "loop" in refused(batch(entry(key), settings=settings))


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        (Settings(target_bucket="uploads", target_region="cn-beijing"), "a.txt"),
        (Settings(target_bucket="uploads", target_prefix="out/"), "a.txt"),
        (Settings(target_bucket="other"), "a.txt"),
    ],
)
def test_another_region_bucket_or_prefix_does_not_loop(settings: Settings, key: str) -> None:
    """A bucket's name means another bucket in another region."""
    assert only(batch(entry(key), settings=settings))


def test_a_decoded_reading_that_would_loop_is_not_tried() -> None:
    """The refusal holds for each reading by itself."""
    settings = Settings(target_bucket="uploads", target_prefix="out/")
    assert only(batch(entry("out%2Fa"), settings=settings)).fallback is None


@pytest.mark.parametrize(
    "changes",
    [
        {"region": "cn-x.evil.example/"},
        {"region": 5},
        {"region": None},
        {"oss": None},
        {"oss": {"bucket": {"name": "evil.example/"}, "object": {"key": "a"}}},
        {"oss": {"bucket": {"name": ["a"]}, "object": {"key": "a"}}},
        {"oss": {"bucket": {"name": "uploads"}, "object": {"key": ""}}},
        {"oss": {"bucket": {"name": "uploads"}, "object": {"key": "x" * 1024}}},
        {"oss": {"bucket": {"name": "uploads"}, "object": {"key": "\ud800"}}},
        {"oss": {"bucket": {"name": "uploads"}}},
    ],
)
def test_an_entry_that_names_no_object_of_oss_is_refused(changes: dict[str, Any]) -> None:
    """Region and bucket become the host that credentials are used with: nothing else gets there."""
    assert refused(batch(entry(**changes)))


@given(
    st.lists(
        st.fixed_dictionaries(
            {"eventName": st.just("ObjectCreated:PutObject")},
            optional={
                "region": st.text(max_size=12) | st.just("cn-hangzhou"),
                "oss": st.none()
                | st.fixed_dictionaries(
                    {
                        "bucket": st.fixed_dictionaries({"name": st.text(max_size=9)}),
                        "object": st.fixed_dictionaries({"key": st.text() | st.integers()}),
                    }
                ),
            },
        ),
        min_size=1,
    )
)
def test_any_entry_is_a_transfer_or_an_invalid_event(entries: list[Any]) -> None:
    """As many answers as entries, each a job or a refusal."""
    job = batch(*entries)
    assert len(job.messages) == len(entries)
    assert all(isinstance(each.job, TransferJob | InvalidEvent) for each in job.messages)


@pytest.mark.parametrize("key", ["%2Eossferry/0/a.json", "%2eossferry%2F0%2Fa.json"])
def test_no_other_reading_of_a_key_leads_to_a_record(key: str) -> None:
    """A record holds what children are trusted for: a copy of it would be anybody's to read."""
    settings = Settings(target_bucket="archive", target_prefix="in/")
    assert only(batch(entry(key), settings=settings)).fallback is None
    assert batch(entry(".ossferry/0/a.json"), settings=settings).messages == ()


LISTS = TARGET._replace(list_prefix="lists/")


@pytest.mark.parametrize(
    "key",
    ["lists/a.urls", "lists/b/c.tsv", "lists/a.csv", "lists/a.jsonl.gz", "lists/m/manifest.json"],
)
def test_a_list_that_arrives_where_lists_are_expected_is_a_job_of_its_items(key: str) -> None:
    """The settings name the target, as for any other object."""
    (message,) = batch(entry(key), settings=LISTS).messages
    assert message.job == BulkJob(
        target=ObjectName("cn-beijing", "archive", ""),
        list=ObjectName("cn-hangzhou", "uploads", key),
    )


@pytest.mark.parametrize("key", ["lists/a.csv.tmp", "lists/data.bin", "lists/"])
def test_what_arrives_beside_lists_asks_for_nothing(key: str) -> None:
    """It may be a file that a manifest names."""
    job = batch(entry(key), settings=LISTS)
    assert (job.messages, job.ignored) == ((), 1)


@pytest.mark.parametrize("key", ["a.urls", "other/lists/a.csv"])
def test_a_list_elsewhere_is_an_object_like_any_other(key: str) -> None:
    """So is every list where nobody has set a place for lists."""
    assert only(batch(entry(key), settings=LISTS)).target.key == key
    assert only(batch(entry(f"lists/{key}"))).target.key == f"lists/{key}"


@pytest.mark.parametrize("prefix", ["", "lists/", "lists/done/"])
def test_a_list_whose_items_could_be_lists_that_arrive_is_refused(prefix: str) -> None:
    """They would start jobs, without an end."""
    settings = Settings(target_bucket="uploads", target_prefix=prefix, list_prefix="lists/")
    assert "could loop" in refused(batch(entry("lists/a.urls"), settings=settings))
