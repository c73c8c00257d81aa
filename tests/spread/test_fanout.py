"""Parts among children and the coordinator's own streams, with copiers that do as a test says, on
a clock of their own: who gets what, what is tried again, and when it is given up."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.byte_range import GIB, MIB
from ossferry.copying.copy_job import CopiedPart, CopyResult
from ossferry.errors import (
    ChildFailed,
    ChildThrottled,
    FerryError,
    InternalError,
    OutOfTime,
    SourceBusy,
    SourceChanged,
    SourceUnavailable,
    Stopped,
)
from ossferry.pace.grid import Grid, Work, grid_of
from ossferry.pace.limits import Limits
from ossferry.pace.run import Run
from ossferry.spread.fanout import FanOut
from ossferry.spread.tally import Tally
from ossferry.stop import Stop
from tests.spread.simulated import (
    RATE,
    Answer,
    Copiers,
    Script,
    copied,
    done,
    failing,
    in_turn,
    never,
    slow,
)

LOST = ChildFailed("lost")
DEADLINE = 100_000.0


def alone(streams: int = 1) -> Limits:
    return Limits(children=0, streams=streams)


def one_child(streams: int = 1) -> Limits:
    """It is started at once, before anything is measured."""
    return Limits(children=1, streams=streams, at_once=True)


def cells(count: int, size: int = MIB) -> Work:
    """Work in so many parts of that size."""
    return Work(Grid(count * size, size, even=True))


def fan_out(
    work: Work,
    copiers: Copiers,
    limits: Limits,
    *,
    last_call: float | None = None,
    deadline: float = DEADLINE,
    stop: Stop | None = None,
    tally: Tally | None = None,
    progressed: Callable[[Mapping[int, CopiedPart]], None] = lambda done: None,
) -> FanOut:
    return FanOut(
        work,
        copiers,
        limits,
        last_call=deadline if last_call is None else last_call,
        deadline=deadline,
        stop=stop,
        tally=tally,
        progressed=progressed,
        clock=copiers.clock,
        cpu=lambda: 0.0,
    )


def assert_all_of(parts: list[CopiedPart], grid: Grid) -> None:
    """Each byte is in exactly one part, and they are in order."""
    assert [part.number for part in parts] == sorted({part.number for part in parts})
    starts = [(part.number - 1) * grid.cell for part in parts]
    assert starts[0] == 0
    assert all(start + part.size == after for (start, after), part in zip(pairwise(starts), parts))  # noqa: B905, one pair less
    assert starts[-1] + parts[-1].size == grid.size


# Who gets what


@given(
    size=st.integers(1, 20 * MIB),
    streams=st.integers(1, 128),
    children=st.integers(0, 64),
    at_once=st.booleans(),
    faults=st.lists(
        st.sampled_from(
            [LOST, SourceUnavailable("hiccup"), ChildThrottled("429"), SourceBusy("busy", 0.5)]
        ),
        max_size=3,  # one part may be the victim of all
    ),
)
def test_every_byte_is_copied_once_whoever_fails_now_and_then(
    size: int, streams: int, children: int, at_once: bool, faults: list[FerryError]
) -> None:
    """All parts come back, in order; none that is done is copied again."""
    left = list(faults)

    def script(run: Run) -> Answer:
        if not left or (not run.by_child and isinstance(left[0], ChildThrottled | ChildFailed)):
            return done(run)
        return failing(left.pop(0), parts=len(run.slice) // 2)(run) or done(run)

    copiers = Copiers(script, script)
    grid = grid_of(size)
    limits = Limits(children, streams, at_once=at_once and children > 0)
    running = fan_out(Work(grid), copiers, limits)
    assert_all_of(running.run(), grid)
    assert copiers.most_copies <= 2
    assert running.tally.streams <= limits.connections
    assert len(copiers.children_asked) == running.tally.invocations + running.tally.throttled
    assert running.tally.peak <= children


def test_nothing_is_begun_when_all_is_done() -> None:
    """A run over nothing ends at once."""
    copiers = Copiers()
    grid = Grid(3 * MIB, MIB)
    work = Work(grid, [copied(part) for part in grid.parts()])
    assert fan_out(work, copiers, one_child()).run() == []
    assert copiers.asked == []


def test_only_what_is_left_comes_back() -> None:
    """Whoever resumes knows what was done before."""
    grid = Grid(4 * MIB, MIB, even=True)
    work = Work(grid, [copied(part) for part in list(grid.parts())[1:3]])
    assert [part.number for part in fan_out(work, Copiers(), alone()).run()] == [1, 4]


def test_children_take_from_the_front_and_own_streams_from_the_back() -> None:
    """So they meet in the middle, and slices are in a row."""
    copiers = Copiers()
    fan_out(cells(64), copiers, one_child(2)).run()
    assert copiers.children_asked[0].numbers[0] == 1
    assert [asked.numbers for asked in copiers.own_asked[:2]] == [[64], [63]]
    for asked in copiers.children_asked:
        assert asked.numbers == [*range(asked.numbers[0], asked.numbers[-1] + 1)]


def test_children_are_begun_before_anything_is_measured_where_that_is_so_planned() -> None:
    """In the very first moment, beside the own streams."""
    copiers = Copiers()
    fan_out(Work(grid_of(4 * GIB)), copiers, Limits(16, 8, at_once=True)).run()
    first = [asked for asked in copiers.asked if asked.at == copiers.asked[0].at]
    assert any(asked.run.by_child for asked in first)
    assert any(not asked.run.by_child for asked in first)


def test_without_children_the_coordinator_copies_all() -> None:
    """A part to each of its streams, and never more of them."""
    copiers = Copiers()
    running = fan_out(cells(20), copiers, alone(3))
    assert len(running.run()) == 20
    assert copiers.children_asked == []
    assert running.tally.streams == 3
    assert (running.tally.invocations, running.tally.peak) == (0, 0)


def test_a_free_stream_gets_the_next_part_at_once() -> None:
    """Ten parts of one stream take what ten parts take."""
    copiers = Copiers()
    fan_out(cells(10), copiers, alone()).run()
    assert copiers.clock.now - copiers.asked[0].at == pytest.approx(10 * MIB / RATE)


# What is tried again


@pytest.mark.parametrize("error", [LOST, SourceUnavailable("hiccup"), OutOfTime("cut off")])
@pytest.mark.parametrize("failures", [1, 3])
def test_a_part_that_failed_is_copied_again(error: FerryError, failures: int) -> None:
    """As the same part, whether who had it crashed, was not served, or ran out of its own time."""
    copiers = Copiers(in_turn(*[failing(error)] * failures))
    running = fan_out(cells(1), copiers, alone())
    assert len(running.run()) == 1
    assert [asked.run.slice for asked in copiers.asked] == [copiers.asked[0].run.slice] * (
        failures + 1
    )
    assert running.tally.retried == 0  # which is about children


@pytest.mark.parametrize("error", [LOST, SourceUnavailable("hiccup"), OutOfTime("cut off")])
def test_a_part_gets_four_attempts(error: FerryError) -> None:
    """The last error is the answer."""
    copiers = Copiers(failing(error))
    with pytest.raises(type(error), match=error.message):
        fan_out(cells(1), copiers, alone()).run()
    assert len(copiers.asked) == 4


def test_attempts_are_of_a_part_and_not_of_all() -> None:
    """Many parts may fail now and then."""
    failed = set[int]()

    def once(run: Run) -> Answer | None:
        number = run.slice[0].number
        if number in failed:
            return done(run)
        failed.add(number)
        return failing(LOST)(run)

    copiers = Copiers(once)
    assert len(fan_out(cells(12), copiers, alone()).run()) == 12
    assert len(copiers.asked) == 24


def test_attempts_count_over_all_who_copy() -> None:
    """Two of a child and two of the coordinator are four."""
    copiers = Copiers(own=failing(LOST), child=failing(LOST, seconds=0.05))
    with pytest.raises(ChildFailed):
        fan_out(cells(1, 2 * MIB), copiers, one_child()).run()
    assert len(copiers.asked) == 4


def test_what_children_always_fail_with_is_copied_by_the_coordinator() -> None:
    """Two attempts of a part are theirs, as long as there is somebody else who may do better."""
    copiers = Copiers(child=failing(LOST, seconds=0.05))
    running = fan_out(cells(16), copiers, one_child(2))
    assert len(running.run()) == 16
    tried = Counter(number for asked in copiers.children_asked for number in asked.numbers)
    assert set(tried.values()) <= {1, 2}
    assert running.tally.retried == len(copiers.children_asked) >= 2


def test_what_a_child_left_out_is_handed_out_again() -> None:
    """Only that: parts that are done stay done, and a part keeps its number and range."""
    child = in_turn(failing(SourceUnavailable("hiccup"), parts=1))
    copiers = Copiers(own=lambda run: slow(run, 30), child=child)
    grid = grid_of(64 * MIB)
    running = fan_out(Work(grid), copiers, one_child(4))
    assert_all_of(running.run(), grid)
    first = copiers.children_asked[0].run
    assert len(first.slice) > 1
    again = [part for asked in copiers.asked[2:] for part in asked.run.slice]
    assert first.slice[0] not in again
    for part in first.slice[1:]:
        assert part in again
    assert running.tally.retried == 1
    assert running.tally.invocations == len(copiers.children_asked)


def test_a_child_that_leaves_parts_out_without_a_reason_is_a_fault() -> None:
    """It is not asked again: nobody knows what it would do."""
    copiers = Copiers(own=never, child=lambda run: Answer(0.1, CopyResult(())))
    with pytest.raises(InternalError, match="left parts out"):
        fan_out(cells(8), copiers, one_child()).run()
    assert len(copiers.children_asked) == 1


@pytest.mark.parametrize("by_child", [False, True])
@pytest.mark.parametrize("parts", [0, 1])
def test_an_error_that_cannot_pass_ends_everything(by_child: bool, parts: int) -> None:
    """At once; nothing new is started after it, and nobody is waited for."""
    fault: Script = failing(SourceChanged("other"), parts=parts if by_child else 0)
    copiers = Copiers(child=fault, own=never) if by_child else Copiers(own=fault, child=never)
    running = fan_out(cells(64), copiers, one_child())
    with pytest.raises(SourceChanged):
        running.run()
    assert len(copiers.asked) == 2
    assert copiers.clock.now - copiers.asked[0].at == pytest.approx(0.1)
    assert len(running.done) == (parts if by_child else 0)


def test_a_throttled_child_costs_no_attempt() -> None:
    """FC did nothing; the coordinator goes on by itself, and everything gets done."""
    copiers = Copiers(child=failing(ChildThrottled("429"), seconds=0.01))
    running = fan_out(cells(40), copiers, one_child())
    assert len(running.run()) == 40
    tally = running.tally
    assert tally.throttled == len(copiers.children_asked) > 4
    assert (tally.invocations, tally.retried) == (0, 0)


def test_after_throttling_children_are_asked_for_less_and_less() -> None:
    """Each refusal in a row makes the pause longer."""
    copiers = Copiers(child=failing(ChildThrottled("429"), seconds=0.01))
    fan_out(cells(200), copiers, one_child()).run()
    moments = [asked.at for asked in copiers.children_asked]
    pauses = [later - earlier for earlier, later in pairwise(moments)]
    assert len(pauses) >= 3
    assert all(a < b for a, b in pairwise(pauses))


def test_a_busy_source_costs_no_attempt() -> None:
    """No part is to blame: it is asked again later, more often than a part may fail."""
    copiers = Copiers(own=in_turn(*[failing(SourceBusy("busy"))] * 12))
    assert len(fan_out(cells(3), copiers, alone()).run()) == 3
    assert len(copiers.asked) == 15
    assert copiers.clock.now - copiers.asked[0].at < 100


def test_a_busy_source_is_left_alone_for_as_long_as_it_asks() -> None:
    """It said when there is a turn for us, and that holds for all."""
    copiers = Copiers(own=in_turn(failing(SourceBusy("busy", 7.0))), child=never)
    running = fan_out(
        cells(3), copiers, alone(), stop=stopping(copiers, lambda: len(copiers.asked) > 1)
    )
    with pytest.raises(Stopped):
        running.run()
    first, second = (asked.at for asked in copiers.asked)
    assert second - first >= 7.1


def stopping(copiers: Copiers, when: Callable[[], bool]) -> Stop:
    """A stop that is set at the first look at which something is so."""
    stop = Stop()
    copiers.then = lambda: stop.set() if when() else None
    return stop


def test_a_source_that_serves_nobody_for_long_is_given_up() -> None:
    """After two minutes, with what it says; not before."""
    copiers = Copiers(own=failing(SourceBusy("busy")))
    with pytest.raises(SourceBusy, match="busy"):
        fan_out(cells(1), copiers, alone()).run()
    assert 120 < copiers.clock.now - copiers.asked[0].at < 130


def test_a_source_that_served_lately_is_not_given_up() -> None:
    """The two minutes begin with each part."""
    busy = [failing(SourceBusy("busy", 100.0))]
    copiers = Copiers(own=in_turn(*busy, done, *busy, done, *busy, done))
    assert len(fan_out(cells(3), copiers, alone()).run()) == 3
    assert copiers.clock.now - copiers.asked[0].at > 300


# What is late


def stuck(number: int) -> Script:
    """As fast as always, but for the first copy of one part, which never ends."""
    first: list[Run] = []

    def script(run: Run) -> Answer | None:
        if run.slice[0].number == number and not first:
            first.append(run)
            return None
        return done(run)

    return script


def test_a_free_stream_copies_what_another_is_late_with() -> None:
    """The first copy of a part counts; the other one is called off, and its failure is none."""
    copiers = Copiers(own=stuck(5))
    running = fan_out(cells(10), copiers, alone(2))
    assert len(running.run()) == 10
    copies = [asked for asked in copiers.asked if asked.numbers == [5]]
    assert len(copies) == 2
    assert copiers.called_off == [copies[0].run]
    assert (running.tally.parts_hedged, running.tally.hedged) == (1, 0)
    assert copies[1].at >= max(asked.at for asked in copiers.asked[:-1])  # nothing else was left


def test_of_two_copies_the_first_counts_and_the_failure_of_the_other_does_not() -> None:
    """Whatever it fails with."""

    def own(run: Run) -> Answer | None:
        if run.slice[0].number == 1 and len(copiers.asked) == 2:
            return failing(SourceChanged("other"), seconds=60.0)(run)
        return slow(run, 8) if run.slice[0].number == 4 else done(run)

    copiers = Copiers(own=own)
    running = fan_out(cells(4), copiers, alone(2))
    assert len(running.run()) == 4


def test_a_late_child_is_helped_by_who_is_free() -> None:
    """It is not waited for, and counts as one invocation of which somebody else did the work."""
    copiers = Copiers(child=never)
    running = fan_out(cells(16), copiers, one_child(4))
    assert len(running.run()) == 16
    first = copiers.children_asked[0]
    again = {number for asked in copiers.own_asked for number in asked.numbers}
    assert set(first.numbers) <= again
    assert (running.tally.hedged, running.tally.parts_hedged) == (1, 0)
    assert copiers.called_off == []  # children are not: what they do is paid for anyway
    assert copiers.in_hand == [first.run]


def test_what_a_late_child_came_to_last_is_copied_first() -> None:
    """Most likely it has copied the first parts, and tells so when it ends."""
    copiers = Copiers(child=never)
    fan_out(cells(16), copiers, one_child(4)).run()
    first = copiers.children_asked[0].numbers
    again = [asked.numbers[0] for asked in copiers.own_asked if asked.numbers[0] in first]
    assert len(first) > 1
    assert again == sorted(first, reverse=True)


def test_a_late_child_that_was_given_all_is_helped() -> None:
    """Though the coordinator has copied nothing by then, and does not know how long that takes."""
    copiers = Copiers(child=never)
    running = fan_out(cells(2), copiers, one_child(4))
    assert len(running.run()) == 2
    assert copiers.children_asked[0].numbers == [1, 2]
    assert running.tally.hedged == 1


def test_nobody_is_helped_who_is_not_late() -> None:
    """Those who are at it end as soon as any other would."""
    copiers = Copiers(own=lambda run: slow(run, 1.5) if run.slice[0].number == 5 else done(run))
    running = fan_out(cells(10), copiers, alone(2))
    running.run()
    assert len(copiers.asked) == 10
    assert running.tally.parts_hedged == 0


@pytest.mark.parametrize("streams", [4, 8, 32])
def test_where_many_are_late_few_are_copied_twice(streams: int) -> None:
    """Copying all twice would make all of them later; and no part gets a third copy."""
    stuck = set[int]()

    def own(run: Run) -> Answer | None:
        number = run.slice[0].number
        if number % 4 and number <= streams and number not in stuck:
            stuck.add(number)
            return None
        return done(run)

    copiers = Copiers(own=own)
    running = fan_out(cells(8 * streams), copiers, alone(streams))
    assert len(running.run()) == 8 * streams
    assert 1 <= copiers.most_at_once <= streams // 2
    assert copiers.most_copies == 2
    assert running.tally.parts_hedged == len(stuck)


# When it ends


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


# What is told


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
