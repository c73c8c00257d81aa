"""Which items make a batch: the oldest, exactly so many, and none twice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.errors import TargetRefused
from ossferry.gathered.batches import (
    Batch,
    Waiting,
    attempt_due,
    group_id,
    in_order,
    is_due,
    next_members,
    number_of,
    numbered,
    task_id,
)
from ossferry.jobs import Then
from ossferry.names import ObjectName

TARGET = ObjectName("cn-hangzhou", "my-bucket", "out/")
THEN = Then("shuffle", 40, TARGET._replace(key="sets/"), 60.0, {"seed": "7"})
WAITING = st.lists(
    st.builds(Waiting, st.text("0123456789abcdef", min_size=1, max_size=4), st.integers(0, 5)),
    unique_by=lambda each: each.id,
    max_size=60,
)
WHEN = st.integers(1, 12)


@given(WAITING, WHEN, st.data())
def test_a_batch_is_of_the_oldest_exactly_so_many(
    waiting: list[Waiting], when: int, data: st.DataObject
) -> None:
    """Or there is none; those that are used count for nothing."""
    used = set(data.draw(st.lists(st.sampled_from([each.id for each in waiting] or [""]))))
    free = [each for each in in_order(waiting) if each.id not in used]
    members = next_members(waiting, used, when)
    assert members == (tuple(each.id for each in free[:when]) if len(free) >= when else ())


@given(WAITING, WHEN, st.randoms())
def test_batches_are_disjoint_and_complete(
    waiting: list[Waiting], when: int, chance: st.DataObject
) -> None:
    """One after another, in whatever order they are listed: all items, each in one, oldest first;
    only the last may be short."""
    used: list[str] = []
    sizes = []
    while members := next_members(waiting, used, when, short=True):
        sizes.append(len(members))
        used += members
        chance.shuffle(waiting)  # type: ignore[attr-defined]
    assert used == [each.id for each in in_order(waiting)]
    assert all(size == when for size in sizes[:-1])


@given(WAITING, st.integers(0, 10), st.integers(1, 5))
def test_a_batch_is_due_by_its_oldest(waiting: list[Waiting], now: int, wait: int) -> None:
    """And never, if nothing says how long one may wait."""
    oldest = [each for each in waiting if now - each.since >= wait]
    assert is_due(waiting, float(wait), now) == bool(oldest)
    assert not is_due(waiting, None, now)


def test_a_batch_reads_what_it_wrote() -> None:
    batch = Batch(THEN, ("a", "b"), "request")
    assert Batch.decode(batch.encode(), "x") == batch
    every = Batch(THEN._replace(when=None, max_wait=None), (), "request")
    assert Batch.decode(every.encode(), "x") == every


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'{"then": 1}', b'{"then": {"program": 1}}'])
def test_what_is_no_batch_is_refused(text: bytes) -> None:
    with pytest.raises(TargetRefused, match="x is no record of a batch: delete it"):
        Batch.decode(text, "x")


def test_a_batch_names_a_program_as_events_do() -> None:
    """Whoever may write to the bucket is not to choose another file."""
    text = Batch(THEN._replace(program="../x"), (), "r").encode()
    with pytest.raises(TargetRefused, match="x is no record of a batch"):
        Batch.decode(text, "x")


def test_a_group_follows_from_what_is_asked() -> None:
    """How many, and how long, may be changed; everything else makes another one."""
    own = group_id("cut", {"a": "1"}, TARGET, THEN)
    assert group_id("cut", {"a": "1"}, TARGET, THEN._replace(when=7, max_wait=None)) == own
    others = {
        group_id("cut2", {"a": "1"}, TARGET, THEN),
        group_id("cut", {"a": "2"}, TARGET, THEN),
        group_id("cut", {"a": "1"}, TARGET._replace(key="out2/"), THEN),
        group_id("cut", {"a": "1"}, TARGET, THEN._replace(program="mix")),
        group_id("cut", {"a": "1"}, TARGET, THEN._replace(parameters={})),
        group_id("cut", {"a": "1"}, TARGET, THEN._replace(target=TARGET)),
        group_id("cut", {"a": "1"}, TARGET, THEN, "job-1"),
    }
    assert len({own, *others}) == 8


@given(st.integers(1, 999_999), st.integers(1, 999_999))
def test_names_are_in_the_order_of_numbers(one: int, other: int) -> None:
    assert (numbered(one) < numbered(other)) == (one < other)
    assert number_of(f"x/{numbered(one)}") == one
    assert number_of("x/head.json") is None


def test_a_task_is_of_one_batch() -> None:
    """Also where a group began again after somebody removed it."""
    ids = {task_id("0" * 40, 1, b"a"), task_id("0" * 40, 2, b"a"), task_id("0" * 40, 1, b"b")}
    assert len(ids | {task_id("0" * 40, 1, b"a", "again1")}) == 4
    assert all(len(id) < 64 for id in ids)


@pytest.mark.parametrize(
    ("age", "timeout", "attempt"),
    [(0, 60, 0), (899, 60, 0), (900, 60, 1), (2700, 60, 3), (9e9, 60, 3), (2399, 600, 0)],
)
def test_a_batch_is_given_up_after_a_while(age: float, timeout: float, attempt: int) -> None:
    assert attempt_due(age, timeout) == attempt
