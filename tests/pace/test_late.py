"""What is late: where a fresh copy would most likely be done first."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.pace.late import part_is_late, slice_is_late

SIZE, USUAL = 10_000_000, 1_000_000.0  # ten seconds


@pytest.mark.parametrize(
    ("sent", "elapsed", "late"),
    [
        (0, 9.9, False),  # as long as others take, anybody may take
        (0, 10.0, True),  # nothing came at all
        (1, 10.0, True),
        (3_000_000, 10.0, True),  # 23 s more at its own pace
        (4_000_000, 10.0, False),  # 15 s more: a fresh one takes 10
        (5_000_000, 30.0, True),
        (9_000_000, 30.0, False),  # nearly through
        (SIZE, 19.9, False),  # OSS is about to answer
        (SIZE, 20.0, False),
        (SIZE, 20.1, True),  # OSS does not answer
    ],
)
def test_a_part_is_late_when_its_rest_takes_twice_as_long_as_all_of_it_would(
    sent: int, elapsed: float, late: bool
) -> None:
    """By its own pace so far, against the usual one."""
    assert part_is_late(SIZE, sent, elapsed, USUAL) is late


@pytest.mark.parametrize(("elapsed", "late"), [(0.3, False), (1.0, True)])
def test_a_small_part_has_time_to_connect_all_the_same(elapsed: float, late: bool) -> None:
    """Up to a second, at least a third of it: connecting takes time, too."""
    assert part_is_late(1000, 0, elapsed, USUAL) is late


@pytest.mark.parametrize(
    ("size", "elapsed", "late"),
    [
        (SIZE, 22.9, False),
        (SIZE, 23.1, True),  # three seconds to start, and twice ten
        (1000, 3.3, False),
        (1000, 4.1, True),  # three to start, and some grace
    ],
)
def test_a_slice_is_late_after_twice_what_a_child_takes(
    size: int, elapsed: float, late: bool
) -> None:
    """Nothing is heard of it meanwhile; its start is granted on top."""
    assert slice_is_late(size, elapsed, USUAL, start=3.0) is late


@given(
    size=st.integers(1, 10**10),
    usual=st.floats(1e3, 1e9),
    times=st.floats(0, 1.0),
    start=st.floats(0, 10),
)
def test_who_is_as_fast_as_others_is_never_late(
    size: int, usual: float, times: float, start: float
) -> None:
    """At any moment until it is done."""
    elapsed = times * size / usual
    assert not part_is_late(size, int(size * times), elapsed, usual) or elapsed >= size / usual
    assert not slice_is_late(size, start + elapsed, usual, start)
