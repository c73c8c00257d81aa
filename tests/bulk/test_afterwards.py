"""All of a job: what that is where some of it failed, or was never done."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from ossferry.bulk import afterwards
from ossferry.items.row import Row, Tally
from ossferry.jobs import BulkJob, Then
from ossferry.ledger.head import Head
from ossferry.ledger.state import State
from ossferry.names import ObjectName

TARGET = ObjectName("cn-hangzhou", "my-bucket", "out/")
DONE = ".ossferry/programs/done/"


def row(key: str, outcome: str = "done", record: str = "") -> Row:
    told = {"item": 1, "source": "", "key": key, "outcome": outcome, "bytes": 1, "outputs": 1}
    return {**told, "record": f"{DONE}{record or key}.json"} if outcome != "failed" else told


class Jobs:
    """Those that a bucket has, with their rows; ``begun`` is what was asked for."""

    def __init__(self, **jobs: tuple[Head, list[Row]]) -> None:
        self.jobs = jobs
        self.begun: list[str] | None = None

    def state(self, id: str) -> State:
        head = self.jobs[id][0] if id in self.jobs else None
        found: Any = SimpleNamespace(id=id, of=self.state, head=lambda: head)
        return cast(State, found)

    def all_done(self, ids: list[str]) -> dict[str, object]:
        self.begun = ids
        return {"batches": [1] if ids else []}

    def ended(self, monkeypatch: pytest.MonkeyPatch, id: str, **fields: Any) -> dict[str, object]:
        """What the reply of a job has about it, without what is always there."""
        head, rows = self.jobs[id]
        rows_of = {each.id: found for each, found in self.jobs.values()}
        monkeypatch.setattr(afterwards, "all_rows", lambda head, _: iter(rows_of[head.id]))
        many: Any = SimpleNamespace(
            then=Then("mix", None, TARGET), all_done=lambda ids: self.all_done([*ids])
        )
        job, tally = BulkJob(TARGET, **fields), Tally.sum(rows)
        return afterwards.afterwards(many, job, head, tally, self.state(id))


def head(id: str, again_of: str = "", status: str = "completed") -> Head:
    return Head(id=id, began=1.0, again_of=again_of, reply={"status": status})


def test_all_are_those_of_the_jobs_before_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the order of their keys; an item that was done twice counts as it was done last."""
    first = [row("c"), row("b", "failed"), row("a", "failed")]
    second = [row("b", "failed"), row("a", record="a-2")]
    jobs = Jobs(
        one=(head("one"), first),
        two=(head("two", "one"), second),
        three=(head("three", "two")._replace(reply=None), [row("b", "unchanged")]),
    )
    assert jobs.ended(monkeypatch, "three") == {"then": {"batches": [1]}}
    assert jobs.begun == ["a-2", "b", "c"]


@pytest.mark.parametrize(
    ("before", "sentence"),
    [
        (None, "the records of job one are gone, so send its event again"),
        (
            head("one", status="stopped"),
            "job one was stopped, so send its event again with another",
        ),
    ],
)
def test_what_is_not_known_to_be_all_is_not(
    monkeypatch: pytest.MonkeyPatch, before: Head | None, sentence: str
) -> None:
    """Nothing is begun that lacks something."""
    jobs = Jobs(two=(head("two", "one"), [row("a")]))
    if before:
        jobs.jobs["one"] = before, [row("b")]
    reply = jobs.ended(monkeypatch, "two")
    (warning,) = cast(list[str], reply["warnings"])
    assert warning.startswith(f"mix has not begun: {sentence}")
    assert jobs.begun == []


def test_more_than_one_batch_can_have_are_not_gathered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks for that is told how to ask for it."""
    many = head("one")._replace(tally=Tally(done=afterwards.MOST + 1))
    jobs = Jobs(one=(many, [row("a")]))
    reply = jobs.ended(monkeypatch, "one")
    assert "100,001 items are more than the 100,000 of one batch" in str(reply["warnings"])
    assert jobs.begun == []


@pytest.mark.parametrize(
    ("fail_above", "begins"), [(None, False), (0, False), (1, True), (0.5, True), (0.1, False)]
)
def test_as_much_may_fail_as_the_event_allows(
    monkeypatch: pytest.MonkeyPatch, fail_above: float | None, begins: bool
) -> None:
    jobs = Jobs(one=(head("one"), [row("a"), row("b", "failed")]))
    reply = jobs.ended(monkeypatch, "one", fail_above=fail_above)
    assert jobs.begun == (["a"] if begins else [])
    assert ("warnings" in reply) is not begins


def test_without_anything_to_do_then_nothing_is_told() -> None:
    job = BulkJob(TARGET)
    assert afterwards.afterwards(None, job, head("one"), Tally(), Jobs().state("one")) == {}
