"""Guesses of where a page may end: never before where they start, close for keys of one shape."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.listing.guess import beyond, scale_of
from tests.listing.shapes import keys_of


@pytest.mark.parametrize("shape", ["numbers", "hashes"])
def test_even_keys_are_hit(shape: str) -> None:
    """Most of a page, and little more than one."""
    keys = keys_of(shape, 50_000)
    for begin in range(0, 45_000, 5000):
        page = keys[begin : begin + 1000]
        scale = scale_of(page)
        assert scale is not None
        cut = beyond(scale, "", page[-1])
        assert cut is not None
        assert 600 <= sum(page[-1] < key <= cut for key in keys) <= 1200


@given(
    st.lists(st.text(max_size=12), min_size=2, max_size=20, unique=True).map(sorted),
    st.text(max_size=4),
    st.text(max_size=12),
)
def test_a_guess_lies_ahead_and_below_the_prefix(tails: list[str], prefix: str, start: str) -> None:
    """Whatever the keys are: one that did not would list a range twice."""
    scale = scale_of([prefix + tail for tail in tails])
    assert scale is not None
    cut = beyond(scale, prefix, prefix + start)
    if cut is not None:
        assert cut > prefix + start
        assert cut.startswith(prefix)
        assert len(cut.encode()) <= 1023


def test_one_key_tells_nothing() -> None:
    """Nor does a page that has none."""
    assert scale_of(["a"]) is None
    assert scale_of([]) is None


def test_beyond_the_last_digit_there_is_no_guess() -> None:
    """Rather than one far off."""
    scale = scale_of(["x/1", "x/9"])
    assert scale is not None
    assert beyond(scale, "x/", "x/9") is None
    assert beyond(scale, "x/", "w") is None


def test_keys_that_are_long_cost_no_guess_that_is_too_long() -> None:
    """OSS refuses to start behind more bytes than a key may have."""
    long = "é" * 510
    scale = scale_of([f"{long}11", f"{long}22"])
    assert scale is not None
    cut = beyond(scale, "", f"{long}22")
    assert cut is None or len(cut.encode()) <= 1023
