"""A few random schedules of faults and kills; ``make chaos`` runs as many as one likes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.chaos.schedule import schedule
from tests.e2e.chaos.sources import Chaos, chaotic_cloud
from tests.e2e.chaos.trial import Trial

SEEDS = range(1000, 1030)
LONG = [pytest.param(seed, marks=pytest.mark.long) for seed in SEEDS[12:]]


@pytest.fixture(scope="module")
def chaos() -> Iterator[Chaos]:
    """A cloud for all schedules, as ``make chaos`` has it."""
    with chaotic_cloud() as chaos:
        yield chaos


@pytest.mark.parametrize("seed", [*SEEDS[:12], *LONG])
def test_whatever_goes_wrong_the_object_is_right_or_untouched(chaos: Chaos, seed: int) -> None:
    """A false "done", a wrong object, a failed re-run and orphans are all found by the trial."""
    assert Trial(chaos, schedule(seed)).run().kind in ("done", "failed", "lost")


def test_schedule_is_always_the_same_for_a_seed() -> None:
    """Or a seed that failed would say nothing."""
    assert [schedule(seed) for seed in range(50)] == [schedule(seed) for seed in range(50)]
