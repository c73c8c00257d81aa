"""Who counts, whenever and however often, and whoever dies at it: each item is in one batch."""

from __future__ import annotations

import json
import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ossferry.errors import TargetRefused
from ossferry.gathered.count import Counted, Counting, made_of_all, submit_again
from ossferry.gathered.group import Group
from ossferry.jobs import Then
from tests.gathered.memory import TARGET, Died, Instance, Memory

THEN = Then("shuffle", 4, TARGET._replace(key="sets/"))
GROUP = "a" * 40


def group_of(instance: Instance) -> Group:
    return Group(TARGET, GROUP, instance.cloud)


def arrives(memory: Memory, id: str, then: Then = THEN, **dying: int) -> Counted:
    """An invocation that is done with an item; it has its own request id, as its retries have."""
    instance = Instance(memory, f"request-{id}", dying.get("last"), after=bool(dying.get("after")))
    group = group_of(instance)
    group.note(id)
    return Counting(group, then, instance.cloud, noted=(id,)).done()


def flushed(memory: Memory, then: Then = THEN) -> Counted:
    instance = Instance(memory, "flush")
    return Counting(group_of(instance), then, instance.cloud, short=True).done()


def batches(memory: Memory) -> list[list[str]]:
    """The members of each, in the order of their numbers."""
    names = memory.names(f".ossferry/programs/then/{GROUP}/batches/")
    return [json.loads(memory.objects[name][0])["members"] for name in names]


def submissions(memory: Memory) -> list[str]:
    return sorted(str(each.get("batch")) for each in memory.submitted.values())


def require_each_once(memory: Memory, ids: list[str], when: int = 4) -> None:
    """All batches but the last are full, each was submitted, and nothing waits."""
    found = batches(memory)
    assert sorted(id for members in found for id in members) == sorted(ids)
    assert all(len(members) == when for members in found[:-1])
    assert submissions(memory) == sorted(str(number + 1) for number in range(len(found)))
    assert not memory.names(f".ossferry/programs/then/{GROUP}/waiting/")


def test_so_many_make_a_batch_and_the_next_item_waits() -> None:
    """The 5th is not gathered with the four before it again."""
    memory = Memory()
    counted = [arrives(memory, f"{n}") for n in range(9)]
    assert [each.made for each in counted] == [(), (), (), (1,), (), (), (), (2,), ()]
    assert counted[-1].waiting == 1
    assert batches(memory) == [["0", "1", "2", "3"], ["4", "5", "6", "7"]]
    assert flushed(memory) == Counted((3,), 0)
    require_each_once(memory, [*map(str, range(9))])
    assert flushed(memory) == Counted((), 0)


def test_the_oldest_go_first() -> None:
    """By the moment, and then by id."""
    moment = [1000.0]
    memory = Memory(lambda: moment[0])
    for id in ("d", "c"):
        arrives(memory, id)
    moment[0] += 1
    for id in ("b", "a"):
        arrives(memory, id)
    assert batches(memory) == [["c", "d", "a", "b"]]


def test_an_item_costs_a_few_requests_however_many_there_were() -> None:
    """Three, and some for each member when a batch is made: of hundreds of items the last costs
    what the first did."""
    memory = Memory()
    costs = []
    for n in range(400):
        before = len(memory.requests)
        arrives(memory, f"{n:04d}", THEN._replace(when=40))
        costs.append(len(memory.requests) - before)
    waiting = [cost for n, cost in enumerate(costs, 1) if n % 40]
    making = [cost for n, cost in enumerate(costs, 1) if not n % 40]
    assert set(waiting) == {3}
    assert set(making[1:]) == {making[-1]}
    assert making[-1] <= 2 * 40 + 20
    assert sum(costs) / len(costs) < 6


def test_who_is_told_twice_finds_it_in_its_batch() -> None:
    """Also long after, when another batch is about to be made."""
    memory = Memory()
    for id in ("a", "b", "c", "d", "e", "a", "b", "c"):
        counted = arrives(memory, id)
    assert counted == Counted((), 1)
    flushed(memory)
    require_each_once(memory, ["a", "b", "c", "d", "e"])


def test_what_is_noted_late_is_not_in_two_batches() -> None:
    """Somebody saw that an item was in no batch, and slept until it was in one."""
    memory = Memory()
    for id in "abcd":
        arrives(memory, id)
    late = memory.objects[f".ossferry/programs/then/{GROUP}/batches/000001.json"]
    memory.objects[f".ossferry/programs/then/{GROUP}/waiting/a.json"] = late
    for id in "efg":
        arrives(memory, id)
    assert len(batches(memory)) == 1, "three are not enough, and the fourth is no news"
    arrives(memory, "h")
    require_each_once(memory, [*"abcdefgh"])


@settings(max_examples=300, deadline=None)
@given(st.integers(1, 40), st.booleans(), st.integers(1, 9), st.booleans())
def test_whoever_dies_leaves_what_others_finish(
    last: int, after: bool, victim: int, retried: bool
) -> None:
    """At any request, before it is done or before its answer; Function Compute may ask it again,
    or others come by, or somebody flushes."""
    memory = Memory()
    ids = [f"{n}" for n in range(10)]
    for n, id in enumerate(ids):
        if n != victim:
            arrives(memory, id)
            continue
        with suppress(Died):
            arrives(memory, id, last=last, after=after)
        if retried:
            arrives(memory, id)
    arrives(memory, ids[victim])
    flushed(memory)
    found = batches(memory)
    assert sorted(id for members in found for id in members) == ids
    assert submissions(memory) == sorted(str(number + 1) for number in range(len(found)))


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32))
def test_any_number_may_count_at_the_same_moment(seed: int) -> None:
    """Some twice, some dying; nobody waits for another."""
    memory, chance = Memory(page=3), random.Random(seed)
    ids = [f"{n:02d}" for n in range(22)]
    told = [*ids, *chance.sample(ids, 6)]
    chance.shuffle(told)
    deaths = {id: chance.randrange(1, 30) for id in chance.sample(ids, 5)}

    def one(id: str) -> None:
        if id in deaths:
            with suppress(Died):
                arrives(memory, id, last=deaths[id], after=chance.random() < 0.5)
        arrives(memory, id)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, told))
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: flushed(memory), range(3)))
    found = batches(memory)
    assert sorted(id for members in found for id in members) == ids
    assert submissions(memory) == sorted(str(number + 1) for number in range(len(found)))
    assert not memory.names(f".ossferry/programs/then/{GROUP}/waiting/")


def test_who_makes_a_batch_is_left_alone_for_a_minute() -> None:
    """Others only note what they have; after that somebody has to finish it."""
    moment = [1000.0]
    memory = Memory(lambda: moment[0])
    for id in "abc":
        arrives(memory, id)
    with suppress(Died):
        arrives(memory, "d", last=13)
    assert batches(memory) == [[*"abcd"]]
    assert not memory.submitted
    assert arrives(memory, "e") == Counted((), 5)
    assert not memory.submitted
    moment[0] += 61
    assert arrives(memory, "f") == Counted((), 2)
    assert submissions(memory) == ["1"]


def test_a_short_batch_is_made_when_one_has_waited_long_enough() -> None:
    """By whoever comes by; and the first that waits has somebody come."""
    moment = [1000.0]
    memory = Memory(lambda: moment[0])
    then = THEN._replace(max_wait=60.0)
    for id in "ab":
        arrives(memory, id, then)
    assert len(memory.submitted) == 1, "the second waits behind the first"
    moment[0] += 59
    instance = Instance(memory, "wake")
    wake = Counting(group_of(instance), then, instance.cloud, thorough=True)
    assert wake.done() == Counted((), 2)
    moment[0] += 1
    assert wake.done() == Counted((1,), 0)
    assert batches(memory) == [["a", "b"]]


def test_a_batch_without_result_is_submitted_a_few_times_more() -> None:
    """By the clock, so that all who look agree; and by a person as often as wanted."""
    moment = [1000.0]
    memory = Memory(lambda: moment[0])
    for id in "abcd":
        arrives(memory, id)
    for _ in range(8):
        moment[0] += 500
        for request in ("one", "two"):
            instance = Instance(memory, request)
            submit_again(group_of(instance), instance.cloud)
    assert len(memory.submitted) == 4
    for request in ("person-1", "person-2"):
        instance = Instance(memory, request)
        assert submit_again(group_of(instance), instance.cloud, asked=True) == [1]
    assert len(memory.submitted) == 6
    group_of(Instance(memory)).close(1)
    instance = Instance(memory)
    assert submit_again(group_of(instance), instance.cloud, asked=True) == []


def test_all_of_a_job_are_one_batch() -> None:
    """In its order, however often that is asked for."""
    memory = Memory()
    for request, last in (("one", 3), ("two", 5), ("three", None), ("four", None)):
        instance = Instance(memory, request, last)
        with suppress(Died):
            made_of_all(group_of(instance), THEN, ["c", "a", "b"], instance.cloud)
    assert batches(memory) == [["c", "a", "b"]]
    assert submissions(memory) == ["1"]


def test_a_bucket_with_versioning_is_refused() -> None:
    """There OSS would let two make the same batch."""
    memory = Memory()
    memory.versioning = "Suspended"
    for id in "abc":
        arrives(memory, id)
    with pytest.raises(TargetRefused, match="versioning"):
        arrives(memory, "d")
    assert not batches(memory)
