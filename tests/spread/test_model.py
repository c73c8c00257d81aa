"""How many children are worth starting: enough to be fast, none that saves nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.spread.model import NETWORK, Network, children_for

SIZES = st.integers(0, 50 * 10**12)


@given(SIZES, st.integers(0, 99))
def test_no_more_than_allowed_and_at_least_one(size: int, most: int) -> None:
    """Whoever asks has decided that children help; how many may help has a limit."""
    assert min(1, most) <= children_for(size, most) <= most


@given(SIZES, SIZES)
def test_a_larger_source_never_gets_fewer(a: int, b: int) -> None:
    """The number of children grows with the size."""
    small, large = sorted((a, b))
    assert children_for(small, 99) <= children_for(large, 99)


@given(SIZES)
def test_no_children_beyond_what_the_account_bears(size: int) -> None:
    """Beyond the bandwidth that all instances share, another one saves nothing."""
    assert children_for(size, 99) * NETWORK.instance <= NETWORK.account


@given(st.integers(10**9, 50 * 10**12))
def test_the_last_child_is_worth_its_start(size: int) -> None:
    """Without it the transfer would take longer, by the model's own account."""
    count = children_for(size, 99)
    assert NETWORK.seconds(size, count) <= NETWORK.seconds(size, count - 1)


@pytest.mark.parametrize(("size", "seconds"), [(125_000_000, 1.0), (0, 0.0)])
def test_a_source_that_is_done_before_a_child_has_started_takes_what_one_takes(
    size: int, seconds: float
) -> None:
    """The coordinator copies from the beginning."""
    assert NETWORK.seconds(size, 50) == NETWORK.seconds(size, 0) == seconds


def test_time_is_start_then_everybody_together() -> None:
    """Two instances at 100 bytes a second, one of which comes after two seconds."""
    network = Network(instance=100, account=1000, cold_start=1, starts_per_second=1)
    assert network.seconds(1000, 1) == 2 + (1000 - 200) / 200
