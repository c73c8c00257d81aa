"""What a job consists of: rows of a list, or of listings, as items or as what they already are."""

from __future__ import annotations

from typing import Any

import pytest

from ossferry.bulk.supply import from_list, from_prefix, from_waiting, look_through
from ossferry.entries import Entry
from ossferry.errors import InvalidEvent
from ossferry.items.waiting import waiting_row
from ossferry.jobs import BulkJob, Thaw
from ossferry.ledger.head import Cursor
from ossferry.lists.rows import Row, Rows, Unreadable
from ossferry.names import ObjectName
from ossferry.origins.place import ForeignName
from ossferry.small.item import Item

TARGET = ObjectName("cn-hangzhou", "my-bucket", "out/")
SOURCE = ObjectName("cn-hangzhou", "other-bucket", "in/")
JOB = BulkJob(TARGET)


def rows(*found: Row | Unreadable) -> Rows:
    return Rows("urls", iter(found))


def line(number: int, key: str = "", **fields: Any) -> Row:
    name = key or f"out/{number}"
    return Row(number, {"source_url": "https://x/y", "target_object_name": name, **fields})


def entry(key: str, etag: str = "E", size: int = 5, **fields: Any) -> Entry:
    return Entry(key, size, etag, 1000.0, **fields)


def prefix(sources: list[Entry], targets: list[Entry], **fields: Any) -> list[Any]:
    job = BulkJob(TARGET, source=SOURCE, **fields)
    found = from_prefix(SOURCE, iter(sources), iter(targets), job, Cursor())
    return [each.content for each in found]


def test_a_list_goes_on_behind_its_cursor() -> None:
    """By the numbers of its lines, whatever stands in those before."""
    supply = list(from_list(rows(line(1), Unreadable(2, "x"), line(5)), JOB, Cursor(2), 5))
    assert [each.cursor for each in supply] == [Cursor(5)]
    assert supply[0].item
    assert supply[0].item.look
    assert supply[0].item.event["overwrite"] == "different"


def test_a_line_that_cannot_be_read_is_a_failure_of_its_own() -> None:
    """Told with its reason, and without anything of the line."""
    (found,) = from_list(rows(Unreadable(3, "no URL")), JOB, Cursor(), 9)
    assert found.item is None
    assert isinstance(found.content, dict)
    assert (found.content["cause"], found.content["error"]) == ("event", "no URL")


def test_a_list_of_failures_is_a_list_again() -> None:
    """What it tells of the failure is left out; a URL without its query cannot be read."""
    told: dict[str, Any] = {"item": 7, "cause": "network", "error_type": "SourceBusy", "error": "x"}
    one, two = from_list(rows(line(1, **told), line(2, query=True, **told)), JOB, Cursor(), 0)
    assert one.item
    assert not told.keys() & one.item.event.keys()
    assert isinstance(two.content, dict)
    assert "again: failed" in two.content["error"]


def test_the_size_that_a_list_gives_is_known() -> None:
    """It decides how slices are packed; what is no number does not."""
    one, two = from_list(
        rows(line(1, expected_size=7), line(2, expected_size="7")), JOB, Cursor(), 0
    )
    assert (one.size, two.size) == (7, 0)


@pytest.mark.parametrize(
    ("found", "strict", "told"),
    [
        ([line(1, "a"), line(2, "a")], False, "lines 1 and 2: a"),
        ([line(1), Unreadable(2, "its key leaves the prefix", leaves=True)], False, "line 2: its"),
        ([line(1), Unreadable(2, "no URL")], True, "line 2: no URL"),
    ],
)
def test_a_list_that_is_up_to_no_good_is_refused(found: list[Any], strict: bool, told: str) -> None:
    """Before anything is copied."""
    with pytest.raises(InvalidEvent, match=told):
        look_through(lambda: rows(*found), BulkJob(TARGET, strict=strict))


def test_a_list_with_some_bad_lines_is_none_to_refuse() -> None:
    """What is counted is told of it."""
    looked = look_through(lambda: rows(line(1, expected_size=5), Unreadable(2, "x")), JOB)
    assert looked == ("urls", 2)


def test_what_listings_tell_is_not_asked_again() -> None:
    """Proven to be there, or to be kept; looked at where only its checksum tells."""
    md5 = "0" * 32
    found = prefix(
        [entry("in/a", md5), entry("in/b", "X-1"), entry("in/c"), entry("in/d", size=7)],
        [entry("out/a", md5), entry("out/b", "Y-1"), entry("out/d")],
    )
    assert found[0]["outcome"] == "unchanged"
    assert [each.look for each in found[1:]] == [True, False, False]
    assert [each.event["overwrite"] for each in found[1:]] == ["different", "always", "always"]
    assert [each.number for each in found[1:]] == [2, 3, 4]
    assert found[2] == Item(
        3,
        {
            "source_url": "oss://other-bucket/in/c",
            "source_region": "cn-hangzhou",
            "target_object_name": "out/c",
            "overwrite": "always",
        },
        False,
        5,
        "E",
    )


def test_a_prefix_of_another_cloud_has_items_of_names_alone() -> None:
    """Where they are, and by what keys they are read, is what the event said; what is archived is
    asked for, as it may be restored."""
    where = ForeignName("s3", "films", "in/", "eu-west-1")
    job = BulkJob(TARGET, source=where, elsewhere={"credentials": "aws"})
    sources = [entry("in/a", "F" * 32), entry("in/b"), entry("in/c", storage_class="Archive")]
    targets = [entry("out/a", "F" * 32)]
    found = [
        each.content for each in from_prefix(where, iter(sources), iter(targets), job, Cursor())
    ]
    assert isinstance(found[0], dict)
    assert (found[0]["outcome"], found[0]["source"]) == ("unchanged", "s3://films/in/a")
    event = {"target_object_name": "out/b", "overwrite": "always", "credentials": "aws"}
    assert found[1] == Item(2, {"source_url": "s3://films/in/b", **event}, False, 5)
    assert isinstance(found[2], Item)


def test_rows_of_other_clouds_have_what_the_event_says_of_them() -> None:
    """Unless they say it themselves; the others have none of it."""
    job = BulkJob(
        TARGET, source_region="cn-beijing", elsewhere={"source_region": "r-1", "credentials": "c"}
    )
    found = from_list(
        rows(
            line(1, source_url="s3://films/a"),
            line(2, source_url="cos://films-1250000000/a", source_region="r-2"),
            line(3, source_url="oss://other-bucket/a"),
            line(4),
        ),
        job,
        Cursor(),
        0,
    )
    named = ("source_region", "credentials")
    told = [[each.item.event.get(name) for name in named] for each in found if each.item]
    assert told == [["r-1", "c"], ["r-2", "c"], ["cn-beijing", None], [None, None]]


def test_never_is_held_where_the_listing_says_nothing_too() -> None:
    """Somebody may be faster than this job."""
    found = prefix([entry("in/a"), entry("in/b")], [entry("out/a")], overwrite="never")
    assert found[0]["outcome"] == "skipped"
    assert found[1].event["overwrite"] == "never"


def test_what_cannot_be_copied_is_told() -> None:
    """A symlink, and a key that would become too long, or empty."""
    long = "k" * 1023
    found = prefix([entry("in/a", type="Symlink"), entry(f"in/{long}")], [])
    assert [each["outcome"] for each in found] == ["skipped", "failed"]
    empty = BulkJob(TARGET._replace(key=""), source=SOURCE)
    (each,) = from_prefix(SOURCE, iter([entry("in/")]), iter(()), empty, Cursor())
    assert isinstance(each.content, dict)
    assert each.content["outcome"] == "failed"


def test_ossferrys_own_records_are_not_copied() -> None:
    """Of a bucket as a whole."""
    whole = SOURCE._replace(key="")
    job = BulkJob(TARGET, source=whole)
    found = list(
        from_prefix(whole, iter([entry(".ossferry/x"), entry("a")]), iter(()), job, Cursor(9))
    )
    assert [each.cursor for each in found] == [Cursor(10, "a")]


READY = 'ongoing-request="false", expiry-date="Fri, 15 Jan 2027 08:00:00 GMT"'


@pytest.mark.parametrize("direct", [False, True])
@pytest.mark.parametrize("kind", ["Archive", "ColdArchive", "DeepColdArchive"])
def test_what_a_listing_calls_frozen_fails_unasked(kind: str, direct: bool) -> None:
    """By class and restore, unless it may be read for its price."""
    under_way = 'ongoing-request="true"'
    found = prefix(
        [entry("in/a", storage_class=kind), entry("in/b", storage_class=kind, restore=under_way)],
        [],
        common={"direct_read": True} if direct else {},
    )
    if direct and kind == "Archive":
        assert [each.event["source_url"] for each in found] == [
            "oss://other-bucket/in/a",
            "oss://other-bucket/in/b",
        ]
        return
    assert [(each["outcome"], each["cause"], each["error_type"]) for each in found] == [
        ("failed", "source", "SourceArchived")
    ] * 2
    assert [each["key"] for each in found] == ["out/a", "out/b"]
    assert [each["size"] for each in found] == [5, 5]
    assert found[0]["error"].startswith(f"oss://other-bucket/in/a is in the class {kind}")
    assert "a restore of it is under way" in found[1]["error"]


def test_what_needs_no_copy_may_be_frozen() -> None:
    """Proven to be there, or to be kept."""
    md5 = "0" * 32
    same = prefix([entry("in/a", md5, storage_class="ColdArchive")], [entry("out/a", md5)])
    assert same[0]["outcome"] == "unchanged"
    kept = prefix([entry("in/a", storage_class="Archive")], [entry("out/a")], overwrite="never")
    assert kept[0]["outcome"] == "skipped"


def test_a_restored_object_is_an_item() -> None:
    """One that would be read for a price if its restore ended is looked at when its turn comes."""
    kinds = ("Archive", "ColdArchive", "Standard")
    found = prefix([entry(f"in/{k}", storage_class=k, restore=READY) for k in kinds], [])
    assert [each.etag for each in found] == ["", "E", "E"]
    assert [each.size for each in found] == [5, 5, 5]


def test_what_waited_comes_once_more_behind_a_cursor() -> None:
    """By its place among those that waited, which is the same each time."""
    items = [
        Item(n, {"source_url": f"oss://b/{n}", "target_object_name": f"out/{n}"}, restores=1)
        for n in (3, 8, 5)
    ]
    waiting = [waiting_row(item, "Archive") for item in items]
    all_of_it = [*from_waiting(iter(waiting), Cursor())]
    assert [each.content for each in all_of_it] == items
    assert [each.cursor for each in all_of_it] == [Cursor(1), Cursor(2), Cursor(3)]
    assert all(each.waits and each.entry is None for each in all_of_it)
    for place, each in enumerate(all_of_it, 1):
        assert [*from_waiting(iter(waiting), each.cursor)] == all_of_it[place:]


@pytest.mark.parametrize("restore", ["", 'ongoing-request="true"'])
@pytest.mark.parametrize("storage_class", ["Archive", "ColdArchive"])
def test_what_is_archived_is_an_item_of_a_job_that_restores(
    storage_class: str, restore: str
) -> None:
    """And a failure of any other. What is restored has the key of its source."""
    frozen = entry("in/a", storage_class=storage_class, restore=restore)
    (refused,) = prefix([frozen], [])
    assert refused["error_type"] == "SourceArchived"
    (copied,) = prefix([frozen], [], thaw=Thaw(3, None))
    assert copied.event["target_object_name"] == "out/a"
    (restored,) = prefix([frozen], [], thaw=Thaw(3, None, copies=False), overwrite="always")
    assert restored.event["target_object_name"] == "in/a"
    assert isinstance(copied, Item)
    assert isinstance(restored, Item)
