"""What people write for many items: a list or a prefix, and what of it makes no sense."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.errors import InvalidEvent
from ossferry.events.bulk import bulk_of
from ossferry.jobs import BulkJob, Selection
from ossferry.names import ObjectName
from ossferry.origins.place import ForeignName
from ossferry.settings import Settings
from ossferry.urls import Url

TARGET = {"target_region": "cn-hangzhou", "target_bucket_name": "my-bucket"}
LIST = {**TARGET, "list": "https://example.com/list.csv?token=secret"}
PREFIX = {**TARGET, "source": "oss://other-bucket/in/"}


def read(document: dict[str, Any], region: str = "cn-shanghai", **settings: Any) -> BulkJob:
    return bulk_of(document, Settings(**settings), region)


def test_a_list_and_where_its_items_go() -> None:
    """The rest is as it is if nobody says anything else."""
    job = read({**LIST, "target_prefix": "out/"})
    assert job == BulkJob(
        ObjectName("cn-hangzhou", "my-bucket", "out/"),
        Url("https://example.com/list.csv?token=secret"),
        source_region="cn-shanghai",
    )
    assert job.overwrite == "different"
    assert "secret" not in repr(job)


def test_a_prefix_is_in_the_functions_own_region_unless_it_is_said() -> None:
    """A bucket as a whole as well."""
    assert read(PREFIX).source == ObjectName("cn-shanghai", "other-bucket", "in/")
    named = {**PREFIX, "source": "oss://other-bucket", "source_region": "oss-cn-beijing"}
    assert read(named).source == ObjectName("cn-beijing", "other-bucket", "")


def test_a_list_may_be_in_oss() -> None:
    """Read as the function's role may."""
    assert read({**TARGET, "list": "oss://other-bucket/l.csv"}).list == ObjectName(
        "cn-shanghai", "other-bucket", "l.csv"
    )


def test_the_target_may_come_from_the_settings() -> None:
    """Then an event is a list alone."""
    job = read({"list": "https://example.com/l"}, target_region="cn-beijing", target_bucket="their")
    assert job.target == ObjectName("cn-beijing", "their", "")


def test_every_field_is_read() -> None:
    """Into the job that it makes."""
    job = read(
        {
            **PREFIX,
            "kind": "bulk",
            "id": "my-job_1",
            "include": "*.gz",
            "exclude": ["a*", "b*"],
            "min_size": 1,
            "max_size": "5000",
            "modified_after": "2026-01-31T12:00:00Z",
            "modified_before": "2026-01-31T12:00:00+08:00",
            "overwrite": "newer",
            "dry_run": True,
            "fail_above": "5%",
            "max_children": 7,
            "storage_class": "IA",
            "direct_read": True,
            "metadata": {"a": "b"},
        }
    )
    assert job.selection == Selection(
        ("*.gz",), ("a*", "b*"), 1, 5000, 1769860800.0, 1769860800.0 - 8 * 3600
    )
    assert (job.id, job.overwrite, job.dry_run) == ("my-job_1", "newer", True)
    listed = read({**LIST, "naming": "path", "strict": True})
    assert (listed.naming, listed.strict) == ("path", True)
    assert (job.fail_above, job.max_children) == (0.05, 7)
    assert job.common == {"storage_class": "IA", "metadata": {"a": "b"}, "direct_read": True}


def test_a_field_that_says_nothing_asks_for_the_same_job() -> None:
    """Or the job would not be found again."""
    assert read({**LIST, "direct_read": False}) == read(LIST)


@pytest.mark.parametrize(
    ("fields", "wants"),
    [({"status": True}, "status"), ({"stop": True}, "stop"), ({"again": "failed"}, "again")],
)
def test_a_job_that_is_there_is_named_by_its_id(fields: dict[str, Any], wants: str) -> None:
    """For what else may be wanted of it; without an id it could be any."""
    assert read({**TARGET, "id": "a", **fields}).wants == wants
    with pytest.raises(InvalidEvent, match="id is missing"):
        read({**TARGET, **fields})


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"list": None}, "either list or source"),
        ({"source": "oss://other-bucket/"}, "either list or source"),
        ({"list": "ftp://x/y"}, "list begins with ftp"),
        ({"list": "oss://UPPER/y"}, "list must be"),
        ({"id": "-x"}, "id must be"),
        ({"id": "a/b"}, "id must be"),
        ({"id": "x" * 65}, "id must be"),
        ({"target_prefix": "/x"}, "target_prefix"),
        ({"target_prefix": ".ossferry/x"}, "target_prefix"),
        ({"target_prefix": ".oss"}, "target_prefix"),
        ({"target_prefix": ".ossferry/"}, "target_prefix"),
        ({"target_bucket_name": None}, "target_bucket_name is missing"),
        ({"target_region": None}, "target_region is missing"),
        ({"target_object_name": "x"}, "target_object_name is not a field"),
        ({"overwrite": "newer"}, "overwrite newer is for a prefix"),
        ({"overwrite": "sometimes"}, "overwrite"),
        ({"naming": "size"}, "naming"),
        ({"fail_above": -1}, "fail_above"),
        ({"fail_above": True}, "fail_above"),
        ({"fail_above": 0.5}, "fail_above"),
        ({"fail_above": "5"}, "fail_above"),
        ({"fail_above": "101%"}, "fail_above"),
        ({"strict": 1}, "strict must be true or false"),
        ({"strict": 0.0}, "strict must be true or false"),
        ({"dry_run": "yes"}, "dry_run must be true or false"),
        ({"include": [""]}, "include"),
        ({"include": ["x"] * 101}, "include"),
        ({"include": {"a": 1}}, "include"),
        ({"max_children": -1}, "max_children"),
        ({"modified_after": "yesterday"}, "modified_after"),
        ({"storage_class": "Cheap"}, "storage_class"),
        ({"direct_read": 1}, "direct_read must be true or false"),
        ({"direct_read": 0}, "direct_read must be true or false"),
        ({"metadata": {"ossferry": "x"}}, "metadata"),
        ({"source_headers": {"Host": "x"}}, "source_headers"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_asked(
    fields: dict[str, Any], told: str
) -> None:
    """With the name of the field, and without secrets."""
    with pytest.raises(InvalidEvent, match=told) as raised:
        read({**LIST, **fields})
    assert "secret" not in raised.value.message


@pytest.mark.parametrize(
    "source", ["https://x/y", "oss://", "oss://UPPER/", "oss:/other-bucket/in", "other-bucket"]
)
def test_a_source_is_a_prefix_in_oss(source: str) -> None:
    """One URL is a transfer's source_url."""
    with pytest.raises(InvalidEvent, match="source must be like oss://bucket/prefix"):
        read({**PREFIX, "source": source})


@pytest.mark.parametrize(
    ("source", "key"),
    [("s3://films/a b/?", "a b/?"), ("s3://films", ""), ("cos://films-1250000000/", "")],
)
def test_a_source_may_be_a_prefix_in_another_cloud(source: str, key: str) -> None:
    """Its place is what the event says, and else what the settings do; never the function's."""
    job = read({**TARGET, "source": source, "credentials": "aws"})
    assert isinstance(job.source, ForeignName)
    assert (job.source.key, job.source.region, job.elsewhere) == (key, None, {"credentials": "aws"})
    job = read({**TARGET, "source": source, "source_region": "eu-west-1"})
    assert isinstance(job.source, ForeignName)
    assert job.source.region == "eu-west-1"


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"source": "cos://films/"}, "source must be like cos://"),
        ({"source": "s3://a"}, "source must be like s3://"),
        ({"source": "gs://films/a"}, "source must be like oss://bucket/prefix, or s3://"),
        ({"source_endpoint": "minio:9000"}, "source_endpoint must be scheme and host"),
        ({"credentials": "AKID:secret"}, "credentials must be a name"),
        ({"thaw": True}, "thaw is for objects in OSS"),
        ({"kind": "thaw", "target_prefix": None}, "thaw is for objects in OSS"),
        ({"source": "oss://other-bucket/in/", "credentials": "aws"}, "are for sources in other"),
    ],
)
def test_what_makes_no_sense_of_other_clouds_is_refused(fields: dict[str, Any], told: str) -> None:
    """In a sentence, which shows no keys."""
    with pytest.raises(InvalidEvent, match=told) as raised:
        read({**TARGET, "source": "s3://films/in/", **fields})
    assert "secret" not in raised.value.message


@pytest.mark.parametrize(
    ("source", "prefix", "refused"),
    [
        ("oss://my-bucket/a/", "a/b/", True),
        ("oss://my-bucket/a/b/", "a/", True),
        ("oss://my-bucket/", "copies/", True),
        ("oss://my-bucket/a/", "", True),
        ("oss://my-bucket/a/", "a/", True),
        ("oss://my-bucket/a", "ab/", True),
        ("oss://my-bucket/a/", "b/", False),
        ("oss://other-bucket/a/", "a/", False),
    ],
)
def test_copies_are_not_copied_again(source: str, prefix: str, refused: bool) -> None:
    """Of two prefixes of one bucket neither may lead into the other."""
    event = {**TARGET, "source": source, "source_region": "cn-hangzhou", "target_prefix": prefix}
    if refused:
        with pytest.raises(InvalidEvent, match="lie in each other"):
            read(event)
    else:
        assert read(event).source


@given(
    st.dictionaries(
        st.sampled_from(
            [
                *("list", "source", "id", "include", "strict", "fail_above", "modified_after"),
                *("again", "target_prefix", "min_size", "overwrite", "metadata", "kind", "odd"),
            ]
        ),
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats()
        | st.text(max_size=9)
        | st.lists(st.text(max_size=3), max_size=3)
        | st.dictionaries(st.text(), st.text(), max_size=2),
    )
)
def test_any_event_is_a_job_or_refused(fields: dict[str, Any]) -> None:
    """Nothing else is ever raised."""
    with suppress(InvalidEvent):
        assert read({**TARGET, **fields})
