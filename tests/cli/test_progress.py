"""What looks add up to, whatever they are."""

from __future__ import annotations

from itertools import accumulate, pairwise

from hypothesis import given
from hypothesis import strategies as st

from ossferry_cli.showing.line import line_of, percent
from ossferry_cli.watching.look import Ended, Look
from ossferry_cli.watching.parts import covered
from ossferry_cli.watching.progress import Model, Progress, pause

counts = st.integers(0, 10**9)
totals = st.none() | st.integers(0, 10**9)
looks = st.builds(
    Look,
    state=st.sampled_from(["Enqueued", "Running", "Retrying"]),
    done=counts,
    total=totals,
    parts=counts,
    items=st.none() | counts,
    of=totals,
    failed=st.integers(0, 5),
    waiting=st.sampled_from([0, 0, 3]),
    ended=st.none(),
)
steps = st.floats(0.0, 20.0)


def shown(seen: list[tuple[float, Look]]) -> list[Progress]:
    model = Model()
    moments = accumulate(step for step, _ in seen)
    return [model.seen(look, at) for at, (_, look) in zip(moments, seen, strict=True)]


@given(st.lists(st.tuples(steps, looks), min_size=1, max_size=30))
def test_a_fraction_is_never_backwards_and_never_above_one(seen: list[tuple[float, Look]]) -> None:
    """Nor are rates and times below nothing."""
    told = shown(seen)
    fractions = [each.fraction for each in told if each.fraction is not None]
    assert all(0 <= each <= 1 for each in fractions)
    assert all(before <= after for before, after in pairwise(fractions))
    for each in told:
        assert each.rate is None or each.rate >= 0
        assert each.seconds_left is None or each.seconds_left >= 0
        assert each.look.total is None or each.done <= each.look.total
        assert line_of(each) is not None


@given(st.lists(st.tuples(steps, counts), min_size=1, max_size=30))
def test_bytes_are_never_backwards(seen: list[tuple[float, int]]) -> None:
    """Of one source, whose size does not change."""
    told = shown([(step, Look("Running", done=done, total=10**9)) for step, done in seen])
    assert all(before.done <= after.done for before, after in pairwise(told))


def test_a_rate_is_that_of_the_last_seconds() -> None:
    """Neither of the whole run nor of what was there before anybody looked."""
    first = [(2.0, Look("Running", done=5000, total=10**6))]
    slow = [(2.0, Look("Running", done=5000 + 200 * n, total=10**6)) for n in range(1, 11)]
    fast = [(2.0, Look("Running", done=7000 + 2000 * n, total=10**6)) for n in range(1, 11)]
    told = shown(first + slow + fast)
    assert told[0].rate is None
    assert told[1].rate == 100
    assert told[-1].rate == 1000
    assert told[-1].seconds_left == (10**6 - 27000) / 1000


def test_what_waits_has_no_time_left() -> None:
    """Nobody can tell."""
    told = shown([(2.0, Look("Waiting", items=n, of=100, waiting=5)) for n in range(1, 5)])
    assert told[-1].seconds_left is None
    assert line_of(told[-1]).startswith("waiting for 5 objects")


@given(st.floats(0, 1))
def test_only_the_whole_is_100_percent(fraction: float) -> None:
    """Not what is nearly it."""
    assert (percent(fraction) == "100 %") == (fraction == 1)


@given(st.dictionaries(st.integers(1, 50), st.integers(1, 500)), st.integers(1, 100))
def test_parts_that_overlap_count_once(sizes: dict[int, int], cell: int) -> None:
    """However two runs have cut the source."""
    total = 50 * cell + 500
    done, count = covered(sizes, cell, total)
    assert 0 <= done <= total
    assert count <= len(sizes)
    assert covered(sizes, 0, None) == (sum(sizes.values()), len(sizes))


def test_looks_become_rarer() -> None:
    """Every 2 s at first, every 5 s after a minute, every 15 s after ten."""
    assert [pause(9, 30), pause(9, 90), pause(9, 700)] == [2.0, 5.0, 15.0]
    assert sum(pause(n, 0) for n in range(1, 5)) < 3


def test_an_end_has_the_code_that_tells_it() -> None:
    """Scripts go by it."""
    assert Ended("copied").exit_code == Ended("unchanged").exit_code == 0
    assert Ended("completed").exit_code == 0
    assert Ended("failed", error="x").exit_code == Ended("stopped").exit_code == 1
    assert Ended("completed_with_failures").exit_code == 3
