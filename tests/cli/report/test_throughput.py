"""Bytes are spread over their time, and none is lost or made up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry_cli.report.marks import lanes_of
from ossferry_cli.report.model import Part
from ossferry_cli.report.throughput import spread

TIMES = st.floats(0, 100)
PARTS = st.builds(
    lambda number, a, b, size: Part(number, 1, min(a, b), max(a, b), size, 1),
    st.integers(1, 10_000),
    TIMES,
    TIMES,
    st.integers(0, 2**40),
)


@given(st.lists(PARTS, max_size=20), st.integers(1, 200))
def test_no_byte_is_lost(parts: list[Part], bins: int) -> None:
    found = spread(parts, 100.0, bins)
    assert found.size == pytest.approx(sum(part.size for part in parts), rel=1e-6, abs=1)
    assert all(rate >= -1e-3 for rate in found.rates)


def test_an_even_part_gives_an_even_rate() -> None:
    found = spread([Part(1, 1, 0.0, 10.0, 1000, 1)], 20.0, 4)
    assert found.rates == pytest.approx((100, 100, 0, 0))
    assert found.sustained == pytest.approx(100)


@given(st.lists(st.tuples(TIMES, TIMES).map(lambda pair: tuple(sorted(pair))), max_size=30))
def test_nothing_in_a_lane_covers_another(spans: list[tuple[float, float]]) -> None:
    spans.sort()
    ends: dict[int, float] = {}
    for (began, ended), lane in zip(spans, lanes_of(spans), strict=True):
        assert began >= ends.get(lane, 0.0) - 1e-6
        ends[lane] = ended
