"""Items by their hosts: each once, and never more of a host at once than it serves."""

from __future__ import annotations

import threading
import time
from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.small.item import HostLimit
from ossferry.small.queue import Queue
from tests.spread.simulated import Clock


def queue_of(*items: str) -> tuple[Queue[str], Clock]:
    """The host of an item is its first letter."""
    clock = Clock()
    return Queue(items, lambda item: item[0], clock), clock


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=12), st.integers(0, 2**32))
def test_each_item_is_done_once(hosts: list[str], seed: int) -> None:
    """Whatever is refused and served, in whatever order: taken once, and again only if given back;
    none of a host that is left alone, and none beyond what it serves at once."""
    chance = Random(seed)
    items = [f"{host}{number}" for number, host in enumerate(hosts)]
    queue, clock = queue_of(*items)
    out: list[str] = []
    done = Counter[str]()
    resumes: dict[str, float] = {}
    while sum(done.values()) < len(items):
        if queue._next(clock.now) and chance.random() < 0.6:
            item = queue.take()
            assert item is not None
            assert item not in out
            assert not done[item]
            assert resumes.get(item[0], 0.0) <= clock.now
            out.append(item)
            host = queue._hosts[item[0]]
            assert host.running == sum(each[0] == item[0] for each in out) <= max(1, host.limit)
        elif out:
            item = out.pop(chance.randrange(len(out)))
            served = chance.random() < 0.5
            if not served and queue.again(item, 5.0):
                resumes[item[0]] = clock.now + 5.0
            else:
                done[item] += 1
                queue.done(item, served=served)
        else:
            clock.now += 5.0
    assert done == Counter(items)
    assert queue.take() is None
    assert queue.wait(0)


def test_what_others_found_out_holds_from_the_beginning() -> None:
    """A host is asked by no more at once than it serves, and not before it wants to be."""
    clock = Clock()
    known = {"a": HostLimit(1.6, 5.0), "z": HostLimit(1.0, 99.0)}
    queue = Queue(["a1", "a2", "b1", "b2"], lambda item: item[0], clock, known)
    assert [queue.take(), queue.take()] == ["b1", "b2"]
    assert queue._next(clock.now) is None
    clock.now += 5.0
    assert queue.take() == "a1"
    assert queue._next(clock.now) is None
    assert queue.limits() == {"a": HostLimit(1.6, 0.0)}
    queue.again("a1", 7.0)
    assert queue.limits() == {"a": HostLimit(1.0, 7.0)}


def test_what_is_dropped_is_not_done() -> None:
    """What was taken is, also if its host wants to be asked later."""
    queue, clock = queue_of("a1", "a2", "a3", "b1")
    taken = [queue.take(), queue.take()]
    queue.drop()
    assert taken == ["a1", "b1"]
    assert not queue.wait(0)
    assert queue.again("a1", 5.0)
    queue.done("b1")
    clock.now += 5.0
    assert queue.take() == "a1"
    queue.done("a1")
    assert queue.wait(0)
    assert queue.take() is None


def test_hosts_are_served_side_by_side() -> None:
    """One that answers nothing holds no more than its share of the streams."""
    queue, _ = queue_of("s1", "s2", "s3", "s4", "s5", "s6", "f1", "f2", "f3", "f4")
    taken = [queue.take() for _ in range(4)]
    assert Counter(item[0] for item in taken if item) == {"s": 2, "f": 2}
    for item in taken:
        if item and item[0] == "f":
            queue.done(item)
    assert {queue.take(), queue.take()} == {"f3", "f4"}


def test_a_host_that_refuses_is_asked_by_fewer() -> None:
    """By half as many as it was, later by one more for each round that it serves."""
    queue, clock = queue_of(*(f"a{n}" for n in range(40)))
    taken = [queue.take() for _ in range(8)]
    for item in taken[2:]:
        assert item
        assert queue.again(item, 1.0)
    clock.now += 1.0
    assert queue._hosts["a"].limit < 3
    before = queue._hosts["a"].limit
    assert taken[0]
    queue.done(taken[0])
    assert before + 1 >= queue._hosts["a"].limit > before


def test_an_item_that_was_refused_lets_others_go_first() -> None:
    """One URL that is refused for ever does not keep its host's others from being copied."""
    queue, clock = queue_of("a1", "a2", "a3")
    assert queue.take() == "a1"
    assert queue.again("a1", 1.0)
    clock.now += 1.0
    assert queue.take() == "a2"


def test_a_host_is_left_alone_no_longer_than_a_minute() -> None:
    """An hour is beyond what any child has; a minute later it is asked whether it meant that."""
    queue, clock = queue_of("a1")
    assert queue.take() == "a1"
    assert queue.again("a1", 3600.0)
    clock.now += 60.0
    assert queue.take() == "a1"


def test_a_host_that_only_refuses_is_given_up() -> None:
    """Twenty pauses after which nothing was served are enough; many refusals at once are one."""
    queue, clock = queue_of(*(f"a{n}" for n in range(30)))
    burst = [queue.take() for _ in range(30)]
    assert all(item and queue.again(item, 1.0) for item in burst)
    rounds = 1
    while True:
        clock.now += 1.0
        item = queue.take()
        assert item
        if not queue.again(item, 1.0):
            break
        rounds += 1
    assert rounds == 20
    queue.done(item, served=False)
    again = queue.take()
    assert again
    assert not queue.again(again, 1.0)
    queue.done(again)  # served: it is believed once more
    last = queue.take()
    assert last
    assert queue.again(last, 1.0)


def test_who_waits_is_told_of_the_end() -> None:
    """Nobody sleeps on when nothing more is to come, or when all is done."""
    queue: Queue[str] = Queue(["a1"], lambda item: item[0])
    assert queue.take() == "a1"
    found: list[str | None] = []
    threads = [threading.Thread(target=lambda: found.append(queue.take())) for _ in range(3)]
    for thread in threads:
        thread.start()
    began = time.monotonic()
    queue.done("a1")
    for thread in threads:
        thread.join(20)
    assert found == [None] * 3
    assert time.monotonic() - began < 15


@pytest.mark.parametrize("ends", [True, False])
def test_nothing_is_begun_after_the_end(ends: bool) -> None:
    """What was taken may still be done."""
    queue, _ = queue_of("a1", "a2")
    assert queue.take() == "a1"
    if ends:
        queue.end()
        assert queue.take() is None
        queue.done("a1")
        assert not queue.wait(0)
    else:
        assert queue.take() == "a2"


def test_who_waits_for_a_host_is_woken_when_it_serves() -> None:
    """Also while somebody else waits for the end of all."""
    queue: Queue[str] = Queue(["a1", "a2", "a3"], lambda item: item[0])
    one, two = queue.take(), queue.take()
    assert one
    assert two
    assert queue.again(two, 0.0)
    found: list[tuple[str | None, float]] = []
    waiting = threading.Thread(target=lambda: found.append((queue.take(), time.monotonic())))
    all_done = threading.Thread(target=queue.wait, args=(5,))
    all_done.start()
    waiting.start()
    time.sleep(0.2)
    began = time.monotonic()
    queue.done(one)
    waiting.join(5)
    assert found[0][1] - began < 0.5
    for _ in range(2):
        item = found.pop()[0] if found else queue.take()
        assert item
        queue.done(item)
    all_done.join(5)
