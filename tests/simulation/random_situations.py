"""Situations as Hypothesis draws them, within what a transfer has to bear."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st

from tests.simulation.situation import GBIT, MB, MBIT, Platform, Situation, Source

# Up to 30 GB, where a simulation takes a second.
_SIZES = st.floats(1, 4.5).map(lambda exponent: int(10**exponent) * MB)
_RATES = st.none() | st.floats(50, 2000).map(lambda rate: rate * MBIT)

sources = st.builds(
    Source,
    rate=_RATES,
    total=st.none() | st.floats(20, 4000).map(lambda rate: rate * MB),
    cap=st.none() | st.integers(1, 300),
    over=st.sampled_from(("429", "reset")),
    retry_after=st.none() | st.sampled_from((1.0, 2.0)),
    refusal=st.sampled_from((0.0, 0.01, 0.1)),
    first_byte=st.sampled_from((0.005, 0.02, 0.1, 0.3)),
    ramp=st.sampled_from((0.0, 0.0, 0.2, 1.0)),
    stragglers=st.sampled_from((0.0, 0.0, 0.05)),
)
platforms = st.builds(
    Platform,
    instance=st.floats(1, 5).map(lambda rate: rate * GBIT),
    cold_start=st.floats(0.3, 1.0),
    slowest_start=st.sampled_from((0.0, 1.0, 3.0)),
    instances=st.sampled_from((100, 100, 20, 2)),
    burst=st.sampled_from((100, 10)),
    put_answer=st.sampled_from((0.01, 0.02, 0.1)),
)
situations = st.builds(
    Situation,
    size=_SIZES,
    source=sources,
    platform=platforms,
    max_children=st.sampled_from((99, 99, 32, 0)),
    seed=st.integers(0, 1 << 16),
)

# No shrinking: a situation is short as it is, and its simulation takes its time.
as_drawn = settings(
    deadline=None,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


def drawn(count: int, seed: int) -> list[Situation]:
    """So many situations; the same for the same seed."""
    found: list[Situation] = []

    @seeded(seed)
    @settings(as_drawn, max_examples=count)
    @given(situations)
    def draw(situation: Situation) -> None:
        found.append(situation)

    draw()
    return found
