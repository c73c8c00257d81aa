"""Many objects and a program whose invocations come to an end before it does."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.e2e.bulk_jobs import forget, in_the_end, keys_below
from tests.e2e.chaos.program_kills import killed
from tests.e2e.programs.many import (
    assert_counted,
    assert_made,
    outcome_of,
    program_event,
    put,
)
from tests.e2e.spotless import staying_spotless
from tests.e2e.transfers import replied
from tests.localcloud.client import LocalCloud, started


@pytest.fixture(scope="module")
def running(code: Path) -> Iterator[LocalCloud]:
    """A cloud whose function has little time."""
    with started(code=code, timeout=12, runtime="python3.12") as cloud:
        yield cloud


@pytest.fixture
def hasty(running: LocalCloud) -> Iterator[LocalCloud]:
    """The same, to be left spotless."""
    with staying_spotless(running):
        yield running
    forget(running)


@pytest.mark.parametrize("children", [pytest.param(0, marks=pytest.mark.long), 2])
def test_what_takes_longer_than_the_function_may_is_handed_over(
    hasty: LocalCloud, key: str, children: int
) -> None:
    """Several times, by itself; each item is run once, and told of once."""
    names = [f"{number:03}.txt" for number in range(40 if children else 15)]
    put(hasty, f"{key}/in/", names)
    fields = {"parameters": {"seconds": "1"}, "max_children": children}
    reply = in_the_end(hasty, program_event(hasty, key, "lone", **fields))
    assert outcome_of(reply)[:2] == ("completed", len(names))
    assert reply["done"] + reply["unchanged"] == len(names)
    assert_counted(hasty, reply)
    assert len(keys_below(hasty, f"{key}/out/")) == 2 * len(names)
    assert len([each for each in hasty.invocations() if each["role"] == "program"]) > 2


@pytest.mark.long
def test_an_item_that_was_begun_late_gets_an_invocation_of_its_own(
    hasty: LocalCloud, key: str
) -> None:
    """And one that would take longer than any fails alone."""
    names = [*(f"{number}.txt" for number in range(4)), "5-middling.txt", "6-slow.txt", "7.txt"]
    put(hasty, f"{key}/in/", names)
    reply = in_the_end(hasty, program_event(hasty, key, "paced", max_children=0))
    assert outcome_of(reply) == ("completed_with_failures", 7, 6, 0, 1)
    rows = assert_counted(hasty, reply)
    (failed,) = [row for row in rows if row["outcome"] == "failed"]
    assert (failed["error_type"], failed["cause"]) == ("ProgramTooLong", "program")
    assert failed["source"].endswith("6-slow.txt")
    assert "raise the function's timeout" in failed["error"]


def test_the_same_event_twice_at_once_makes_everything_once(cloud: LocalCloud, key: str) -> None:
    """Whoever is asked, one does it."""
    names = [f"{number:03}.txt" for number in range(60)]
    put(cloud, f"{key}/in/", names)
    event = program_event(cloud, key, "upper", parameters={"seconds": "0.3"}, id=key)
    with ThreadPoolExecutor(2) as callers:
        replies = [each.result() for each in [callers.submit(cloud.invoke, event) for _ in "12"]]
    assert {each["status"] for each in replies} <= {"completed", "under_way"}
    reply = replied(cloud, event)
    # On a machine so busy that the head is written late, the other one takes the job for dead.
    assert outcome_of(reply)[:2] == ("completed", 60)
    assert reply["done"] + reply["unchanged"] == 60
    assert_made(cloud, key, names)


def test_an_answer_that_gets_lost_costs_nothing(cloud: LocalCloud, key: str) -> None:
    """What its child has done is on record, and counts as done."""
    names = [f"{number:03}.txt" for number in range(40)]
    put(cloud, f"{key}/in/", names)
    lost = {"server": "fc", "operation": "InvokeFunction", "key": "items", "drop_reply": True}
    cloud.faults("fc", [{**lost, "nth": 2}])
    reply = replied(cloud, program_event(cloud, key, "upper"))
    cloud.faults("fc")
    assert outcome_of(reply) == ("completed", 40, 40, 0, 0)
    assert reply["outputs"] == 80
    assert_made(cloud, key, names)


def test_kills_and_doubled_deliveries(code: Path) -> None:
    """Of whoever works on 80 items, whose event comes twice; `make kills` has 1,000, and 30."""
    assert sum(killed(80, 8, 7, code).values()) == 8
