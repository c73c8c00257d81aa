"""How ``make chaos`` ends: sentences for somebody who has not read its code."""

from __future__ import annotations

from typing import get_args, get_type_hints

from tests.e2e.chaos.__main__ import summary
from tests.e2e.chaos.outcome import Outcome


def test_good_run_says_what_held() -> None:
    """How many transfers, how they ended when they were hit, and what was true after each."""
    assert summary({"failed": 30, "done": 65, "lost": 5}, [], 81.4).splitlines() == [
        "100 transfers in 81 s, each with faults and kills at random.",
        "Of them 65 succeeded all the same, 30 ended with an error, 5 ended without an answer.",
        "After each of them the object was the whole file or untouched, sending the event again"
        " copied the file, and a sweep left nothing behind.",
    ]


def test_bad_run_says_how_to_try_again() -> None:
    """The seeds are named after the command that takes them, and only the others are counted."""
    said = summary({"done": 8}, [12, 47], 9.0).splitlines()
    assert said[0].startswith("10 transfers in 9 s, ")
    assert said[2].startswith("After 8 of them the object was ")
    assert said[3].startswith("2 WENT WRONG: see above.")
    assert said[3].endswith("--seeds 1 --first SEED, where SEED is one of 12, 47.")


def test_run_in_which_all_is_wrong_claims_nothing() -> None:
    """Of transfers that were right there is nothing to say."""
    said = summary({}, [1], 1.0).splitlines()
    assert len(said) == 2
    assert "1 WENT WRONG" in said[1]


def test_every_way_to_end_is_counted() -> None:
    """A new kind of outcome cannot be forgotten in the sentences."""
    kinds = get_args(get_type_hints(Outcome)["kind"])
    assert kinds
    for kind in kinds:
        assert "Of them 1 " in summary({kind: 1}, [], 1.0)
