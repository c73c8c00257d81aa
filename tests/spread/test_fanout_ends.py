"""When a fan-out ends, and what is told of it; on a clock of its own."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest

from ossferry.byte_range import GIB, MIB
from ossferry.errors import (
    ChildThrottled,
    OutOfTime,
    SourceChanged,
    Stopped,
)
from ossferry.pace.grid import Work, grid_of
from ossferry.pace.limits import Limits
from ossferry.pace.run import Run
from ossferry.spread.tally import Tally
from ossferry.stop import Stop
from tests.spread.simulated import (
    LOST,
    RATE,
    Answer,
    Copiers,
    alone,
    cells,
    done,
    failing,
    fan_out,
    in_turn,
    never,
    one_child,
    slow,
    stopping,
)


def test_a_stop_that_came_before_begins_nothing() -> None:
    """There is no time for anything."""
    stop = Stop()
    stop.set()
    copiers = Copiers()
    with pytest.raises(Stopped, match="stopped"):
        fan_out(cells(3), copiers, one_child(), stop=stop).run()
    assert copiers.asked == []


def test_a_stop_is_heard_while_nothing_else_is() -> None:
    """It comes when all is handed out, and nobody is going to report."""
    copiers = Copiers(own=never, child=never)
    stop = stopping(copiers, lambda: copiers.clock.now > 1010)
    with pytest.raises(Stopped):
        fan_out(cells(2), copiers, alone(2), stop=stop).run()
    assert copiers.clock.now < 1011


def test_what_was_done_before_a_stop_is_known() -> None:
    """Somebody goes on with it."""
    copiers = Copiers(own=in_turn(done, done, rest=never))
    running = fan_out(
        cells(9), copiers, alone(), stop=stopping(copiers, lambda: len(copiers.asked) == 3)
    )
    with pytest.raises(Stopped):
        running.run()
    assert sorted(running.done) == [8, 9]


def test_the_deadline_ends_the_waiting() -> None:
    """Also for those who never answer; with how far it got, and what to change."""
    copiers = Copiers(own=in_turn(done, rest=never), child=never)
    running = fan_out(cells(64), copiers, one_child(), deadline=1030.0)
    with pytest.raises(OutOfTime, match=r"1 parts copied: raise its timeout"):
        running.run()
    assert copiers.clock.now == pytest.approx(1030.0)


def test_after_the_last_call_nothing_new_is_begun() -> None:
    """What was begun before it still counts, so that somebody can go on with the rest."""
    copiers = Copiers()
    running = fan_out(cells(100), copiers, alone(2), last_call=1010.0)
    with pytest.raises(OutOfTime):
        running.run()
    assert max(asked.at for asked in copiers.asked) < 1010.0
    assert copiers.in_hand == []
    assert len(running.done) == len(copiers.asked)
    assert copiers.clock.now < 1010.0 + MIB / RATE + 0.01  # and not until the deadline


def test_what_is_through_between_last_call_and_deadline_ends_the_run() -> None:
    """Those who were told to come to an end are heard."""
    copiers = Copiers(own=lambda run: slow(run, 20))
    assert len(fan_out(cells(2), copiers, alone(2), last_call=1001.0).run()) == 2
    assert copiers.clock.now > 1020


def test_after_the_last_call_what_fails_is_not_begun_again() -> None:
    """There would be no time for it."""
    copiers = Copiers(own=failing(LOST, seconds=5.0))
    with pytest.raises(OutOfTime, match="0 parts"):
        fan_out(cells(1), copiers, alone(), last_call=1001.0).run()
    assert len(copiers.asked) == 1
    assert copiers.clock.now == pytest.approx(1005.0)


def test_progress_is_told_with_all_that_is_done_each_time_that_there_is_more() -> None:
    """Also when a slice came only in part."""
    told = list[list[int]]()
    copiers = Copiers(own=in_turn(done, failing(LOST)))
    fan_out(cells(3), copiers, alone(), progressed=lambda found: told.append(sorted(found))).run()
    assert told == [[3], [2, 3], [1, 2, 3]]


def test_a_part_that_comes_a_second_time_is_no_progress() -> None:
    """A late child brings all its parts, of which others have copied the first meanwhile."""
    told = list[list[int]]()

    def own(run: Run) -> Answer | None:
        first = copiers.children_asked[0].numbers
        return None if run.slice[0].number in first[:-1] else done(run)

    copiers = Copiers(own=own, child=lambda run: slow(run, 20))
    running = fan_out(
        cells(16), copiers, one_child(4), progressed=lambda found: told.append(sorted(found))
    )
    assert len(running.run()) == 16
    first = copiers.children_asked[0].numbers
    assert len(first) > 1
    assert first[-1] in [number for asked in copiers.own_asked for number in asked.numbers]
    assert all(len(a) < len(b) for a, b in pairwise(told))
    assert told[-1] == list(range(1, 17))


def test_the_tally_is_counted_on() -> None:
    """An invocation may run twice over a source; what it took is told in one."""
    tally = Tally(invocations=3, throttled=2, parts_retried=5, peak=1, streams=2)

    def own(run: Run) -> Answer:
        return Answer(0.1, done(run).result._replace(retried=2, hedged=1))

    running = fan_out(cells(3), Copiers(own), alone(), tally=tally)
    running.run()
    assert running.tally is tally
    assert (tally.invocations, tally.throttled, tally.peak) == (3, 2, 1)
    assert (tally.parts_retried, tally.parts_hedged, tally.streams) == (11, 3, 2)


def test_a_child_counts_with_its_streams() -> None:
    """Connections are those of all together."""
    copiers = Copiers()
    running = fan_out(Work(grid_of(GIB)), copiers, Limits(8, 8, at_once=True))
    running.run()
    assert running.tally.streams >= 8 + max(asked.run.streams for asked in copiers.children_asked)
    assert 1 <= running.tally.peak <= 8


def test_connections_that_children_gave_up_are_not_counted() -> None:
    """Others have them since: all together are never more than there may be."""

    def child(run: Run) -> Answer:
        answer = slow(run, 1.0 + run.slice[0].number % 5)
        return answer._replace(
            result=answer.result._replace(stepped_down=run.streams - run.streams // 4)
        )

    limits = Limits(32, 8, connections=64, at_once=True)
    running = fan_out(Work(grid_of(4 * GIB)), Copiers(child=child), limits)
    running.run()
    assert 32 < running.tally.streams <= 64


def test_what_was_measured_is_told_at_the_end() -> None:
    """Of a stream, and of all of an instance."""
    copiers = Copiers()
    running = fan_out(Work(grid_of(256 * MIB)), copiers, alone(4))
    running.run()
    assert running.tally.measured is not None
    assert RATE / 2 < running.tally.measured.connection < 2 * RATE
    assert 2 * RATE < running.tally.measured.instance < 8 * RATE


def test_a_failed_child_is_in_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    """With what it failed with, after how long, and how much it left out."""
    copiers = Copiers(own=never, child=failing(SourceChanged("other"), parts=1, seconds=2.5))
    with pytest.raises(SourceChanged):
        fan_out(cells(64), copiers, one_child()).run()
    (line,) = map(json.loads, capsys.readouterr().out.splitlines())
    missing = len(copiers.children_asked[0].numbers) - 1
    assert line.items() >= {
        ("event", "child.failed"),
        ("level", "warning"),
        ("error_type", "SourceChanged"),
        ("error", "other"),
        ("seconds", 2.5),
        ("missing", missing),
    }


def test_a_throttled_child_is_in_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    """With how many there may still be; nothing is said of own parts that fail."""
    copiers = Copiers(
        own=in_turn(failing(LOST)), child=failing(ChildThrottled("429"), seconds=0.01)
    )
    fan_out(cells(4), copiers, one_child()).run()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {line["event"] for line in lines} == {"child.throttled"}
    assert all(0 <= line["width"] <= 1 for line in lines)
