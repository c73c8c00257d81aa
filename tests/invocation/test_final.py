"""An event that cannot succeed fails at once as long as it is tried, and is itself afterwards."""

from __future__ import annotations

import time

import pytest

from ossferry.errors import ERROR_TYPES, FerryError, InvalidEvent, SourceGone
from ossferry.invocation.final import is_final, with_error, without_error

EVENT = {"source_url": "https://example.com/a"}
GONE = SourceGone("nothing is there")


def test_an_event_that_was_sent_on_with_its_error_fails_with_it() -> None:
    """Same type, same sentence: whoever gets the report sees what happened."""
    with pytest.raises(SourceGone, match="nothing is there"):
        without_error(with_error(EVENT, GONE))


def test_an_event_that_somebody_wrote_is_itself() -> None:
    """And has no such field."""
    assert without_error(EVENT) == EVENT


@pytest.mark.parametrize("seconds", [-10_000_000, -1, 10_000_000])
def test_what_a_destination_got_can_be_sent_again_as_it_is(seconds: int) -> None:
    """The error holds for a quarter of an hour; a clock that is wrong makes that no longer."""
    final = ["SourceGone", "gone", int(time.time()) + seconds]
    assert without_error({**EVENT, "final": final}) == EVENT


def test_an_error_holds_while_function_compute_tries() -> None:
    """Its retries are through within minutes."""
    kind, message, until = with_error(EVENT, GONE)["final"]
    assert (kind, message) == ("SourceGone", "nothing is there")
    assert 600 < until - time.time() <= 900


@pytest.mark.parametrize(
    "given",
    [[], {}, "x", 7, ["SourceGone"], ["SourceGone", "x", "1"], ["KeyError", "x", 1], [1, 2, 3]],
)
def test_anything_else_in_its_place_is_refused(given: object) -> None:
    """With the name of the field, and what to do with it."""
    with pytest.raises(InvalidEvent, match=r"final.*leave it out"):
        without_error({**EVENT, "final": given})


FINAL = {
    "InvalidEvent",
    "SourceRefused",
    "SourceArchived",
    "SourceGone",
    "RangeNotHonoured",
    "TargetRefused",
    "ObjectExists",
}


@pytest.mark.parametrize("name", sorted(ERROR_TYPES))
def test_errors_that_the_readme_says_to_try_again_are_not_final(name: str) -> None:
    """Nor is one that may pass, or a fault of ours."""
    error: FerryError = ERROR_TYPES[name]("told")
    assert is_final(error) is (name in FINAL)
    assert not (error.retryable and is_final(error))
