"""How many children are worth their start, against the time that the docstring's formula gives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.pace.model import NETWORK, children_worth

WORTH = 0.005  # seconds that a child has to save
BYTES = st.floats(1e6, 1e14)
TOGETHER = st.floats(1e5, 2.4e9)
CHILD = st.floats(1e5, 6e8)
START = st.floats(0.0, 10.0)


def seconds(left: float, together: float, child: float, start: float, children: int) -> float:
    """Of the transfer, with so many children more."""
    return start + (left - together * start) / (together + child * children)


@given(BYTES, TOGETHER, CHILD, START)
def test_each_saves_more_than_it_costs_and_one_more_would_not(
    left: float, together: float, child: float, start: float
) -> None:
    """But for the account's bandwidth, which more children would only divide."""
    worth = children_worth(left, together, child, start)
    if worth:
        with_all = seconds(left, together, child, start, worth)
        without_one = seconds(left, together, child, start, worth - 1)
        assert without_one - with_all >= WORTH * (1 - 1e-6)
        assert together + child * worth <= NETWORK.account * (1 + 1e-9)
    if left > together * start and together + child * (worth + 1) <= NETWORK.account:
        one_more, two_more = (
            seconds(left, together, child, start, worth + more) for more in (1, 2)
        )
        assert one_more - two_more <= WORTH * (1 + 1e-6)


@pytest.mark.parametrize("left", [0.0, 99e6, 100e6])
def test_none_is_worth_it_when_all_is_copied_before_it_has_started(left: float) -> None:
    """A cold start of a second, at 100 MB/s."""
    assert children_worth(left, 100e6, 100e6, 1.0) == 0


def test_none_is_worth_it_beyond_the_bandwidth_of_the_account() -> None:
    """Not even for very much."""
    assert children_worth(1e15, NETWORK.account, 1e8, 1.0) == 0
    assert children_worth(1e15, 1e8, 1e8, 1.0, account=5e8) == 4


@given(BYTES, TOGETHER, CHILD, START, st.floats(1.0, 10.0))
def test_more_are_worth_it_for_more_bytes_and_fewer_for_a_later_start(
    left: float, together: float, child: float, start: float, times: float
) -> None:
    """Never the other way round."""
    worth = children_worth(left, together, child, start)
    assert children_worth(left * times, together, child, start) >= worth
    assert children_worth(left, together, child, start * times) <= worth
