"""A supply whose archived sources are looked at and asked for before anybody is given an item."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.bulk.thawing import THAWED_AT_ONCE, looker, planned, thawed
from ossferry.entries import Entry
from ossferry.errors import FerryError, InvalidEvent, TargetRefused, TargetUnavailable
from ossferry.items.row import row_of
from ossferry.jobs import BulkJob, Thaw
from ossferry.ledger.head import Cursor
from ossferry.names import ObjectName
from ossferry.sharing.supplied import Supplied
from ossferry.small.item import Item
from ossferry.thaw.wish import Answer, Wish
from tests.listing.store import Store

JOB = BulkJob(ObjectName("cn-hangzhou", "my-bucket", "out/"), source_region="cn-hangzhou")
COPY, ONLY = Thaw(3, None), Thaw(3, None, copies=False)


@dataclass
class Oss:
    """Buckets with objects of classes, and what was asked of them."""

    classes: dict[str, str] = field(default_factory=dict)
    refused: FerryError | None = None
    looked: list[tuple[ObjectName, list[str]]] = field(default_factory=list)
    asked: list[list[ObjectName]] = field(default_factory=list)

    def look(self, bucket: ObjectName, keys: Iterable[str]) -> dict[str, Entry] | FerryError:
        wanted = [*keys]
        self.looked.append((bucket, wanted))
        there = {key: kind for key, kind in self.classes.items() if key in wanted}
        return self.refused or {key: entry(key, kind) for key, kind in there.items()}

    def ask(self, wishes: Sequence[Wish]) -> list[Answer | FerryError]:
        self.asked.append([wish.source for wish in wishes])
        return ["asked"] * len(wishes)


def entry(key: str, kind: str) -> Entry:
    return Entry(key, 5, "E", 0.0, kind)


def supplied(number: int, source: str, there: Entry | None = None, **event: Any) -> Supplied:
    fields = {"source_url": source, "target_object_name": f"out/{number}", **event}
    return Supplied(Item(number, fields), Cursor(number), there)


def outcomes(
    oss: Oss, supply: Iterable[Supplied], thaw: Thaw = COPY, at_once: int = 500
) -> list[str]:
    """What each is now."""
    found = [*thawed(iter(supply), JOB, thaw, oss.look, oss.ask, lambda: at_once, float)]
    return [each.content["outcome"] if isinstance(each.content, dict) else "item" for each in found]


@given(st.lists(st.sampled_from("aswurx"), max_size=40), st.integers(1, 9))
def test_all_of_it_comes_in_its_order(kinds: list[str], at_once: int) -> None:
    """Whatever is archived, readable, somewhere else, gone, or a row already."""
    makes = {
        "a": lambda n: supplied(n, f"oss://b/a{n}"),
        "s": lambda n: supplied(n, f"oss://b/s{n}"),
        "w": lambda n: supplied(n, f"https://example.com/?x=oss://b/a{n}"),
        "u": lambda n: supplied(n, "oss://b"),
        "r": lambda n: Supplied(row_of(n, "", "k", "skipped"), Cursor(n)),
        "x": lambda n: supplied(n, f"oss://b/x{n}"),
    }
    names = {"a": "waiting", "r": "skipped"}
    classes = {f"{kind}{n}": "Archive" for n, kind in enumerate(kinds) if kind == "a"}
    classes |= {f"{kind}{n}": "Standard" for n, kind in enumerate(kinds) if kind == "s"}
    oss = Oss(classes)
    supply = [makes[kind](n) for n, kind in enumerate(kinds)]
    assert outcomes(oss, supply, at_once=at_once) == [names.get(kind, "item") for kind in kinds]
    assert [name.key for some in oss.asked for name in some] == [
        f"a{n}" for n, kind in enumerate(kinds) if kind == "a"
    ]
    assert all(len(some) <= at_once for some in oss.asked)


def test_what_a_listing_has_said_already_is_not_looked_at_again() -> None:
    """Of a prefix everything is known."""
    oss = Oss()
    supply = [supplied(1, "oss://b/1", entry("1", "Archive")), supplied(2, "oss://b/2")]
    assert outcomes(oss, supply) == ["waiting", "item"]
    assert oss.looked == [(ObjectName("cn-hangzhou", "b", ""), ["2"])]


def test_many_are_looked_at_together_and_each_bucket_by_itself() -> None:
    """In the region that an item names."""
    oss = Oss()
    supply = [
        supplied(1, "oss://a/1"),
        supplied(2, "oss://b/2"),
        supplied(3, "oss://a/3"),
        supplied(4, "oss://a/4", source_region="cn-beijing"),
    ]
    outcomes(oss, supply)
    assert oss.looked == [
        (ObjectName("cn-hangzhou", "a", ""), ["1", "3"]),
        (ObjectName("cn-hangzhou", "b", ""), ["2"]),
        (ObjectName("cn-beijing", "a", ""), ["4"]),
    ]
    oss = Oss()
    outcomes(oss, [supplied(n, f"oss://a/{n}") for n in range(2 * THAWED_AT_ONCE + 1)])
    assert [len(keys) for _, keys in oss.looked] == [THAWED_AT_ONCE, THAWED_AT_ONCE, 1]


def test_nothing_is_looked_at_before_anybody_wants_it() -> None:
    """A supply may have no end."""
    oss = Oss()
    found = thawed(
        (supplied(n, f"oss://a/{n}") for n in iter(lambda: 1, 0)),
        JOB,
        COPY,
        oss.look,
        oss.ask,
        lambda: 10,
        float,
    )
    assert next(found).item
    assert len(oss.looked) == 1


def test_a_bucket_that_may_not_be_listed_fails_its_items_alone() -> None:
    """Where they are copied, whoever does that finds out."""
    oss = Oss(refused=TargetRefused("it may not be listed"))
    supply = [supplied(1, "oss://a/1"), supplied(2, "oss://a/2", entry("2", "Archive"))]
    assert outcomes(oss, supply, ONLY) == ["failed", "waiting"]
    assert outcomes(oss, supply, COPY) == ["item", "waiting"]


def test_a_plan_counts_objects_alone() -> None:
    """Whether they were listed already or are looked up."""
    oss = Oss({"1": "Archive", "2": "Standard"})
    supply = [
        supplied(1, "oss://a/1"),
        supplied(2, "oss://a/2"),
        supplied(3, "oss://a/3"),
        supplied(4, "oss://a/4", entry("4", "ColdArchive")),
        supplied(5, "https://x/y"),
        Supplied(row_of(6, "", "k", "skipped"), Cursor(6)),
    ]
    plan = planned(iter(supply), JOB, COPY, oss.look, 0.0)
    assert plan.frozen == (2, 10)
    assert oss.asked == []


class Cloud:
    """As far as looking needs one."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.opened: list[ObjectName] = []

    def source_bucket(self, bucket: ObjectName) -> Any:
        self.opened.append(bucket)
        return self


def raising(error: FerryError) -> Any:
    def page(prefix: str, after: str, most: int) -> Any:
        raise error

    return page


def test_objects_are_looked_up_where_they_are() -> None:
    cloud: Any = Cloud(Store(["a", "b"]).pages)
    bucket = ObjectName("cn-hangzhou", "my-bucket", "")
    found = looker(cloud, "cn-hangzhou")(bucket, ["b", "c"])
    assert isinstance(found, dict)
    assert [*found] == ["b"]
    assert cloud.opened == [bucket]


@pytest.mark.parametrize(
    "bucket", [ObjectName("cn-hangzhou", "No Bucket", ""), ObjectName("nowhere/", "bucket", "")]
)
def test_what_is_no_bucket_of_a_region_is_asked_nothing(bucket: ObjectName) -> None:
    """A list may say anything, which must not become an address."""
    cloud: Any = Cloud(raising(AssertionError))  # type: ignore[arg-type]
    assert isinstance(looker(cloud, "cn-hangzhou")(bucket, ["a"]), InvalidEvent)
    assert cloud.opened == []


def test_a_refusal_is_told_and_a_fault_is_raised() -> None:
    """A fault is no word on the objects: the invocation ends, and another goes on."""
    refusing: Any = Cloud(raising(TargetRefused("no")))
    bucket = ObjectName("cn-hangzhou", "my-bucket", "")
    assert isinstance(looker(refusing, bucket.region)(bucket, ["a"]), TargetRefused)
    failing: Any = Cloud(raising(TargetUnavailable("busy")))
    with pytest.raises(TargetUnavailable):
        looker(failing, bucket.region)(bucket, ["a"])
    assert isinstance(looker(failing, "cn-beijing")(bucket, ["a"]), TargetUnavailable)


def test_a_restore_that_ends_while_others_are_copied_is_asked_for_again() -> None:
    """A round may take longer than what is left of it."""
    oss, moments = Oss(), iter([999.0, 1000.0])
    until = 'ongoing-request="false", expiry-date="Thu, 01 Jan 1970 00:16:40 GMT"'
    there = entry("a", "Archive")._replace(restore=until)
    supply = [supplied(n, "oss://b/a", there) for n in (1, 2)]
    clock = moments.__next__
    found = [*thawed(iter(supply), JOB, COPY, oss.look, oss.ask, lambda: 1, clock)]
    assert [each.item is not None for each in found] == [True, False]
    assert len([each for each in oss.asked if each]) == 1


def test_who_has_to_stop_asks_for_no_more() -> None:
    """And tells of those that were asked for."""
    oss, turns = Oss(), iter([2, 2, 0])
    supply = (supplied(n, f"oss://b/{n}", entry(str(n), "Archive")) for n in iter(lambda: 1, 0))
    found = [*thawed(supply, JOB, COPY, oss.look, oss.ask, turns.__next__, float)]
    assert [each.item for each in found] == [None] * 4
