"""Slices handed out and gathered, whatever becomes of children: each item exactly once."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from itertools import count
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ossferry.sharing.gathering as room
from ossferry.errors import (
    ChildFailed,
    ChildRefused,
    ChildThrottled,
    OutOfTime,
    Stopped,
)
from ossferry.items.job import ItemsJob, ItemsResult
from ossferry.items.row import Row, Tally
from ossferry.ledger.head import Cursor, Epoch, Head
from ossferry.sharing.gathering import Gathering, Stopping, TakenOver
from ossferry.sharing.rounds import Rounds
from ossferry.sharing.slices import ItemSlice
from ossferry.sharing.turns import Turns
from tests.bulk.simulated import Pool, Records, done, gathering, number_of, row, slices


def together(each: Gathering, work: list[ItemSlice], child: Callable[..., ItemsResult]) -> None:
    pool: Any = Pool(child)
    moments = count(0.0, 2.0)  # so that nobody rests
    slices = each._progress.numbered(iter(work))
    each._turns = Turns(slices, each._most, lambda: next(moments))
    each._together(pool)


def recorded(records: Records) -> Counter[int]:
    return Counter(row["item"] for rows in records.results.values() for row in rows)


def behave(records: Records, chance: Random) -> Callable[[ItemsJob], ItemsResult]:
    """A child that does anything that children do."""

    def child(job: ItemsJob) -> ItemsResult:
        some = [item for item in job.items if chance.random() < 0.5]
        match chance.randrange(8):
            case 0:
                raise ChildThrottled("no instance")
            case 1:
                raise ChildFailed("crashed before anything")
            case 2:
                records.partial[number_of(job)] = [
                    *map(dict, job.rows),
                    *(row(item.number) for item in some),
                ]
                raise ChildFailed("crashed, with some of it on record")
            case 3:
                done(records, job, job.items)
                records.results.pop(number_of(job), None)
                raise OutOfTime("its answer was lost, and its record too")
            case 4:
                return done(records, job, some)
            case 5:
                return done(records, job, job.items, record=False)
        return done(records, job, job.items)

    return child


@given(st.integers(0, 40), st.integers(1, 7), st.integers(1, 6), st.integers(0, 2**32))
def test_each_item_is_recorded_once(many: int, size: int, most: int, seed: int) -> None:
    """Whatever fails, is throttled, left over or not recorded, in whatever order."""
    chance, records = Random(seed), Records()
    known = [n for n in range(1, many + 1) if chance.random() < 0.2]
    each = gathering(records, behave(records, chance), most=most)
    together(each, slices(many, size, known), behave(records, chance))
    assert recorded(records) == Counter(range(1, many + 1))
    everything = [row for rows in records.results.values() for row in rows]
    assert each.tally == Tally.sum(everything)
    assert each.head.tally == each.tally
    assert each.head.cursor.number == many
    assert each._progress.open == []


def test_what_turns_out_to_be_large_becomes_slices_of_its_own() -> None:
    """Which a child copies while others do the small ones; a coordinator that is alone keeps it."""
    records = Records()
    asked: list[tuple[list[int], bool, bool]] = []

    def child(job: ItemsJob) -> ItemsResult:
        numbers = [item.number for item in job.items]
        asked.append((numbers, job.keeps_large, job.children > 0))
        large = {n: n << 20 for n in numbers if n in (2, 3, 5) and not job.keeps_large}
        result = done(records, job, [item for item in job.items if item.number not in large])
        told = {n for n in result.left if n not in large}
        if large and not told:
            records.results[number_of(job)] = records.partial.pop(number_of(job))
            return result._replace(left=(), rows=(), large=large)
        return result

    each = gathering(records, child, most=12)
    together(each, slices(6, 3), child)
    assert recorded(records) == Counter(range(1, 7))
    assert asked[:2] == [([1, 2, 3], False, False), ([4, 5, 6], False, False)]
    assert sorted(asked[2:]) == [([3, 2], True, True), ([5], True, True)]
    assert (each.head.cursor.number, each.tally.copied) == (6, 6)
    assert each.head.tally == each.tally
    assert each._progress.open == []


def test_what_is_large_holds_the_cursor_and_nobody_else() -> None:
    """Who takes the job over while it is copied goes on before it."""
    records, heads = Records(), list[int]()

    def child(job: ItemsJob) -> ItemsResult:
        heads.append(each.head.cursor.number)
        if job.keeps_large or job.items[0].number > 1:
            return done(records, job, job.items)
        records.results[number_of(job)] = [row(2), row(3)]
        return ItemsResult(Tally(copied=2), (), (), 1.0, large={1: 1 << 30})

    each = gathering(records, child, most=1)
    together(each, slices(9, 3), child)
    assert heads == [0, 0, 0, 0]
    assert each.head.cursor.number == 9
    assert recorded(records) == Counter(range(1, 10))


def test_a_job_that_is_gone_on_with_sums_up_what_was_known_once() -> None:
    """What is on record beyond the cursor counts, and is not added to what the head sums up: who
    takes over from here finds it on record again."""
    taken = Head("id", 0.0, epoch=2, cursor=Cursor(5), tally=Tally(copied=5))
    taken = taken._replace(inherited=Tally(copied=2))
    records = Records()
    each = gathering(records, lambda job: done(records, job, job.items), most=0, head=taken)
    assert each.tally.copied == 7
    each.run(iter(slices(3, 3)))
    assert (each.tally.copied, each.head.tally.copied, each.head.sum.copied) == (10, 8, 10)


def test_a_slice_that_no_child_survives_fails_alone() -> None:
    """After four; its items are told as failed, those of others are copied."""
    records = Records()

    def child(job: ItemsJob) -> ItemsResult:
        if number_of(job)[1] == 2:
            raise ChildFailed("crashed")
        return done(records, job, job.items)

    each = gathering(records, child)
    together(each, slices(9, 3), child)
    assert {row["outcome"] for row in records.results[1, 2]} == {"failed"}
    assert each.tally.failed == 3
    assert each.tally.copied == 6
    assert recorded(records) == Counter(range(1, 10))


def test_what_kills_its_child_is_alone_in_the_end() -> None:
    """Where items are given to a program; those beside it are done."""
    records = Records()
    each = gathering(records, lambda job: done(records, job, job.items))
    each._rounds = Rounds(8, None, 600.0)

    def child(job: ItemsJob) -> ItemsResult:
        if any(item.number == 21 for item in job.items):
            raise ChildFailed("out of memory")
        return done(records, job, job.items)

    together(each, slices(100, 50), child)
    assert recorded(records) == Counter(range(1, 101))
    failed = [
        row for rows in records.results.values() for row in rows if row["outcome"] == "failed"
    ]
    assert [row["item"] for row in failed] == [21]
    assert each.head.cursor == Cursor(100)
    assert each.tally.failed == 1


def test_what_happens_to_several_is_held_against_none_of_them() -> None:
    """However often it was in halves: who was beside the cause may have been none itself."""
    records = Records()
    each = gathering(records, lambda job: done(records, job, job.items))
    each._rounds = Rounds(8, None, 600.0)

    def child(job: ItemsJob) -> ItemsResult:
        if len(job.items) > 1 and any(item.number == 21 for item in job.items):
            raise ChildFailed("killed")
        return done(records, job, job.items)

    together(each, slices(100, 50), child)
    assert recorded(records) == Counter(range(1, 101))
    assert (each.tally.copied, each.tally.failed) == (100, 0)


def test_a_slice_in_which_nothing_ever_gets_done_is_given_up() -> None:
    """Else it would be handed out for ever."""
    records = Records()
    calls = Counter[int]()

    def child(job: ItemsJob) -> ItemsResult:
        calls[number_of(job)[1]] += 1
        return done(records, job, () if number_of(job)[1] == 1 else job.items)

    each = gathering(records, child)
    together(each, slices(6, 3), child)
    assert calls == {1: 4, 2: 1}
    assert each.tally.failed == 3


def test_what_a_crashed_child_had_on_record_is_not_done_again() -> None:
    """Only the rest is handed out, with the rows that are known."""
    records = Records()
    asked: list[list[int]] = []

    def child(job: ItemsJob) -> ItemsResult:
        asked.append([item.number for item in job.items])
        if len(asked) == 1:
            records.partial[number_of(job)] = [row(1), row(2)]
            raise ChildFailed("crashed")
        return done(records, job, job.items)

    each = gathering(records, child)
    together(each, slices(3, 3), child)
    assert asked == [[1, 2, 3], [3]]
    assert recorded(records) == Counter([1, 2, 3])


def test_requests_of_children_that_left_something_count() -> None:
    """Whoever did the rest sent others."""
    records = Records()

    def child(job: ItemsJob) -> ItemsResult:
        result = done(records, job, job.items[:1])
        return result._replace(tally=result.tally._replace(source_requests=2, oss_requests=1))

    each = gathering(records, child)
    together(each, slices(3, 3), child)
    assert (each.tally.source_requests, each.tally.oss_requests) == (6, 3)
    assert each.tally.copied == 3
    assert each.head.tally == each.tally


def test_a_child_that_may_not_be_called_ends_the_job() -> None:
    """No slice would fare better."""

    def child(job: ItemsJob) -> ItemsResult:
        raise ChildRefused("no permission")

    with pytest.raises(ChildRefused):
        together(gathering(Records(), child), slices(6, 3), child)


@pytest.mark.parametrize("alone", [True, False])
def test_without_time_nothing_is_begun_and_nothing_given_up(alone: bool) -> None:
    """The same event goes on: an item that nobody had time for has not failed."""
    records = Records()

    def child(job: ItemsJob) -> ItemsResult:
        return done(records, job, ())

    each = gathering(records, child, most=0 if alone else 4, seconds=2.0)
    with pytest.raises(OutOfTime):
        each.run(iter(slices(6, 3))) if alone else together(each, slices(6, 3), child)
    assert each.tally == Tally()
    assert records.results == {}


def test_a_slice_for_which_time_ended_is_not_given_up() -> None:
    """Also where the coordinator is alone, and tries nothing again that it has no time for."""
    records, calls = Records(), Counter[int]()

    def child(job: ItemsJob) -> ItemsResult:
        calls[number_of(job)[1]] += 1
        time.sleep(0.4)
        return done(records, job, ())

    each = gathering(records, child, most=0, seconds=5.2)
    with pytest.raises(OutOfTime):
        each.run(iter(slices(6, 3)))
    assert calls == {1: 1}
    assert records.results == {}


def test_the_head_is_written_while_the_coordinator_is_busy_with_a_large_item() -> None:
    """Or a second delivery would take it for dead. It asks nobody meanwhile whether to go on."""
    records = Records()

    def child(job: ItemsJob) -> ItemsResult:
        each._beat -= 10
        until = time.monotonic() + 20
        while not records.heads and time.monotonic() < until:
            time.sleep(0.01)
        return done(records, job, job.items)

    each = gathering(records, child, most=0)
    each.run(iter(slices(3, 3)))
    assert records.heads
    assert each.tally.copied == 3


def test_who_is_taken_over_while_it_is_busy_ends_with_what_it_is_at() -> None:
    """What it was told then is what ends it, and nothing of it counts."""
    records = Records(heads=[Head("id", 0.0, epoch=2)])
    each = gathering(records, lambda job: child(job), most=0)
    went_on: list[bool] = []

    def busy(job: ItemsJob, go_on: Callable[[], bool]) -> ItemsResult:
        each._beat -= 10
        until = time.monotonic() + 20
        while go_on() and time.monotonic() < until:
            time.sleep(0.01)
        went_on.append(go_on())
        return done(records, job, job.items)

    def child(job: ItemsJob) -> ItemsResult:
        raise AssertionError

    each._own = busy
    with pytest.raises(TakenOver):
        each.run(iter(slices(3, 3)))
    assert went_on == [False]
    assert each.tally == Tally()


def test_a_stop_ends_it() -> None:
    """Between two slices, with what is done."""
    records = Records()
    each = gathering(records, lambda job: child(job), most=0)

    def child(job: ItemsJob) -> ItemsResult:
        each._cloud.stop.set()
        return done(records, job, job.items)

    with pytest.raises(Stopped):
        each.run(iter(slices(6, 3)))
    assert each.tally.copied == 3


@pytest.mark.parametrize(
    ("epoch", "asked_to_stop", "reason"),
    [(3, False, TakenOver), (2, True, Stopping), (1, False, None), (2, False, None)],
)
def test_who_was_superseded_ends_and_who_came_later_does_not(
    epoch: int, asked_to_stop: bool, reason: type[Exception] | None
) -> None:
    """Of two that go on with a job, the later one stays: it never takes the earlier one for one
    that has taken over from it."""
    records = Records(heads=[Head("id", 0.0, epoch=epoch)], asked_to_stop=asked_to_stop)
    each = gathering(
        records,
        lambda job: done(records, job, job.items),
        most=0,
        head=Head("id", 0.0, epoch=2),
    )
    each._beat -= 10
    if reason:
        looks = [each.look_around, each._raise_if_over]
        with pytest.raises(reason):
            [look() for look in looks]
        assert len(records.heads) == 1 + asked_to_stop
    else:
        each.look_around()
        assert records.heads[-1].epoch == 2


def test_what_is_on_record_as_a_whole_is_not_done_again_if_its_answer_is_lost() -> None:
    """Nobody is asked for the same items a second time."""

    class Rewritten(Records):
        def write_result(self, epoch: int, number: int, rows: Iterable[Row]) -> None:
            self.results[epoch, number] = list(rows)

    records, asked = Rewritten(), list[list[int]]()

    def child(job: ItemsJob) -> ItemsResult:
        asked.append([item.number for item in job.items])
        result = done(records, job, job.items)
        if len(asked) == 1:
            raise ChildFailed("its answer was lost")
        return result

    each = gathering(records, child)
    together(each, slices(6, 3), child)
    assert asked == [[1, 2, 3], [4, 5, 6]]
    assert recorded(records) == Counter(range(1, 7))
    assert each.tally.copied == each.head.tally.copied == 6


def test_a_call_for_which_there_was_no_instance_is_none_that_worked() -> None:
    """Invocations are what is paid for."""
    records, refusals = Records(), [ChildThrottled("no instance")] * 3

    def child(job: ItemsJob) -> ItemsResult:
        if refusals:
            raise refusals.pop()
        return done(records, job, job.items)

    each = gathering(records, child)
    together(each, slices(6, 3), child)
    assert each.invocations == 2


class Silent:
    """In place of a pool: children that never answer, and something that happens meanwhile."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        self._meanwhile = meanwhile

    def submit(self, _: bytes) -> Future[bytes]:
        self._meanwhile()
        return Future()


def silently(each: Gathering, meanwhile: Callable[[], object]) -> None:
    pool: Any = Silent(meanwhile)
    each._turns = Turns(each._progress.numbered(iter(slices(6, 3))), 4)
    each._together(pool)


def test_who_does_not_end_when_the_job_is_told_to_stop_is_not_waited_for() -> None:
    """Longer than a while in which most do."""
    each = gathering(Records(), lambda job: done(Records(), job, ()), seconds=20)

    def stop() -> None:
        each._stopping = time.monotonic() - 11

    with pytest.raises(Stopping):
        silently(each, stop)


def test_who_does_not_answer_before_time_is_up_is_not_waited_for() -> None:
    """Another invocation goes on, with what is on record."""
    each = gathering(Records(), lambda job: done(Records(), job, ()))

    def late() -> None:
        each._cloud = each._cloud._replace(last_call=0.0, deadline=0.0)  # type: ignore[attr-defined]

    with pytest.raises(OutOfTime):
        silently(each, late)


def test_where_there_is_never_an_instance_the_coordinator_does_it_all() -> None:
    """One slice after another, without a child for what is large."""
    records, children = Records(), list[int]()

    def throttled(job: ItemsJob) -> ItemsResult:
        raise ChildThrottled("no instance")

    def own(job: ItemsJob, _: Callable[[], bool]) -> ItemsResult:
        children.append(job.children)
        return done(records, job, job.items)

    each = gathering(records, throttled, seconds=20)
    each._own = own
    pool: Any = Pool(throttled)
    each._turns = Turns(each._progress.numbered(iter(slices(9, 3))), 4, lambda: 0.0)
    each._together(pool)
    assert recorded(records) == Counter(range(1, 10))
    assert children == [0, 0, 0]
    assert each.invocations == 0


def test_requests_for_what_was_given_up_count() -> None:
    """They were sent, whatever came of them."""
    records = Records()

    def child(job: ItemsJob) -> ItemsResult:
        result = done(records, job, ())
        return result._replace(tally=result.tally._replace(source_requests=2, oss_requests=1))

    each = gathering(records, child)
    together(each, slices(3, 3), child)
    assert each.tally.failed == 3
    assert (each.tally.source_requests, each.tally.oss_requests) == (8, 4)
    assert each.head.tally == each.tally


def test_who_goes_on_looks_first_whether_the_job_was_told_to_stop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Before anybody looks for more; also in a machine that has only just begun."""

    def nobody_looks() -> Iterator[ItemSlice]:
        raise AssertionError
        yield

    head = Head("id", 0.0, epoch=2, epochs=(Epoch(1, 1),))
    records = Records(heads=[head], asked_to_stop=True)
    each = gathering(records, lambda job: done(records, job, ()), most=0, head=head)
    monkeypatch.setattr(room, "time", SimpleNamespace(monotonic=lambda: 1.0))
    with pytest.raises(Stopping):
        each.run(nobody_looks())
