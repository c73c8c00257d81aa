"""A page for a flow: what is in it, what it may weigh, and where the next one begins."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.entries import Page
from ossferry.events.published import ListArchived
from ossferry.names import ObjectName
from ossferry.published.page import MOST_BYTES, page_reply
from tests.published.listings import DAY, NOW, ONGOING, Bucket, entry, readable_until

BUCKET = ObjectName("cn-hangzhou", "my-bucket", "")


def job(group_size: int | None = None, marker: str = "", max_keys: int = 1000) -> ListArchived:
    return ListArchived(BUCKET, "", marker, max_keys, group_size)


def reply(page: Page, group_size: int | None = None) -> dict[str, Any]:
    return cast(dict[str, Any], page_reply(job(group_size), page, NOW))


def keys_of(found: dict[str, Any]) -> list[str]:
    """Return the keys of a reply, whichever form they have."""
    groups = [found["files"]] if "files" in found else found["filesGroup"]
    return [key for group in groups for key in group]


def test_only_what_has_to_be_restored_is_listed() -> None:
    """Of each archived class; what is under way is waited for, what can be read is not."""
    entries = (
        entry("1", "Standard"),
        entry("2", "Archive"),
        entry("3", "ColdArchive"),
        entry("4", "DeepColdArchive"),
        entry("5", "IA"),
        entry("6", "Archive", ONGOING),
        entry("7", "Archive", readable_until(NOW + DAY)),
        entry("8", "Archive", readable_until(NOW - 1)),
    )
    assert reply(Page(entries, False)) == {
        "bucketName": "my-bucket",
        "files": ["2", "3", "4", "6", "8"],
        "marker": "",
        "end": "true",
        "empty": "false",
        "archiveFilesCount": 5,
    }


def test_groups_are_as_large_as_asked() -> None:
    """The last one may be smaller; then there is no flat list."""
    found = reply(Page(tuple(entry(each) for each in "abcde"), False), 2)
    assert found["filesGroup"] == [["a", "b"], ["c", "d"], ["e"]]
    assert "files" not in found


def test_groups_may_be_objects() -> None:
    """A state of a state machine gets an object, and nothing else."""
    asked = ListArchived(BUCKET, "", "", 1000, 2, objects=True)
    found = page_reply(asked, Page(tuple(entry(each) for each in "abc"), False), NOW)
    assert found["filesGroup"] == [{"files": ["a", "b"]}, {"files": ["c"]}]


@pytest.mark.parametrize("group_size", [None, 3])
def test_a_page_without_archived_objects_is_empty(group_size: int | None) -> None:
    """And leads on to the next one if there is one."""
    found = reply(Page((entry("a", "Standard"), entry("b", "IA")), True), group_size)
    assert (found["empty"], found["archiveFilesCount"]) == ("true", 0)
    assert (found["end"], found["marker"]) == ("false", "b")
    assert found.get("files", found.get("filesGroup")) == []
    last = reply(Page((), False), group_size)
    assert (last["empty"], last["end"], last["marker"]) == ("true", "true", "")


@given(
    st.lists(st.text(min_size=1, max_size=300), unique=True, max_size=60),
    st.sampled_from(["Archive", "Standard", "ColdArchive"]),
    st.integers(1, 40),
    st.none() | st.integers(1, 50),
)
def test_pages_lead_through_the_whole_bucket(
    keys: list[str], other: str, most: int, group_size: int | None
) -> None:
    """Each archived object is on one page, none on two, and no page is too large for a flow."""
    entries = [entry(key, "Archive" if n % 2 else other) for n, key in enumerate(keys)]
    bucket, marker, seen = Bucket(entries), "", list[str]()
    while True:
        asked = job(group_size, marker, most)
        found = cast(dict[str, Any], page_reply(asked, bucket.page("", marker, most), NOW))
        files = keys_of(found)
        seen += files
        assert len(files) == found["archiveFilesCount"]
        content = found["files"] if group_size is None else found["filesGroup"]
        assert len(json.dumps(content, ensure_ascii=False).encode()) <= MOST_BYTES + len("[]")
        marker = found["marker"]
        if found["end"] == "true":
            break
    assert marker == ""
    assert seen == sorted(each.key for each in entries if each.storage_class != "Standard")


@pytest.mark.parametrize("group_size", [None, 1, 7, 1000])
def test_a_page_that_would_be_too_large_ends_sooner(group_size: int | None) -> None:
    """The marker is where it ends, so that nothing is left out."""
    entries = tuple(entry(f"{'k' * 200}{n:04}") for n in range(1000))
    found = reply(Page(entries, False), group_size)
    files = keys_of(found)
    assert 60 < len(files) < 75
    assert (found["marker"], found["end"]) == (files[-1], "false")


def test_the_longest_keys_fit() -> None:
    """At least one of them, of letters that JSON writes long."""
    keys = ["\x01" * 1022 + each for each in "abcdef"]
    assert reply(Page(tuple(map(entry, keys)), False), 1)["archiveFilesCount"] == 2
