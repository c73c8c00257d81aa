"""When to look again at what is being restored."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.archived import ARCHIVED, TIERS, fitted
from ossferry.thaw.later import look_again_in

MINUTE, HOUR = 60, 3600
KNOWN = sorted(
    {
        f"{name}/{fit.tier}" if fit.tier else name
        for name in ARCHIVED
        for fit in (fitted(name, 1, tier) for tier in TIERS)
    }
)


@pytest.mark.parametrize(
    ("waits", "waited", "seconds"),
    [
        ([], 0, MINUTE),
        (["Archive"], 1, MINUTE),
        (["ColdArchive/Expedited"], 1, HOUR / 2),
        (["ColdArchive/Standard"], 1, HOUR),
        (["ColdArchive/Bulk"], 1, 2 * HOUR),
        (["DeepColdArchive/Expedited"], 1, 2 * HOUR),
        (["DeepColdArchive/Standard"], 1, 6 * HOUR),
        (["DeepColdArchive/Standard", "Archive"], 1, MINUTE),
        (["of a class that is yet to come"], 1, MINUTE),
        (["Archive"], 4 * HOUR, HOUR),
        (["Archive"], 400 * HOUR, 6 * HOUR),
        (["DeepColdArchive/Standard"], 400 * HOUR, 6 * HOUR),
    ],
)
def test_as_often_as_suits_the_fastest(waits: list[str], waited: float, seconds: float) -> None:
    """And less often the longer it takes."""
    assert look_again_in(waits, waited) == seconds


@given(st.lists(st.sampled_from(KNOWN)), st.floats(0, 1e7))
def test_it_is_from_a_minute_to_six_hours(waits: list[str], waited: float) -> None:
    """And does not get shorter while time passes; a day costs few looks."""
    now, later = look_again_in(waits, waited), look_again_in(waits, waited + 100)
    assert MINUTE <= now <= later <= 6 * HOUR


def test_each_class_and_tier_has_an_interval_of_its_own() -> None:
    """None is taken for one that nobody knows."""
    assert {each for each in KNOWN if look_again_in([each], 0) == MINUTE} == {"Archive"}
