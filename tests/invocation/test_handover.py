"""What one invocation tells the next, and what nobody else can say in its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import pytest

from ossferry.errors import ChildThrottled, FerryError, InvalidEvent, Unfinished
from ossferry.invocation.handover import HandOver, outcome_name
from ossferry.names import FOLDER
from ossferry.stop import Stop

MORE_TO_DO = Unfinished("later", progress=True)
EVENT = {"source_url": "https://example.com/a", "target_region": "cn-hangzhou"}


class Account:
    """A cloud that remembers what it was to start, or refuses to."""

    request_id = "own-id"

    def __init__(self, refusal: FerryError | None = None) -> None:
        self.started: list[Mapping[str, object]] = []
        self.stop = Stop()
        self._refusal = refusal

    def invoke_later(self, document: Mapping[str, object]) -> None:
        if self._refusal:
            raise self._refusal
        self.started.append(document)


def go_on(handover: HandOver, account: Account, why: Unfinished = MORE_TO_DO) -> dict[str, object]:
    return handover.go_on(EVENT, cast(Any, account), why)


def test_an_event_that_somebody_wrote_is_the_first_of_its_line() -> None:
    """It is passed on as it is."""
    assert HandOver.read(EVENT) == (HandOver(0, ""), EVENT)


def test_an_event_that_was_handed_over_says_so() -> None:
    """The rest of it is what somebody wrote."""
    handed = {**EVENT, "handover": [3, "first-id"]}
    assert HandOver.read(handed) == (HandOver(3, "first-id"), EVENT)
    assert "handover" in handed


@pytest.mark.parametrize(
    "given",
    [
        [],
        [1],
        "1",
        5,
        {},
        [0, "id"],
        [-1, "id"],
        [1001, "id"],
        ["1", "id"],
        [1.0, "id"],
        [1, 5],
        [1, None],
        [1, "x" * 100],
        [1, "id", "more"],
    ],
)
def test_anything_else_in_its_place_is_refused(given: object) -> None:
    """With the name of the field, and what to do with it."""
    with pytest.raises(InvalidEvent, match=r"handover.*leave it out"):
        HandOver.read({**EVENT, "handover": given})


def test_the_outcome_is_found_by_the_id_of_the_first_invocation() -> None:
    """Beside the other records, which no trigger copies."""
    assert outcome_name("first-id") == f"{FOLDER}outcomes/first-id.json"


@pytest.mark.parametrize(
    ("before", "after", "first"),
    [(HandOver(), 1, "own-id"), (HandOver(3, "first-id"), 4, "first-id")],
)
def test_the_next_invocation_gets_the_event_and_the_line_that_it_stands_in(
    before: HandOver, after: int, first: str
) -> None:
    """And whoever asked is told where the outcome of all of them will be."""
    account = Account()
    assert go_on(before, account) == {
        "status": "handed_over",
        "handovers": after,
        "outcome": outcome_name(first),
    }
    assert account.started == [{**EVENT, "handover": [after, first]}]
    assert HandOver.read(account.started[0]) == (HandOver(after, first), EVENT)


def test_an_invocation_that_got_nothing_done_starts_no_other() -> None:
    """It would get nothing done either, for ever."""
    account, why = Account(), Unfinished("later")
    with pytest.raises(Unfinished) as raised:
        go_on(HandOver(), account, why)
    assert (raised.value, account.started) == (why, [])


def test_an_invocation_that_was_stopped_starts_no_other() -> None:
    """Or a stop would not be the end of it."""
    account = Account()
    account.stop.set()
    with pytest.raises(Unfinished):
        go_on(HandOver(), account)
    assert account.started == []


def test_a_line_of_invocations_comes_to_an_end() -> None:
    """After the last number that the next one would accept."""
    account = Account()
    go_on(HandOver(999, "first-id"), account)
    with pytest.raises(Unfinished):
        go_on(HandOver(1000, "first-id"), account)
    assert len(account.started) == 1


def test_where_nothing_can_be_started_the_work_is_unfinished(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Which is what whoever asked can act on; why is in the log."""
    with pytest.raises(Unfinished):
        go_on(HandOver(), Account(ChildThrottled("no instance")))
    assert "no instance" in capsys.readouterr().out
