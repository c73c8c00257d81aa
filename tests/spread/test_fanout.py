"""Parts among children and the coordinator's own streams, with copiers that do as a test says, on
a clock of their own: who gets what, and what is tried again."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.byte_range import GIB, MIB
from ossferry.copying.copy_job import CopyResult
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
from tests.spread.simulated import (
    LOST,
    RATE,
    Answer,
    Copiers,
    Script,
    alone,
    assert_all_of,
    cells,
    copied,
    done,
    failing,
    fan_out,
    in_turn,
    never,
    one_child,
    slow,
    stopping,
)


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
