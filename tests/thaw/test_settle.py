"""What becomes of an item: by the class and state of its source, and by what OSS answers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from time import gmtime, strftime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.archived import ARCHIVED, Restore
from ossferry.entries import Entry
from ossferry.errors import FerryError, TargetRefused
from ossferry.items.row import Row
from ossferry.jobs import Thaw
from ossferry.names import ObjectName
from ossferry.small.item import Item
from ossferry.thaw.settle import RESTORES, Candidate, settle
from ossferry.thaw.wish import Answer, Wish

SOURCE = ObjectName("cn-hangzhou", "their-bucket", "in/a")
TARGET = ObjectName("cn-hangzhou", "my-bucket", "out/a")
NOW = 999.0
STATES = {
    "frozen": "",
    "ended": 'ongoing-request="false", expiry-date="Thu, 01 Jan 1970 00:16:39 GMT"',
    "restoring": 'ongoing-request="true"',
    "restored": 'ongoing-request="false", expiry-date="Thu, 01 Jan 1970 00:16:40 GMT"',
}
COPY, ONLY = Thaw(3, "Bulk"), Thaw(3, "Bulk", copies=False)
BOTH = pytest.mark.parametrize("thaw", [COPY, ONLY], ids=["copies", "only restores"])
WAITED = pytest.mark.parametrize("waits", [False, True], ids=["", "waited"])
TIERS = {"Archive": None, "ColdArchive": "Bulk", "DeepColdArchive": "Standard"}


def item(number: int = 1, *, restores: int = 0, look: bool = True, **event: Any) -> Item:
    fields = {"source_url": str(SOURCE), "target_object_name": TARGET.key, **event}
    return Item(number, fields, look, 5, restores=restores)


def entry(storage_class: str, state: str = "frozen") -> Entry:
    return Entry(SOURCE.key, 5, "E", 0.0, storage_class, restore=STATES[state])


def candidate(there: Entry | None, mine: Item | None = None, **fields: Any) -> Candidate:
    return Candidate(mine or item(), SOURCE, TARGET, there, **fields)


class Oss:
    """Answers as it is told, and keeps what it was asked."""

    def __init__(self, *answers: Answer | FerryError) -> None:
        self._answers = answers
        self.asked: list[Wish] = []

    def __call__(self, wishes: Sequence[Wish]) -> list[Answer | FerryError]:
        self.asked += wishes
        return [*self._answers][: len(wishes)]


def settled(
    each: Candidate, thaw: Thaw, *answers: Answer | FerryError
) -> tuple[Item | Row, list[Wish]]:
    oss = Oss(*answers)
    (found,) = settle([each], thaw, oss, NOW)
    return found, oss.asked


def row(found: Item | Row) -> Row:
    assert isinstance(found, dict)
    return found


def known(each: Candidate) -> Item:
    """The item with what was listed, so that nobody looks at it again."""
    assert each.entry is not None
    return each.item._replace(size=each.entry.size, etag=each.entry.etag)


@WAITED
@pytest.mark.parametrize("storage_class", ["Standard", "IA", "", "unheard of"])
def test_what_is_not_archived_is_copied_or_left_alone(storage_class: str, waits: bool) -> None:
    """OSS is not asked."""
    each = candidate(entry(storage_class), waits=waits)
    assert settled(each, COPY) == (known(each), [])
    found, asked = settled(each, ONLY)
    assert row(found)["outcome"] == "skipped"
    assert row(found)["error"] == f"its class is {storage_class or 'Standard'}"
    assert asked == []


def test_what_stays_readable_for_long_is_not_looked_at_again() -> None:
    """What ends soon is: to read it after that may be for a price."""
    for seconds, etag in ((3600, ""), (3602, "E")):
        until = strftime("%a, %d %b %Y %H:%M:%S GMT", gmtime(NOW + seconds))
        there = entry("Archive")._replace(restore=f'ongoing-request="false", expiry-date="{until}"')
        found, _ = settled(candidate(there), COPY)
        assert isinstance(found, Item)
        assert found.etag == etag


@WAITED
@pytest.mark.parametrize("storage_class", ARCHIVED)
def test_what_is_restored_is_copied_or_told_of(storage_class: str, waits: bool) -> None:
    """And never asked for once more, which would cost money."""
    each = candidate(entry(storage_class, "restored"), item(restores=int(waits)), waits=waits)
    assert settled(each, COPY) == (each.item, [])
    found, asked = settled(each, ONLY)
    assert asked == []
    assert row(found)["outcome"] == ("restored" if waits else "unchanged")
    assert row(found)["restored_until"] == "1970-01-01T00:16:40Z"
    assert row(found)["storage_class"] == storage_class


@BOTH
@WAITED
@pytest.mark.parametrize("restores", [0, 1, RESTORES])
@pytest.mark.parametrize("storage_class", ARCHIVED)
def test_what_is_being_restored_is_waited_for(
    storage_class: str, thaw: Thaw, waits: bool, restores: int
) -> None:
    """Whoever asked for it, and however often we did."""
    each = candidate(entry(storage_class, "restoring"), item(restores=restores), waits=waits)
    found, asked = settled(each, thaw)
    assert asked == []
    assert row(found)["outcome"] == "waiting"
    assert row(found).get("restores", 0) == restores
    assert row(found)["waits"].partition("/")[0] == storage_class


@BOTH
@WAITED
@pytest.mark.parametrize("state", ["frozen", "ended"])
@pytest.mark.parametrize("storage_class", ARCHIVED)
@pytest.mark.parametrize("answer", ["asked", "extended", "under_way"])
def test_what_is_frozen_is_asked_for_and_waited_for(
    storage_class: str, state: str, thaw: Thaw, waits: bool, answer: Answer
) -> None:
    """On the terms that its class takes."""
    each = candidate(entry(storage_class, state), waits=waits)
    found, (wish,) = settled(each, thaw, answer)
    assert wish.source == SOURCE
    assert wish.restore == Restore(3, TIERS[storage_class])
    tier = TIERS[storage_class]
    assert row(found)["outcome"] == "waiting"
    assert row(found)["waits"] == (f"{storage_class}/{tier}" if tier else storage_class)
    assert row(found)["restores"] == 1


@BOTH
@WAITED
def test_what_is_frozen_again_and_again_has_failed(thaw: Thaw, waits: bool) -> None:
    """After two restores that nobody used."""
    once = candidate(entry("Archive", "ended"), item(restores=RESTORES - 1), waits=waits)
    assert row(settled(once, thaw, "asked")[0])["restores"] == RESTORES
    each = candidate(entry("Archive", "ended"), item(restores=RESTORES), waits=waits)
    found, asked = settled(each, thaw)
    assert asked == []
    assert (row(found)["outcome"], row(found)["cause"]) == ("failed", "source")
    assert row(found)["error"].endswith("before its turn came: give more days")


def test_what_oss_says_otherwise_than_its_listing_counts() -> None:
    """It may have been changed, or deleted, since."""
    each = candidate(entry("Archive"))
    assert settled(each, COPY, "not_archived")[0] == each.item
    assert settled(each, COPY, "gone")[0] == each.item  # who copies says it as ever
    assert row(settled(each, ONLY, "not_archived")[0])["error"] == "it is not archived"
    gone = row(settled(each, ONLY, "gone")[0])
    assert (gone["outcome"], gone["error_type"]) == ("failed", "SourceGone")
    assert str(SOURCE) in gone["error"]


@BOTH
def test_a_refusal_is_a_failure_that_can_be_asked_for_again(thaw: Thaw) -> None:
    """With all that the item asked for."""
    each = candidate(entry("Archive"), item(metadata={"a": "b"}))
    found, _ = settled(each, thaw, TargetRefused("OSS does not like it"))
    assert row(found)["outcome"] == "failed"
    assert row(found)["error"] == "OSS does not like it"
    assert row(found)["asked"] == {"metadata": {"a": "b"}}


def test_what_has_been_copied_already_is_not_restored() -> None:
    """OSS is asked with the target, which is looked at first, only where it may be there."""
    found, (wish,) = settled(candidate(entry("Archive")), COPY, "same")
    assert (wish.target, wish.keeps) == (TARGET, False)
    assert row(found)["outcome"] == "unchanged"
    mine = item(overwrite="never")
    found, (wish,) = settled(candidate(entry("Archive"), mine), COPY, "kept")
    assert (wish.target, wish.keeps) == (TARGET, True)
    assert found == mine  # who copies says so as ever
    for mine, thaw in [
        (item(look=False), COPY),
        (item(overwrite="always"), COPY),
        (item(), ONLY),
    ]:
        _, (wish,) = settled(candidate(entry("Archive"), mine), thaw, "asked")
        assert wish.target is None


@pytest.mark.parametrize(
    ("storage_class", "waits", "asked"),
    [("Archive", False, 0), ("Archive", True, 1), ("ColdArchive", False, 1)],
)
def test_what_may_be_read_directly_is_not_restored(
    storage_class: str, waits: bool, asked: int
) -> None:
    """That is for one class; and what waits, was refused that."""
    each = candidate(entry(storage_class), waits=waits)
    found, wishes = settled(each, Thaw(3, None, direct_read=True), "asked")
    assert len(wishes) == asked
    assert found == each.item if not asked else row(found)["outcome"] == "waiting"


@WAITED
def test_what_is_not_there_has_failed_where_nobody_copies(waits: bool) -> None:
    """Else who copies finds out. Where a bucket could not be listed, that is what is told."""
    each = candidate(None, waits=waits)
    assert settled(each, COPY) == (each.item, [])
    assert row(settled(each, ONLY)[0])["error_type"] == "SourceGone"
    refused = candidate(None, waits=waits, refused=TargetRefused("it may not be listed"))
    found = settled(refused, COPY)[0]
    # Who has waited for it, and cannot look, would be told what is no help.
    assert row(found)["error"] == "it may not be listed" if waits else found == refused.item
    assert row(settled(refused, ONLY)[0])["error"] == "it may not be listed"


KINDS = [*product([*ARCHIVED, "Standard"], STATES)]


@given(st.lists(st.sampled_from(KINDS), max_size=20), st.booleans())
def test_many_keep_their_order(kinds: list[tuple[str, str]], copies: bool) -> None:
    """Each gets the answer to its own wish, and OSS is asked once for all that are frozen."""
    candidates = [candidate(entry(*kind), item(n)) for n, kind in enumerate(kinds)]
    asked: list[list[Wish]] = []

    def ask(wishes: Sequence[Wish]) -> list[Answer | FerryError]:
        asked.append([*wishes])
        return [TargetRefused(f"{n}") for n, _ in enumerate(wishes)]

    found = settle(candidates, Thaw(3, None, copies), ask, NOW)
    numbers = [each.number if isinstance(each, Item) else each["item"] for each in found]
    assert numbers == [*range(len(kinds))]
    frozen = [n for n, (kind, state) in enumerate(kinds) if kind in ARCHIVED]
    frozen = [n for n in frozen if kinds[n][1] in ("frozen", "ended")]
    assert [len(each) for each in asked] == [len(frozen)]
    told = [(row(found[n])["error"], row(found[n])["outcome"]) for n in frozen]
    assert told == [(f"{n}", "failed") for n, _ in enumerate(frozen)]
