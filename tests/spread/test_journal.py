"""What a fan-out tells of its runs, for the report of a transfer."""

from __future__ import annotations

import pytest

from ossferry.copying.copy_job import CopiedPart, CopyResult, Timed
from ossferry.errors import ChildFailed, ChildThrottled, FerryError, SourceRefused
from ossferry.pace.run import Run
from ossferry.spread.journal import Journal
from ossferry.spread.plan import make_plan
from tests.spread.simulated import (
    RATE,
    Answer,
    Copiers,
    alone,
    cells,
    copied,
    done,
    failing,
    fan_out,
    in_turn,
    never,
    one_child,
)

PLAN = make_plan(5_000_000, part_size=None, max_children=0, streams=1, fan_out_from=1)


def told(journal: Journal) -> list[int]:
    """Numbers of the parts that count."""
    return [part[0] for entry in journal.entries for part in entry.parts]


def test_every_part_that_is_done_counts_once() -> None:
    """Whoever copied it, and all within the time that the run took."""
    journal, work, copiers = Journal(), cells(30), Copiers()
    parts = fan_out(work, copiers, one_child(3), journal=journal).run()
    assert sorted(told(journal)) == [part.number for part in parts]
    assert journal.bytes == sum(part.size for part in parts)
    assert {entry.by_child for entry in journal.entries} == {True, False}
    for entry in journal.entries:
        assert entry.answered is not None
        assert entry.began is not None
        assert entry.asked <= entry.began <= entry.answered <= copiers.clock.now
        for _, _, began, ended, _, _ in entry.parts:
            assert entry.began <= began <= ended <= entry.answered


def test_a_child_that_starts_cold_began_later_than_it_was_asked() -> None:
    """Its own seconds end when it answers, and its parts are told of from there."""
    journal = Journal()

    def cold(run: Run) -> Answer:
        times = tuple(Timed(part.number, 2, 0.5, 0.25, 3) for part in run.slice)
        return Answer(4.0, CopyResult(tuple(map(copied, run.slice)), seconds=1.0, times=times))

    fan_out(cells(4), Copiers(child=cold, own=never), one_child(), journal=journal).run()
    (entry,) = [entry for entry in journal.entries if entry.by_child and entry.parts][:1]
    assert entry.answered == pytest.approx(entry.asked + 4.0)
    assert entry.began == pytest.approx(entry.asked + 3.0)
    _, stream, began, ended, _, attempts = entry.parts[0]
    assert (stream, attempts) == (2, 3)
    assert began == pytest.approx(entry.asked + 3.5)
    assert ended == pytest.approx(entry.asked + 3.75)


@pytest.mark.parametrize(
    ("seconds", "began", "took"), [(1e9, 0.0, 1e9), (1.0, -5.0, -1.0), (1.0, 1e9, 1e9)]
)
def test_no_child_can_tell_of_moments_outside_its_run(
    seconds: float, began: float, took: float
) -> None:
    """Whatever its clock says."""
    journal = Journal()
    run = Run(cells(1).slice(1, iter([1 << 20])), True, 1, 100.0)
    part = CopiedPart(1, 1 << 20, "e", 1, True)
    journal.asked(run)
    result = CopyResult((part,), seconds=seconds, times=(Timed(1, 1, began, took),))
    journal.answered(run, 103.0, result, {1: part})
    ((_, _, start, end, _, _),) = journal.entries[0].parts
    assert 100.0 <= start <= end <= 103.0


@pytest.mark.parametrize(
    ("error", "outcome"),
    [(ChildFailed("crashed"), "failed"), (ChildThrottled("429"), "throttled")],
)
def test_a_run_that_did_nothing_says_why(error: FerryError, outcome: str) -> None:
    """And copied no part; what it was asked for counts where somebody else did it."""
    journal = Journal()
    copiers = Copiers(child=in_turn(failing(error)))
    parts = fan_out(cells(30), copiers, one_child(), journal=journal).run()
    first = next(entry for entry in journal.entries if entry.by_child)
    assert (first.outcome, first.error, first.parts) == (outcome, error, ())
    assert sorted(told(journal)) == [part.number for part in parts]


def test_who_is_never_heard_of_is_late() -> None:
    """All is done without it."""
    journal = Journal()
    fan_out(cells(30), Copiers(child=never), one_child(4), journal=journal).run()
    late = [entry for entry in journal.entries if entry.by_child]
    assert {(entry.outcome, entry.answered) for entry in late} == {("late", None)}
    assert journal.child_seconds > 0


def test_who_was_at_it_when_all_ended_is_called_off() -> None:
    """With the error of whoever ended it."""
    journal = Journal()
    copiers = Copiers(own=failing(SourceRefused("403")), child=never)
    with pytest.raises(SourceRefused):
        fan_out(cells(30), copiers, one_child(), journal=journal).run()
    outcomes = {entry.by_child: entry.outcome for entry in journal.entries}
    assert outcomes == {True: "called_off", False: "failed"}


def test_of_two_copies_the_first_counts() -> None:
    """The other is called off, or late."""
    journal = Journal()
    slow_one = in_turn(lambda run: Answer(60 * run.size / RATE, done(run).result))
    copiers = Copiers(own=slow_one)
    parts = fan_out(cells(20), copiers, alone(4), journal=journal).run()
    assert sorted(told(journal)) == [part.number for part in parts]
    assert any(entry.outcome in ("called_off", "late") for entry in journal.entries)


def test_what_is_begun_anew_forgets_its_parts() -> None:
    """They are of an upload that is no more; what is reused is told of."""
    journal = Journal()
    before = fan_out(cells(5), Copiers(), alone(), journal=journal).run()
    journal.begin(PLAN, before[:2])
    assert told(journal) == []
    assert journal.plan is PLAN
    assert journal.earlier == (2, sum(part.size for part in before[:2]))


def test_no_more_is_kept_than_there_is_room_for() -> None:
    """The others are counted, and the fan-out does not notice."""
    journal = Journal(most=3)
    parts = fan_out(cells(9), Copiers(), alone(), journal=journal).run()
    assert len(parts) == 9
    assert (len(journal.entries), journal.left_out) == (3, 6)
    assert (journal.source_requests, journal.oss_requests) == (9, 9)


def test_moments_are_told_from_when_the_transfer_began() -> None:
    """As JSON has them."""
    journal = Journal()
    copiers = Copiers()
    fan_out(cells(1), copiers, alone(), journal=journal).run()
    (run,) = journal.to_json(990.0)
    seconds = round((1 << 20) / RATE, 4)
    assert run == {
        "by": "own",
        "number": 1,
        "asked": 10.0,
        "answered": pytest.approx(10.0 + seconds, abs=1e-3),
        "began": pytest.approx(10.0, abs=1e-3),
        "streams": 1,
        "outcome": "done",
        "error": None,
        "delayed": 0.0,
        "parts": [[1, 1, *[pytest.approx(10.0 + s, abs=1e-3) for s in (0, seconds)], 1 << 20, 1]],
    }
