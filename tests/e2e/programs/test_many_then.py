"""What a job of many items made becomes the inputs of one more program: of so many, or of all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.bulk_jobs import failures, keys_below
from tests.e2e.programs.gathering import Gathering, forget
from tests.e2e.programs.many import assert_counted, outcome_of
from tests.e2e.transfers import failed, replied
from tests.localcloud.client import LocalCloud, started
from tests.localcloud.patience import eventually


@pytest.fixture
def gathering(cloud: LocalCloud, key: str) -> Iterator[Gathering]:
    """Items of a test of its own."""
    yield Gathering(cloud, key, {})
    forget(cloud)


def put(gathering: Gathering, count: int, bad: int = 0) -> None:
    """Put so many items, of which the last ``bad`` are of no use."""
    for number in range(count):
        gathering.event(number)
    for number in range(count - bad, count):
        gathering.cloud.bucket.put_object(f"in/{gathering.key}/{number:03d}.txt", b"bad")


def done(gathering: Gathering, **fields: object) -> dict[str, Any]:
    return dict(replied(gathering.cloud, {**gathering.of_all, **fields}))


def test_so_many_at_a_time(gathering: Gathering) -> None:
    """Counted by whoever is done with some; what is left waits for more, which may come alone."""
    gathering.then["when"] = 8
    put(gathering, 20)
    reply = done(gathering)
    assert outcome_of(reply) == ("completed", 20, 20, 0, 0)
    assert reply["then"]["waiting"] == 4
    assert [len(numbers) for numbers in gathering.joined(2)] == [8, 8]
    assert_counted(gathering.cloud, reply)
    again = done(gathering)
    assert outcome_of(again) == ("completed", 20, 0, 20, 0)
    assert again["then"] == reply["then"], "who is done already is in a batch, or waits"
    single = replied(gathering.cloud, gathering.event(20))
    assert (single["then"]["group"], single["then"]["waiting"]) == (reply["then"]["group"], 5)
    assert gathering.flushed()["batches"] == [3]
    found = gathering.joined(3)
    assert sorted(number for numbers in found for number in numbers) == [*range(21)]


@pytest.mark.parametrize("children", [0, 3])
def test_all_of_a_job_in_their_order(gathering: Gathering, children: int) -> None:
    """One batch, which is that of this job alone; who asks again is told the same."""
    gathering.then["when"] = "all"
    put(gathering, 12)
    reply = done(gathering, id=f"all-{children}", max_children=children)
    assert outcome_of(reply) == ("completed", 12, 12, 0, 0)
    assert (reply["then"]["batches"], reply["then"]["waiting"]) == ([1], 0)
    assert gathering.joined(1) == [[*range(12)]]
    assert done(gathering, id=f"all-{children}", max_children=children) == reply
    other = done(gathering, id=f"all-{children}-2", max_children=children)
    assert outcome_of(other) == ("completed", 12, 0, 12, 0)
    assert other["then"]["group"] != reply["then"]["group"]
    assert gathering.joined(1) == [[*range(12)]]


def test_all_is_not_without_what_failed(gathering: Gathering) -> None:
    """It is as soon as that is done, or if so many failures are allowed."""
    gathering.then["when"] = "all"
    put(gathering, 5, bad=2)
    reply = done(gathering, id=gathering.key)
    assert outcome_of(reply) == ("completed_with_failures", 5, 3, 0, 2)
    assert reply["then"]["batches"] == []
    assert reply["warnings"] == [
        "join has not begun: 2 of 5 items failed, so do them once more with again, or allow that"
        " many by fail_above"
    ]
    put(gathering, 5, bad=1)
    about = {"kind": "program", "target": gathering.common["target"], "id": gathering.key}
    once = replied(gathering.cloud, {**about, "again": "failed"})
    assert outcome_of(once) == ("completed_with_failures", 2, 1, 0, 1)
    put(gathering, 5)
    twice = replied(gathering.cloud, {**about, "id": once["id"], "again": "failed"})
    assert outcome_of(twice) == ("completed", 1, 1, 0, 0)
    assert twice["then"]["batches"] == [1]
    assert gathering.joined(1) == [[*range(5)]]


def test_all_but_the_failures_that_are_allowed(gathering: Gathering) -> None:
    gathering.then["when"] = "all"
    put(gathering, 5, bad=1)
    reply = done(gathering, fail_above="20%")
    assert outcome_of(reply)[0] == "completed_with_failures"
    assert len(failures(gathering.cloud, reply)) == 1
    assert gathering.joined(1) == [[*range(4)]]


def test_as_a_description_says(gathering: Gathering) -> None:
    """In batches of three."""
    put(gathering, 7)
    event = {**gathering.of_all, "program": "pieces"}
    del event["then"]
    assert replied(gathering.cloud, event)["then"]["waiting"] == 1


def test_groups_of_messages_are_items_too(code: Path, key: str) -> None:
    """Each partition of a batch is one, and is not gathered again where the batch comes again."""
    program = {"OSSFERRY_MESSAGE_PROGRAM": "pieces -> oss://ossferry-local/rows/"}
    with started(code=code, env=program) as cloud:
        gathering = Gathering(cloud, "", {})
        messages = [{"topic": "t", "partition": n, "offset": 1, "value": "x"} for n in range(4)]
        reply = replied(cloud, {"messages": messages})
        assert [each["status"] for each in reply["groups"]] == ["done"] * 4
        eventually(lambda: keys_below(cloud, "joined/000001-all.txt"), within=60)
        assert len(gathering.names("waiting/")) == 1
        replied(cloud, {"messages": messages})
        assert len(gathering.names("waiting/")) == len(gathering.names("batches/")) == 1


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"program": "shout"}, "then is for a program that gathers"),
        ({"parameters": {"colour": "red"}}, "colour is no parameter of the program join"),
        ({"target": "oss://{bucket}/in/"}, "lie in each other"),
        ({"target": "oss://{bucket}/.ossferry/x/"}, "must not lead to .ossferry/"),
    ],
)
def test_what_makes_no_sense_is_refused(
    gathering: Gathering, change: dict[str, Any], sentence: str
) -> None:
    """Before the program runs over anything."""
    put(gathering, 2)
    if "target" in change:
        change = {"target": change["target"].replace("{bucket}", gathering.cloud.bucket_name)}
    gathering.then |= change
    assert sentence in failed(gathering.cloud, gathering.of_all).message
    assert not keys_below(gathering.cloud, f"out/{gathering.key}/")
