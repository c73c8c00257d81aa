"""Objects found by listing: exactly those that there are, with few requests."""

from __future__ import annotations

from bisect import bisect_left

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.entries import Page
from ossferry.thaw.look import found, just_before
from tests.listing.store import Store

# Where orders of text go wrong: what is next to nothing, the halves of characters that are none,
# where UTF-8 becomes longer, and the last character that there is.
HOSTILE = "\0\x01\n\x7f\x80 /ab\u07ff\u0800\ud7ff\ue000\uffff\U00010000\U0010fffe\U0010ffff"
LONGEST = 1023
SHORT = st.text(HOSTILE, min_size=1, max_size=4)


def _padded(text: str) -> str:
    """As long as a key may be, with the interesting characters at the end."""
    return "k" * (LONGEST - len(text.encode())) + text


KEYS = st.one_of(SHORT, SHORT.map(lambda text: f"in/{text}"), SHORT.map(_padded))
SOME = st.lists(KEYS, max_size=12)


class Bucket(Store):
    """One that takes no place that OSS would not take, and counts what it has listed."""

    listed = 0

    def pages(self, prefix: str, after: str, most: int) -> Page:
        assert len(after.encode()) <= LONGEST  # which half of a character would not survive
        page = super().pages(prefix, after, most)
        self.listed += len(page.entries)
        return page


@given(SOME, SOME, SOME)
def test_it_finds_what_there_is_and_nothing_else(
    both: list[str], there: list[str], asked: list[str]
) -> None:
    """Whatever the keys: with no more requests than there are keys."""
    bucket = Bucket([*both, *there])
    wanted = {*both, *asked}
    entries = found(bucket.pages, [*both, *asked, *both])
    assert {*entries} == {*bucket.keys} & wanted
    assert all(entry.key == key for key, entry in entries.items())
    assert bucket.lists <= len(wanted)


@given(SOME, SOME, SOME, st.integers(1, 3))
def test_short_pages_hide_nothing(
    both: list[str], there: list[str], asked: list[str], most: int
) -> None:
    """A server may list fewer than it was asked for: what it lists then need not reach the key
    that the listing was for."""
    bucket = Bucket([*both, *there], most=most)
    assert {*found(bucket.pages, [*both, *asked])} == {*bucket.keys} & {*both, *asked}
    assert bucket.lists <= len({*both, *asked}) + len(bucket.keys)


def test_what_lies_between_does_not_hide_what_lies_behind() -> None:
    """There can be keys after the last text before a key; they are passed over."""
    between = [f"a\U0010ffff{n:04}" for n in range(3000)]
    bucket = Bucket([*between, "b"])
    assert [*found(bucket.pages, ["b"])] == ["b"]
    assert bucket.lists <= 4


def test_nothing_is_asked_about_nothing() -> None:
    bucket = Bucket(["a"])
    assert found(bucket.pages, []) == {}
    assert bucket.lists == 0


def test_neighbours_are_listed_together() -> None:
    """A thousand with a request."""
    bucket = Bucket(f"in/{n:06}" for n in range(5000))
    wanted = [f"in/{n:06}" for n in range(1000, 4000)]
    assert [*found(bucket.pages, wanted)] == wanted
    assert bucket.lists <= 4


def test_who_lie_far_apart_are_leapt_to_and_little_is_listed_for_them() -> None:
    """Not a thousand entries for each."""
    bucket = Bucket(f"in/{n:06}" for n in range(40_000))
    wanted = [f"in/{n:06}" for n in range(0, 40_000, 1000)]
    assert [*found(bucket.pages, wanted)] == wanted
    assert bucket.lists <= len(wanted)
    assert bucket.listed <= 1000 + 20 * len(wanted)


def test_behind_the_end_of_a_bucket_nobody_asks() -> None:
    """The page that is the last says so of all that come after."""
    bucket = Bucket(["a"])
    assert [*found(bucket.pages, ["a", *(f"b{n}" for n in range(500))])] == ["a"]
    assert bucket.lists == 1


@given(KEYS, SOME)
def test_a_listing_from_just_before_begins_with_the_key(key: str, others: list[str]) -> None:
    """Unless there is what lies between; what lies before is never listed."""
    before = just_before(key)
    assert before.encode() < key.encode()
    assert len(before.encode()) <= LONGEST
    keys = sorted({key, *others})
    between = keys[bisect_left(keys, before) : keys.index(key)]
    assert all(other == before or other.startswith(before[:-1]) for other in between)


@pytest.mark.parametrize(
    ("key", "before"),
    [
        ("\0", ""),
        ("a\0", "a"),
        ("b", "a\U0010ffff"),
        ("\ue000", "\ud7ff\U0010ffff"),
        ("k" * 1022 + "b", "k" * 1022 + "a"),
    ],
)
def test_where_there_is_an_end_of_something(key: str, before: str) -> None:
    """The first key of all, the gap in Unicode, and the length of keys."""
    assert just_before(key) == before
