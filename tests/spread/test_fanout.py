"""Slices among children and the coordinator, with copiers that do as a test says and a clock of
its own: who gets what, what is tried again, and when it is given up."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import pairwise

import pytest

from ossferry.copying.copy_job import CopiedPart, CopyResult
from ossferry.errors import (
    ChildFailed,
    ChildThrottled,
    FerryError,
    InternalError,
    OutOfTime,
    SourceChanged,
    SourceUnavailable,
    Stopped,
)
from ossferry.parts import Slice
from ossferry.spread.fanout import Child, FanOut, Own, Report
from ossferry.stop import Stop
from tests.spread.slice_copiers import (
    Answer,
    Busy,
    Clock,
    Copier,
    Held,
    done,
    nobody,
    numbers,
    slices,
    untold,
)

LOST = ChildFailed("lost")


def fan_out(
    work: list[Slice],
    *,
    child: Child,
    own: Own | None = None,
    width: int = 4,
    streams: int = 100,
    last_call: float | None = None,
    deadline: float = 2000.0,
    stop: Stop | None = None,
    progressed: Callable[[Mapping[int, CopiedPart]], None] = lambda done: None,
    clock: Clock | None = None,
) -> FanOut:
    return FanOut(
        work,
        width=width,
        streams=streams,
        child=child,
        own=own or Copier(),
        last_call=deadline if last_call is None else last_call,
        deadline=deadline,
        stop=stop,
        progressed=progressed,
        clock=clock or Clock(),
    )


def test_a_slice_that_is_more_than_a_fair_share_of_the_rest_is_divided() -> None:
    """In whole rounds of the streams, so that all end together."""
    child, own = Copier(), Copier()
    parts = fan_out(slices(16), child=child, own=own, width=1, streams=4).run()
    assert [part.number for part in parts] == list(range(1, 17))
    assert [len(each) for each in own.asked[:1]] == [8]
    assert all(len(each) % 4 == 0 for each in (*child.asked, *own.asked))


def test_every_part_comes_back_once_and_in_order() -> None:
    """Whoever copied it, and whenever."""
    run = fan_out(slices(3, 2, 2, 1), child=Copier(), own=Copier())
    assert [part.number for part in run.run()] == list(range(1, 9))


def test_children_take_from_the_front_and_the_coordinator_from_the_back() -> None:
    """Large slices are worth a cold start; the coordinator has small ones to fill its time."""
    child, own = Copier(), Copier()
    fan_out(slices(3, 2, 1), child=child, own=own, width=1).run()
    assert own.asked[0] == [6]
    assert child.asked[0] == [1, 2, 3]


def test_without_children_the_coordinator_copies_all() -> None:
    """One slice at a time."""
    own = Copier()
    run = fan_out(slices(2, 1), child=nobody, own=own, width=0)
    assert len(run.run()) == 3
    assert own.asked == [[3], [1, 2]]
    assert run.tally.invocations == 0


def test_a_stop_is_heard_while_nothing_else_is() -> None:
    """It comes when all is given out, and nobody is going to report."""
    stop = Stop()

    def endless(part_slice: Slice) -> Future[CopyResult]:
        stop.set()
        return Future()

    running = fan_out(slices(1, 1), child=endless, own=lambda *_: Future(), width=1, stop=stop)
    with pytest.raises(Stopped, match="stopped"):
        running.run()


def test_a_stop_ends_the_wait_for_slices() -> None:
    """At once, with the parts that were done until then."""
    stop = Stop()
    told: list[int] = []

    def progressed(done: Mapping[int, CopiedPart]) -> None:
        told.extend(done)
        threading.Thread(target=stop.set).start()

    def endless(part_slice: Slice) -> Future[CopyResult]:
        return Future()

    run = fan_out(
        slices(1, 1, 1), child=endless, own=Copier(), width=1, stop=stop, progressed=progressed
    )
    with pytest.raises(Stopped, match="stopped"):
        run.run()
    assert told[0] in run.done


def test_a_stop_holds_nothing_of_a_run_that_is_over() -> None:
    """A stop lasts as long as an invocation, which may have many runs."""
    stop = Stop()
    fan_out(slices(1), child=nobody, own=Copier(), width=0, stop=stop).run()
    assert stop._actions == []


def test_an_empty_plan_is_done_at_once() -> None:
    """Nothing to wait for."""
    assert fan_out([], child=nobody).run() == []


def test_no_more_children_than_the_width_are_in_flight() -> None:
    """Nor fewer while there is work."""
    lock, running, peaks = threading.Lock(), Counter[str](), list[int]()
    full = threading.Barrier(3, timeout=10)

    def copy(part_slice: Slice) -> CopyResult:
        with lock:
            running["now"] += 1
            peaks.append(running["now"])
        if part_slice[0].number <= 3:
            full.wait()
        with lock:
            running["now"] -= 1
        return done(part_slice)

    with ThreadPoolExecutor(9) as threads:
        run = fan_out(
            slices(*[1] * 20), child=lambda each: threads.submit(copy, each), width=3, own=Copier()
        )
        assert len(run.run()) == 20
    assert max(peaks) == 3
    assert run.tally.peak == 3


def test_what_a_child_left_out_is_given_out_again() -> None:
    """Only that: parts that are done stay done."""

    def half(part_slice: Slice) -> CopyResult:
        return done(part_slice[:1], SourceUnavailable("hiccup"), retried=2)

    child = Copier(half)
    run = fan_out(slices(3, 1), child=child, own=Busy(child, 4), width=1)
    assert [part.number for part in run.run()] == [1, 2, 3, 4]
    assert child.asked == [[1, 2, 3], [2, 3]]
    assert (run.tally.retried, run.tally.parts_retried, run.tally.invocations) == (1, 2, 2)


@pytest.mark.parametrize("error", [LOST, SourceUnavailable("busy"), OutOfTime("cut off")])
def test_a_child_that_failed_is_replaced(error: FerryError) -> None:
    """Whether it crashed, was not served, or ran out of its own time."""
    child = Copier(error, error)
    run = fan_out(slices(2, 1), child=child, own=Busy(child, 3), width=1)
    assert len(run.run()) == 3
    assert child.asked == [[1, 2]] * 3
    assert run.tally.retried == 2


def test_attempts_of_a_part_are_bounded_over_all_children() -> None:
    """The last error is the answer."""
    child = Copier(rest=LOST)
    with pytest.raises(ChildFailed):
        fan_out(slices(1, 1), child=child, width=1, own=nobody).run()
    assert len(child.asked) == 4


@pytest.mark.parametrize(
    "answer",
    [SourceChanged("other"), lambda part_slice: done(part_slice[:1], SourceChanged("other"))],
)
def test_an_error_that_cannot_pass_ends_everything(answer: Answer | FerryError) -> None:
    """Nothing new is started after it."""
    child = Copier(answer)
    with pytest.raises(SourceChanged):
        fan_out(slices(2, *[1] * 20), child=child, width=1, own=nobody).run()
    assert len(child.asked) == 1


def test_a_child_that_leaves_parts_out_without_a_reason_is_a_fault() -> None:
    """It is not asked again: nobody knows what it would do."""
    with pytest.raises(InternalError, match="left parts out"):
        fan_out(slices(2, 1), child=Copier(lambda _: done(())), width=1, own=nobody).run()


def test_an_unexpected_exception_is_an_internal_error_without_its_text() -> None:
    """Which may quote what is secret."""

    def crash(part_slice: Slice) -> CopyResult:
        raise KeyError("C4n4ry")

    with pytest.raises(InternalError, match="KeyError") as raised:
        fan_out(slices(1, 1), child=Copier(crash), own=nobody).run()
    assert "C4n4ry" not in str(raised.value)


def test_a_throttled_child_costs_no_attempt() -> None:
    """FC did nothing; the coordinator goes on by itself, and everything gets done."""
    child, own = Copier(rest=ChildThrottled("429")), Copier()
    run = fan_out(slices(*[1] * 10), child=child, own=own)
    assert len(run.run()) == 10
    assert run.tally.invocations == 0
    assert run.tally.throttled == len(child.asked) >= 1


def test_after_throttling_no_child_is_started_until_the_pause_is_over() -> None:
    """Each refusal in a row makes the pause longer; the clock says when it ends."""
    clock, starts = Clock(), list[float]()

    def refuse(part_slice: Slice) -> Future[CopyResult]:
        starts.append(clock.now)
        return Copier(ChildThrottled("429"))(part_slice)

    def own(part_slice: Slice, report: Report) -> Future[CopyResult]:
        clock.now += 0.25
        return Copier()(part_slice)

    fan_out(slices(*[1] * 200), child=refuse, own=own, width=1, clock=clock).run()
    pauses = [later - earlier for earlier, later in pairwise(starts)]
    assert pauses[:4] == pytest.approx([1, 2, 4, 8], abs=0.26)
    assert max(pauses) <= 16.25


def test_throttling_narrows_the_width_and_success_widens_it_again() -> None:
    """A burst of refusals counts as one; then one more child with each that gets its work done."""
    held, widths = Held(), list[int]()

    def own(part_slice: Slice, report: Report) -> Future[CopyResult]:
        """In the coordinator's turns, all children that are in flight get their answers."""
        widths.append(len(held.futures))
        held.refuse() if widths.count(8) == 1 and widths[-1] == 8 else held.finish()
        return Copier()(part_slice)

    work = slices(*[1] * 120)
    run = fan_out(work, child=held, own=own, width=8, clock=Clock(step=0.02))
    held.finish_from(len(work) - 20)
    assert len(run.run()) == 120
    assert widths[:2] == [0, 8]
    after = [width for width in widths[2:] if width]
    assert after[0] == 3
    assert after[:3] == sorted(after[:3])
    assert max(after) == 8
    assert run.tally.throttled == 8


def test_the_deadline_ends_the_waiting() -> None:
    """With how far it got, and what to change."""
    clock = Clock()

    def child(part_slice: Slice) -> Future[CopyResult]:
        clock.now += 600
        return Copier()(part_slice)

    with pytest.raises(OutOfTime, match=r"parts copied: raise its timeout"):
        fan_out(slices(*[1] * 9), child=child, width=1, clock=clock).run()


def test_the_deadline_ends_the_waiting_for_children_that_never_answer() -> None:
    """It does not take an answer to notice."""
    with pytest.raises(OutOfTime, match="0 parts copied"):
        fan_out(
            slices(1, 1), child=nobody, own=nobody, deadline=1001, clock=Clock(step=0.125)
        ).run()


def test_a_late_slice_is_given_to_somebody_who_is_free() -> None:
    """The first copy of a part counts; the slow child is not waited for."""
    slow, asked = Held(), list[list[int]]()

    def child(part_slice: Slice) -> Future[CopyResult]:
        asked.append(numbers(part_slice))
        return slow(part_slice) if len(asked) == 1 else Copier()(part_slice)

    own = Copier()
    run = fan_out(slices(2, 2, 2, 2), child=child, own=own, width=2, clock=Clock(step=0.25))
    assert len(run.run()) == 8
    assert (asked + own.asked).count([1, 2]) == 2
    assert run.tally.hedged == 1
    assert not slow.futures[0][1].done()


def test_of_two_copies_the_first_counts_and_the_failure_of_the_other_does_not() -> None:
    """A slow child that ends badly after all takes nothing down."""
    clock, slow, first = Clock(step=0.25), Held(), list[Slice]()

    def child(part_slice: Slice, report: Report = untold) -> Future[CopyResult]:
        if not first:
            first.append(part_slice)
            return slow(part_slice)
        if part_slice == first[0]:
            slow.futures[0][1].set_exception(SourceChanged("other"))
        return Copier()(part_slice)

    run = fan_out(slices(2, 2, 2, 2), child=child, own=child, width=2, clock=clock)
    assert len(run.run()) == 8


def test_after_the_last_call_nothing_new_is_begun() -> None:
    """What was begun before it still counts, so that somebody can go on with the rest."""
    clock = Clock()

    def slow(part_slice: Slice) -> Future[CopyResult]:
        clock.now = 1600.0
        return child(part_slice)

    child, own = Copier(), Copier()
    run = fan_out(slices(1, 1, 1), child=slow, own=own, width=1, last_call=1500.0, clock=clock)
    with pytest.raises(OutOfTime, match="2 parts copied"):
        run.run()
    assert (child.asked, own.asked) == ([[1]], [[3]])
    assert sorted(run.done) == [1, 3]


def test_what_is_through_between_last_call_and_deadline_ends_the_run() -> None:
    """Those who were told to come to an end are heard."""
    clock = Clock()

    def slow(part_slice: Slice) -> Future[CopyResult]:
        clock.now = 1600.0
        return Copier()(part_slice)

    run = fan_out(slices(1, 1), child=slow, width=1, last_call=1500.0, clock=clock)
    assert len(run.run()) == 2


def test_a_part_that_the_coordinator_reports_is_done_before_its_slice_is() -> None:
    """When time is up in the middle of a slice, what was reported is not lost."""

    def own(part_slice: Slice, report: Report) -> Future[CopyResult]:
        report(done(part_slice).parts[0])
        return nobody(part_slice)

    clock = Clock(step=0.125)
    run = fan_out(slices(2), child=nobody, own=own, width=0, deadline=1001, clock=clock)
    with pytest.raises(OutOfTime, match="1 parts copied"):
        run.run()
    assert sorted(run.done) == [1]


def test_the_coordinator_is_heard_to_the_end_when_all_its_parts_are_reported() -> None:
    """Its result has what the reports do not say, as how often it had to try."""
    answer: Future[CopyResult] = Future()

    def own(part_slice: Slice, report: Report) -> Future[CopyResult]:
        for part in done(part_slice).parts:
            report(part)
        return answer

    def progressed(found: Mapping[int, CopiedPart]) -> None:
        if len(found) == 2:
            answer.set_result(CopyResult(tuple(found.values()), retried=7))

    run = fan_out(slices(2), child=nobody, own=own, width=0, progressed=progressed)
    assert len(run.run()) == 2
    assert run.tally.parts_retried == 7


def test_progress_is_told_with_all_that_is_done_each_time_that_there_is_more() -> None:
    """A part that is reported, and comes again with its slice, is no progress."""
    told = list[list[int]]()

    def own(part_slice: Slice, report: Report) -> Future[CopyResult]:
        for part in done(part_slice).parts:
            report(part)
        return Copier()(part_slice)

    run = fan_out(
        slices(2, 2),
        child=nobody,
        own=own,
        width=0,
        progressed=lambda found: told.append(sorted(found)),
    )
    run.run()
    assert told == [[3], [3, 4], [1, 3, 4], [1, 2, 3, 4]]
