"""A listing ahead of its consumer: all keys once, in order, whatever the server; threads end."""

from __future__ import annotations

import threading
import time
from bisect import bisect_right
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.entries import Entry, Page
from ossferry.errors import TargetRefused, TargetUnavailable
from ossferry.listing.ahead import MOST_LISTS, listed
from tests.listing.shapes import SHAPES, keys_of
from tests.listing.store import Store

ODD = ["a\x01b", "a b", "a%2Fb", "a+b", "a&<>\"'b", "a\nb", "a\\b", "a//b", "a/", "ü", "￿", "𐀀"]
KEYS = st.lists(st.text("ab09/é￿𐀀", min_size=1, max_size=6), max_size=120)


@pytest.fixture(autouse=True)
def _no_thread_stays() -> Iterator[None]:
    before = threading.active_count()
    yield
    assert threading.active_count() == before


def keys(entries: Iterator[Entry]) -> list[str]:
    return [each.key for each in entries]


@given(KEYS, st.sampled_from(["", "a", "ab", "é", "9/"]), st.text("ab09", max_size=3), st.data())
def test_every_key_once_and_in_order(
    names: list[str], prefix: str, after: str, data: st.DataObject
) -> None:
    """Whatever the keys, the pages, and how many lists there are at once."""
    most = data.draw(st.integers(1, 40), "keys of a page")
    ranges, ahead = data.draw(st.integers(1, 8), "ranges"), data.draw(st.integers(1, 3), "ahead")
    store = Store([*names, *ODD], most=most)
    found = keys(listed(store.pages, prefix, after=after, ranges=ranges, ahead=ahead))
    assert found == store.below(prefix, after)
    assert found == sorted(found, key=str.encode)


@given(KEYS, st.randoms(use_true_random=False))
def test_pages_of_any_length_are_not_the_end(names: list[str], chance: object) -> None:
    """OSS may give fewer than it was asked for; only what it says of more counts."""

    def shorter(number: int, page: Page) -> Page:
        kept = page.entries[: 1 + number * 7 % 5]
        return Page(kept, page.truncated or len(kept) < len(page.entries))

    store = Store(names, most=9, twist=shorter)
    assert keys(listed(store.pages, "")) == store.keys


@pytest.mark.parametrize("shape", SHAPES)
def test_a_consumer_who_waits_has_lists_at_once(shape: str) -> None:
    """Ranges are guessed from the keys that were seen; wrong guesses cost lists, not keys."""
    store = Store(keys_of(shape, 6000), most=100, seconds=0.004)
    assert keys(listed(store.pages, "")) == store.keys
    assert 2 <= store.at_once <= MOST_LISTS
    assert store.lists < 60 * 5


def test_a_short_listing_is_one_list() -> None:
    """And an empty one too."""
    for count in (0, 1, 1000):
        store = Store(keys_of("numbers", count))
        assert len(keys(listed(store.pages, ""))) == count
        assert store.lists == 1


def test_nothing_is_listed_before_it_is_asked_for() -> None:
    """A listing that nobody reads costs nothing, and leaves nothing."""
    store = Store(["a"])
    listed(store.pages, "").close()
    assert store.lists == 0


def test_the_last_page_may_be_empty() -> None:
    """A server that found out too late that there is no more."""

    def late(number: int, page: Page) -> Page:
        return Page(page.entries, bool(page.entries))

    store = Store(keys_of("numbers", 300), most=100, twist=late)
    assert keys(listed(store.pages, "")) == store.keys


@pytest.mark.parametrize("back", [1, 5, 99])
def test_keys_that_come_again_are_left_out(back: int) -> None:
    """A server that starts with the key behind which it was to start, or a few before."""
    names = keys_of("numbers", 3000)

    def before(key: str) -> str:
        at = bisect_right(names, key) - 1 - back
        return names[at] if at >= 0 else ""

    store = Store(names, most=100, seconds=0.001, heeds=before)
    assert keys(listed(store.pages, "")) == names


def test_a_server_that_does_not_go_on_is_an_error() -> None:
    """It would be listed for ever, or end with the first page as if that was all."""
    store = Store(keys_of("numbers", 300), most=100, heeds=lambda _: "")
    found = listed(store.pages, "")
    assert [next(found).key for _ in range(100)] == store.keys[:100]
    with pytest.raises(TargetUnavailable, match=r"does not go on behind 'photos/img-00000099.jpg'"):
        next(found)


def test_another_order_is_an_error() -> None:
    """Keys between two pages would be lost without a word."""

    def backwards(number: int, page: Page) -> Page:
        return Page(page.entries[::-1], page.truncated)

    store = Store(["a", "b", "c"], twist=backwards)
    with pytest.raises(TargetRefused, match="not listed in the order"):
        next(listed(store.pages, ""))


@pytest.mark.parametrize("ranges", [1, 2, 8])
@pytest.mark.parametrize("failing", [0, 1, 700, 2050, 5999])
def test_an_error_comes_behind_what_is_before_it(failing: int, ranges: int) -> None:
    """Of all ranges, and all threads: as if there had been one list after the other."""
    names = keys_of("numbers", 6000)

    def pages(prefix: str, after: str, most: int) -> Page:
        page = store.pages(prefix, after, most)
        if after <= names[failing] <= page.entries[-1].key:
            raise TargetUnavailable(f"lost {names[failing]}")
        return page

    store = Store(names, most=100, seconds=0.002)
    found: list[str] = []
    with pytest.raises(TargetUnavailable, match=names[failing]):
        found.extend(each.key for each in listed(pages, "", ranges=ranges))
    assert found == names[: len(found)]
    assert failing - 100 <= len(found) <= failing


def test_closing_ends_all_threads() -> None:
    """Also those that list at that moment; what they bring is for nobody."""
    store = Store(keys_of("hashes", 50_000), seconds=0.02)
    entries = listed(store.pages, "")
    for _ in range(9000):
        next(entries)
    assert store.at_once > 1
    entries.close()
    lists = store.lists
    time.sleep(0.05)
    assert store.lists == lists


def test_a_fault_of_a_list_reaches_whoever_takes_the_entries() -> None:
    """Even one that nobody thought of: they would wait for ever."""

    def broken(prefix: str, after: str, most: int) -> Page:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        next(listed(broken, ""))


@pytest.mark.parametrize("late", [0.0, 0.01])
def test_a_guess_that_is_refused_is_no_error(late: float) -> None:
    """One list after the other would have come through, so it does: refused soon or late."""
    names = keys_of("hashes", 6000)

    def pages(prefix: str, after: str, most: int) -> Page:
        if after and after not in known:
            refused.append(after)
            time.sleep(late)
            raise TargetRefused("an odd place to start")
        return store.pages(prefix, after, most)

    known, refused = set(names), list[str]()
    store = Store(names, most=100, seconds=0.002)
    assert keys(listed(pages, "")) == names
    assert 1 <= len(refused) <= 2 * MOST_LISTS


@given(KEYS, st.sets(st.integers(1, 60), max_size=4), st.integers(1, 8), st.integers(1, 9))
def test_what_comes_before_an_error_is_whole(
    names: list[str], failing: set[int], ranges: int, most: int
) -> None:
    """Whichever lists fail: nothing is left out before, and all is there if none is raised."""

    def fail(number: int, page: Page) -> Page:
        if number in failing:
            raise TargetUnavailable("lost")
        return page

    store = Store(names, most=most, twist=fail)
    found = []
    try:
        for each in listed(store.pages, "", ranges=ranges):
            found.append(each.key)
    except TargetUnavailable:
        assert store.lists >= min(failing)
        assert found == store.keys[: len(found)]
    else:
        assert found == store.keys
