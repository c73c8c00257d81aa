"""Where items come from: which lists are the same, and what a manifest may lead to."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

import ossferry.bulk.source as room
from ossferry.bulk.source import Opened, opened
from ossferry.entries import Entry, Page
from ossferry.errors import InvalidEvent
from ossferry.jobs import BulkJob
from ossferry.ledger.head import Cursor
from ossferry.names import ObjectName
from ossferry.small.item import Item
from ossferry.urls import Url

TARGET = ObjectName("cn-hangzhou", "my-bucket", "out/")
JOB = BulkJob(TARGET)
NOBODY: Any = None


def of_items(*urls: str, **fields: str) -> Opened:
    bucket: Any = SimpleNamespace(page=lambda prefix, after, most: Page((), False))
    job = replace(JOB, items=tuple({"source_url": url, **fields} for url in urls))
    with opened(job, NOBODY, bucket) as found:
        return found


def test_items_that_are_signed_anew_are_the_same() -> None:
    """So that who sends them once more goes on with the job, with the signatures of now."""
    signed = [of_items(f"https://h/a?Signature={n}", " HTTPS://h/b?x") for n in (1, 2)]
    assert signed[0].version == signed[1].version
    (first, _) = signed[1].supply(Cursor(), 0)
    assert first.item
    assert first.item.event["source_url"] == "https://h/a?Signature=2"


@pytest.mark.parametrize("scheme", ["oss", "s3", "cos"])
def test_items_that_are_other_objects_are_others(scheme: str) -> None:
    """Also if their names differ behind a "?" alone."""
    one, other = (of_items(f"{scheme}://bucket-1/a?{n}") for n in (1, 2))
    assert one.version != other.version
    again = of_items(f"{scheme}://bucket-1/a?1", target_object_name="b")
    assert again.version != one.version


@pytest.mark.parametrize("there", [True, False])
def test_where_something_is_items_are_looked_at(there: bool) -> None:
    """A list's targets are not listed, so whoever copies one looks; else it might be replaced."""
    entries = (Entry("out/x", 1, "E", 1.0),) if there else ()
    asked = list[tuple[str, str, int]]()

    def page(*what: Any) -> Page:
        asked.append(what)
        return Page(entries, False)

    bucket: Any = SimpleNamespace(page=page)
    with opened(replace(JOB, items=({"source_url": "https://h/a"},)), NOBODY, bucket) as found:
        assert found.nothing_there == (not there)
    assert asked == [("out/", "", 1)]


@pytest.mark.parametrize(
    ("overwrite", "behind", "found"),
    [
        ("never", "", ["skipped", "skipped", "item"]),
        ("never", "in/a", ["skipped", "item"]),
        ("always", "", ["item", "item", "item"]),
    ],
)
def test_a_prefix_is_listed_beside_its_targets(
    overwrite: Any, behind: str, found: list[str]
) -> None:
    """Both from where the cursor is; what is there counts, unless all is replaced."""
    asked = set[tuple[str, str]]()

    def of(*keys: str) -> Any:
        def page(prefix: str, after: str, most: int) -> Page:
            asked.add((prefix, after))
            some = [Entry(key, 1, "E", 1.0) for key in keys if key > after]
            return Page(tuple(some), False)

        return SimpleNamespace(page=page)

    source = ObjectName("cn-hangzhou", "other", "in/")
    cloud: Any = SimpleNamespace(source_bucket=lambda name: of("in/a", "in/b", "in/c"))
    job = replace(JOB, source=source, overwrite=overwrite)
    with opened(job, cloud, of("out/a", "out/b")) as ours:
        items = [*ours.supply(Cursor(1 if behind else 0, behind), 0)]
    contents: list[Any] = [each.content for each in items]
    assert ["item" if isinstance(each, Item) else each["outcome"] for each in contents] == found
    theirs = {after for prefix, after in asked if prefix == "out/"}
    assert theirs == ({"out/a" if behind else ""} if overwrite == "never" else set())


def file_of(where: Url | ObjectName, key: str, monkeypatch: pytest.MonkeyPatch) -> Url | ObjectName:
    """What is read for a file that a manifest names."""
    read: list[Any] = []

    def reading(name: Any, job: BulkJob, cloud: object) -> Any:
        read.append(name)
        return SimpleNamespace(content=lambda: iter([b""]))

    monkeypatch.setattr(room, "_reading", reading)
    room._file_of(where, JOB, NOBODY, key)
    return read[0]  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("a.csv", "a.csv"),
        ("data/2026/a.csv", "a.csv"),
        ("//elsewhere.example/a.csv", "a.csv"),
        ("a b.csv", "a%20b.csv"),
        ("a%20b.csv", "a%20b.csv"),
        ("part:1.csv", "part%3A1.csv"),
        ("https:a.csv", "https%3Aa.csv"),
        ("a?b#c.csv", "a%3Fb%23c.csv"),
        ("你.csv", "%E4%BD%A0.csv"),
    ],
)
def test_files_of_a_manifest_by_url_are_beside_it(
    key: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By their last names, whatever those would mean in a URL."""
    where = Url("https://h/lists/manifest.json?Signature=x")
    assert file_of(where, key, monkeypatch) == Url(f"https://h/lists/{name}")


@pytest.mark.parametrize("key", ["..", ".", "a/..", "../a.csv", "a/./b.csv", "a/", "/"])
def test_files_that_are_not_beside_it_are_not_read(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor is the folder, as if its page were a list."""
    with pytest.raises(InvalidEvent, match="not beside it"):
        file_of(Url("https://h/lists/manifest.json"), key, monkeypatch)


def test_files_of_a_manifest_in_a_bucket_have_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of that bucket, as they are written."""
    where = ObjectName("cn-hangzhou", "lists", "a/manifest.json")
    assert file_of(where, "b/../c?.csv", monkeypatch) == where._replace(key="b/../c?.csv")
