"""Who may begin, and with how much, on a virtual clock."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ossferry.byte_range import MIB
from ossferry.copying.copy_job import CopyResult
from ossferry.errors import ChildFailed, ChildThrottled, FerryError, SourceBusy, TargetUnavailable
from ossferry.pace.growth import FIRST_STREAMS
from ossferry.pace.limits import Limits
from ossferry.pace.pace import PATIENCE, Pace
from ossferry.pace.part_sizes import FIRST_PART
from ossferry.pace.run import Run
from tests.pace.transfers import TICK, Transfer, copied

GB = 10**9
LIMITS = Limits(children=99, streams=128)
SLOW, FAST = 2e6, 5e6
BUSY = SourceBusy("answered 429")
FAILURES = [BUSY, ChildFailed("crashed"), ChildThrottled("429")]


def begun(transfer: Transfer, seconds: float) -> Transfer:
    transfer.go(seconds)
    return transfer


def own(transfer: Transfer, count: int) -> list[Run]:
    """So many streams of the coordinator's own, at one part each."""
    return [_own(transfer) for _ in range(count)]


def _own(transfer: Transfer) -> Run:
    part = transfer.work.take(FIRST_PART, back=True)
    assert part
    return Run((part,), False, 1, transfer.now)


def child(transfer: Transfer, streams: int, began: float = 0.0) -> Run:
    part = transfer.work.take(10 * MIB)
    assert part
    return Run((part,), True, streams, began)


def room(pace: Pace, runs: list[Run]) -> int:
    """Connections that further children are given."""
    runs, before = [*runs], sum(run.streams for run in runs)
    while (given := pace.slice(runs))[0]:
        runs.append(Run(given[0], True, given[1], 1e3))
    return sum(run.streams for run in runs) - before


def heard(pace: Pace, run: Run, result: CopyResult, runs: list[Run], now: float = 1.0) -> None:
    pace.heard(now, run, result, [each for each in runs if each is not run])


@settings(max_examples=80, deadline=None)
@given(
    connections=st.integers(1, 256),
    children=st.integers(0, 99),
    streams=st.integers(1, 128),
    each=st.sampled_from([SLOW, 100e6]),
    total=st.sampled_from([1e12, 40e6]),
    at_once=st.booleans(),
    failing=st.dictionaries(
        st.integers(0, 100), st.tuples(st.integers(0, 255), st.sampled_from(FAILURES)), max_size=6
    ),
)
def test_connections_of_all_together_are_never_more_than_there_may_be(
    connections: int,
    children: int,
    streams: int,
    each: float,
    total: float,
    at_once: bool,
    failing: dict[int, tuple[int, FerryError]],
) -> None:
    """Whatever is measured, and whatever fails when; after a refusal, for a while, no more than
    were served."""
    limits = Limits(children, streams, connections, at_once=at_once)
    transfer = Transfer(20 * GB, each, limits, total=total, cold_start=0.3)
    served, until = connections, 0.0
    for tick in range(100):
        transfer.step()
        if tick in failing and transfer.runs:
            number, error = failing[tick]
            run = transfer.runs[number % len(transfer.runs)]
            gone = run.streams if isinstance(error, SourceBusy) else 0
            transfer.refuse(run, error, stepped_down=gone)
            if gone and not run.by_child:  # how many its peers lost with a child, nobody knows
                served, until = transfer.connections, transfer.now + 0.4
        most = max(1, served) if transfer.now < until else connections
        assert transfer.connections <= most
        assert len(transfer.own) <= streams
        assert len(transfer.children) <= children


@settings(max_examples=40, deadline=None)
@given(
    connections=st.integers(8, 256),
    refused=st.lists(st.tuples(st.integers(10, 300), st.floats(0.0, 1.0)), min_size=1, max_size=8),
)
def test_connections_that_children_lost_are_given_to_others_and_no_more(
    connections: int, refused: list[tuple[int, float]]
) -> None:
    """What is not known of a child is reckoned by what another one lost."""
    limits = Limits(99, 8, connections, at_once=True)
    transfer = Transfer(50 * GB, SLOW, limits, cold_start=0.3)
    for tick in range(320):
        transfer.step()
        for _, share in (each for each in refused if each[0] == tick and transfer.children):
            run = transfer.children[0]
            gone = round(run.streams * share)
            result = CopyResult(tuple(map(copied, run.slice)), stepped_down=gone, seconds=1.0)
            transfer.hear(run, result)
    assert transfer.peak <= connections


def test_the_coordinator_copies_alone_until_it_is_known_what_that_brings() -> None:
    """Then children are started, if they pay: here each stream gets little."""
    transfer = Transfer(20 * GB, SLOW, LIMITS)
    transfer.begin()
    assert (len(transfer.own), transfer.children) == (FIRST_STREAMS, [])
    while transfer.pace.own_streams(transfer.runs) < 128:
        transfer.step()
        assert not transfer.children
    transfer.go(1.0)
    assert transfer.children


def test_children_start_at_once_where_that_was_asked_for() -> None:
    """Before anything is measured; with streams of which nobody knows what they bring."""
    transfer = Transfer(20 * GB, SLOW, Limits(99, 128, at_once=True))
    transfer.begin()
    assert len(transfer.children) == 16
    assert len(transfer.own) == FIRST_STREAMS


def test_a_source_that_gives_no_more_to_many_is_left_to_few() -> None:
    """One child at a time may try it from another instance."""
    transfer = begun(Transfer(20 * GB, FAST, LIMITS, total=50e6), 10.0)
    tried = sum(run.by_child for run in transfer.began)
    assert tried < 20
    assert transfer.pace.own_streams(transfer.runs) < 4 * FIRST_STREAMS
    assert transfer.pace.measured.limit == "source"


@pytest.mark.parametrize(
    ("limits", "total"),
    [(Limits(0, 128), 1e12), (Limits(0, 4), 1e12), (LIMITS, 125e6), (LIMITS, 1e12)],
)
def test_all_who_copy_end_together(limits: Limits, total: float) -> None:
    """Little is left to one while others have nothing: all streams copy nearly all the time."""
    transfer = Transfer(GB, FAST, limits, total=total, cold_start=0.3)
    while not transfer.runs or transfer.work.left:
        transfer.step()
    none_left = transfer.now
    while transfer.runs:
        transfer.step()
    assert none_left > 0
    assert transfer.now - none_left < 2.0


def test_parts_are_small_until_the_number_of_streams_is_found() -> None:
    """Who comes next wants a share, too; then they last some seconds, and shrink in the end."""
    transfer = Transfer(2 * GB, FAST, Limits(0, 64))
    transfer.begin()
    assert max(run.size for run in transfer.runs) == FIRST_PART
    while transfer.pace.own_streams(transfer.runs) < 64:
        transfer.step()
    growing = max(run.size for run in transfer.began)
    assert growing <= max(FIRST_PART, FAST * 0.26) + transfer.work.grid.cell
    known = len(transfer.began)
    while transfer.work.left:
        transfer.step()
    later = [run.size for run in transfer.began[known + 64 :]]
    assert max(later) > FAST * 2
    assert min(later[-10:]) < max(later) / 2


def test_what_is_being_found_out_is_looked_at_often() -> None:
    """And what goes on as it did is not."""
    transfer = Transfer(20 * GB, SLOW, Limits(0, 128))
    soon = transfer.pace.patience
    transfer.go(1.0)
    assert soon < 0.05 < transfer.pace.patience


def test_where_one_is_refused_there_are_no_more_than_are_served() -> None:
    """The refused one gives its place back."""
    transfer = begun(Transfer(20 * GB, FAST, Limits(0, 128)), 1.0)
    for run in transfer.own[20:]:
        transfer.refuse(run, BUSY)
    assert transfer.pace.own_streams(transfer.runs) == 20
    transfer.begin()
    assert len(transfer.own) == 20
    assert transfer.pace.measured.limit == "source"


def test_oss_is_obeyed_as_a_source_is() -> None:
    """A target that serves no more has the same say."""
    transfer = Transfer(20 * GB, FAST, LIMITS)
    runs = own(transfer, 8)
    heard(transfer.pace, runs[-1], CopyResult((), error=TargetUnavailable("503")), runs)
    assert transfer.pace.own_streams(runs[:-1]) == 7


def test_what_failed_without_a_refusal_says_nothing_of_connections() -> None:
    """A child may crash for reasons of its own."""
    transfer = Transfer(20 * GB, FAST, LIMITS)
    runs = [*own(transfer, 8), child(transfer, 16)]
    before = room(transfer.pace, runs[:-1])
    heard(transfer.pace, runs[-1], CopyResult((), error=ChildFailed("crashed")), runs)
    assert room(transfer.pace, runs[:-1]) == before > 0


def test_what_one_child_learns_of_the_source_holds_for_its_peers() -> None:
    """Those that began no later have most likely lost as many: it kept a quarter of 64."""
    transfer = Transfer(20 * GB, FAST, LIMITS)
    runs = [*own(transfer, 8), *(child(transfer, 64) for _ in range(3))]
    heard(transfer.pace, runs[-1], CopyResult((), stepped_down=48), runs)
    # Served were 8, and three times 16. The ones that this child had are free, those of the other
    # two are not.
    assert room(transfer.pace, runs[:-1]) == 16
    assert transfer.pace.own_streams(runs[:-1]) == 8


def test_what_a_child_that_crashes_had_is_what_its_peers_have() -> None:
    """Not what it was given once: the source would refuse the rest."""
    transfer = Transfer(20 * GB, FAST, LIMITS)
    runs = [*own(transfer, 8), *(child(transfer, 64) for _ in range(3))]
    heard(transfer.pace, runs.pop(), CopyResult((), stepped_down=48), runs)
    heard(transfer.pace, runs.pop(), CopyResult((), error=ChildFailed("crashed")), runs, 1.1)
    assert room(transfer.pace, runs) == 2 * 16


def test_children_leave_room_for_streams_of_the_coordinator() -> None:
    """Those of it that are between two parts come back at once."""
    transfer = Transfer(20 * GB, FAST, Limits(99, 8, connections=20))
    assert transfer.pace.own_streams([]) == 8
    assert room(transfer.pace, []) == 12


def test_a_child_that_began_later_has_all_that_it_was_given() -> None:
    """It was given what was left of the ceiling then."""
    transfer = Transfer(20 * GB, FAST, LIMITS)
    runs = [*own(transfer, 8), child(transfer, 64)]
    heard(transfer.pace, runs[-1], CopyResult((), stepped_down=32), runs)
    later = [*runs[:-1], child(transfer, 32, began=2.0)]
    assert room(transfer.pace, later) == 0


def test_children_that_end_at_the_same_time_are_counted_together() -> None:
    """None is left when the last one ends, and still the source served all of them at once."""
    transfer = Transfer(20 * GB, FAST, LIMITS)
    children = [child(transfer, 64) for _ in range(3)]
    runs = [*own(transfer, 8), *children]
    for number, run in enumerate(children):
        heard(transfer.pace, run, CopyResult((), stepped_down=48), runs, 1.0 + number / 100)
        runs.remove(run)
    assert room(transfer.pace, runs) == 3 * 16


def test_nothing_is_begun_before_the_source_wants_to_be_asked_again() -> None:
    """When it served nobody; Retry-After says when."""
    transfer = Transfer(20 * GB, FAST, LIMITS)
    transfer.begin()
    for run in transfer.own:
        transfer.refuse(run, SourceBusy("answered 429", 3.0))
    assert transfer.pace.resume == 3.0
    while not transfer.runs:
        transfer.step()
    assert transfer.now == pytest.approx(3.0, abs=2 * TICK)
    assert len(transfer.runs) <= 2


def test_more_are_tried_again_after_a_refusal() -> None:
    """Others who use the source may have ended."""
    transfer = begun(Transfer(20 * GB, SLOW, Limits(0, 128)), 1.0)
    for run in transfer.own[20:]:
        transfer.refuse(run, BUSY)
    transfer.go(0.3)
    assert len(transfer.own) == 20
    transfer.go(5.0)
    assert len(transfer.own) == 128


def test_where_oss_holds_answers_back_there_are_fewer_at_once() -> None:
    """The account sends more than it bears: nobody is refused, and all are slower."""
    transfer = begun(Transfer(20 * GB, SLOW, Limits(0, 128)), 1.0)
    run = transfer.own[0]
    transfer.hear(run, CopyResult((copied(run.slice[0]),), delayed=0.5))
    assert transfer.pace.own_streams(transfer.runs) == 96
    assert transfer.pace.measured.limit == "oss"


@settings(max_examples=30, deadline=None)
@given(each=st.floats(5e5, 2e8), seconds=st.floats(0.2, 4.0))
def test_a_slice_has_parts_for_all_its_streams_and_lasts_some_seconds(
    each: float, seconds: float
) -> None:
    """It costs what it has in hands if it is lost, and nothing is left to the others otherwise."""
    transfer = begun(Transfer(50 * GB, each, LIMITS, total=125e6), seconds)
    for run in transfer.began:
        if run.by_child:
            assert 1 <= run.streams <= 64
            assert len(run.slice) >= run.streams
            assert run.size <= 12 * 125e6


def test_the_first_slices_are_short_for_it_is_unknown_when_they_begin() -> None:
    """Then each has half of its share of what is left, so that nobody waits for it in the end."""
    transfer = Transfer(5 * GB, SLOW, LIMITS, cold_start=0.5)
    while not any(run.by_child for run in transfer.began):
        transfer.step()
    first = transfer.children[0]
    assert first.size < 0.3 * SLOW * first.streams + 4 * MIB
    transfer.go(3.0)
    later = transfer.children[-1]
    assert later.size > 3 * first.size


def test_a_child_with_few_streams_or_a_short_slice_does_not_tell_how_fast_children_are() -> None:
    """It may have had nothing to do for most of the time that it took."""
    transfer = begun(Transfer(20 * GB, SLOW, LIMITS), 2.6)

    def is_late(streams: int, size: int) -> bool:
        """Once some such children were slow, whether one that is not done after 20 s is."""
        for _ in range(8):
            part = transfer.work.take(size)
            assert part
            run = Run((part,), True, streams, 0.0)
            heard(transfer.pace, run, CopyResult((copied(part),), seconds=1e3), transfer.runs)
        large = transfer.work.take(400 * MIB)
        assert large
        run = Run((large,), True, 64, transfer.now)
        return transfer.pace.is_late(transfer.now + 20.0, run, transfer.sent)

    assert is_late(1, 400 * MIB)
    assert is_late(64, MIB)
    assert not is_late(64, 400 * MIB)


def test_what_is_late_is_told_by_what_was_measured() -> None:
    """Of a stream, and of a child; before anything was, nobody is."""
    transfer = Transfer(20 * GB, FAST, Limits(0, 8))
    mine, theirs = own(transfer, 1)[0], child(transfer, 8)
    assert not transfer.pace.is_late(1e6, mine, lambda run: 0)
    transfer.go(1.0)
    assert not transfer.pace.is_late(0.01, mine, lambda run: 0)
    assert transfer.pace.is_late(5.0, mine, lambda run: 0)
    assert not transfer.pace.is_late(5.0, mine, lambda run: run.size - 1)
    usual = theirs.size / (8 * FAST)
    assert not transfer.pace.is_late(1.0 + usual, theirs, lambda run: 0)
    assert transfer.pace.is_late(1.5 + 2 * usual, theirs, lambda run: 0)


def test_a_source_that_serves_nobody_for_long_is_given_up() -> None:
    """Not before; each part that it gives begins the time anew."""
    transfer = Transfer(20 * GB, FAST, LIMITS)
    transfer.pace.raise_if_hopeless(PATIENCE, BUSY)
    with pytest.raises(SourceBusy):
        transfer.pace.raise_if_hopeless(PATIENCE + 1, BUSY)
    run = own(transfer, 1)[0]
    heard(transfer.pace, run, CopyResult((copied(run.slice[0]),)), [run], 100.0)
    transfer.pace.raise_if_hopeless(PATIENCE + 1, BUSY)
    with pytest.raises(SourceBusy):
        transfer.pace.raise_if_hopeless(PATIENCE + 101, BUSY)


def test_when_fc_has_no_instance_there_are_as_many_children_as_it_has() -> None:
    """The source is not to blame, so the coordinator's own streams stay."""
    transfer = begun(Transfer(20 * GB, SLOW, Limits(99, 8)), 0.5)
    places, streams = transfer.pace.places, len(transfer.own)
    assert places > 2
    for run in transfer.children[2:]:
        transfer.refuse(run, ChildThrottled("429"))
    assert transfer.pace.places == 2
    assert transfer.pace.own_streams(transfer.runs) == streams
    assert transfer.pace.measured.limit == "fc"


@pytest.mark.parametrize(
    ("limits", "total", "cpu", "limit"),
    [
        (Limits(0, 8), 1e12, 0.1, "asked"),
        (Limits(0, 128), 110e6, 0.1, "instance"),  # as much as an instance is known to bear
        (Limits(0, 128), 1e12, 1.0, "instance"),
        (LIMITS, 50e6, 0.1, "source"),
    ],
)
def test_it_is_told_why_there_are_no_more(
    limits: Limits, total: float, cpu: float, limit: str
) -> None:
    """After three seconds of a long transfer, with so much of a processor in use."""
    clock: list[Transfer] = []
    transfer = Transfer(
        20 * GB, FAST, limits, total=total, cpu=lambda: clock[0].now * cpu if clock else 0.0
    )
    clock.append(transfer)
    assert begun(transfer, 3.0).pace.measured.limit == limit


def test_the_best_of_a_connection_and_of_this_instance_are_told() -> None:
    """As measured; nothing while nothing is."""
    transfer = Transfer(20 * GB, SLOW, Limits(0, 128))
    assert transfer.pace.measured == (0.0, 0.0, "work")
    assert begun(transfer, 2.0).pace.measured[:2] == pytest.approx((SLOW, 128 * SLOW), rel=0.1)
