"""Many items at once: what becomes of all when some hang, some are refused, or time ends."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

import ossferry.small.many as room
from ossferry.errors import OutOfTime, SourceRefused
from ossferry.items.copy import BESIDE
from ossferry.small.held import SMALL
from ossferry.small.item import Item
from ossferry.urls import Url
from tests.items.staged import Oss, Stage, copying, item
from tests.peers.scripted import Reply, Request, Then, answer, in_turn, scripted

BODY = b"what is to be copied"
GOOD = Reply(answer(200, BODY))
LATE = Reply(answer(404, b"nobody began it"))
RECORDS = ".ossferry/bulk/id/results/1.jsonl", ".ossferry/bulk/id/results/1.part.jsonl"


class Gate:
    """A script that answers nobody until it is opened."""

    def __init__(self, reply: Reply = GOOD) -> None:
        self.open = threading.Event()
        self.reached = threading.Event()
        self._reply = reply

    def __call__(self, _request: Request) -> Reply:
        self.reached.set()
        self.open.wait(30)
        return self._reply


@contextmanager
def gate(reply: Reply = GOOD) -> Iterator[Gate]:
    found = Gate(reply)
    try:
        yield found
    finally:
        found.open.set()


class Crowd:
    """A server that serves so many at once, and refuses the others."""

    def __init__(self, most: int, refusal: bytes) -> None:
        self.refused = 0
        self.most = 0
        self._now = 0
        self._allowed = most
        self._refusal = refusal
        self._lock = threading.Lock()

    def __call__(self, _request: Request) -> Reply:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
            allowed = self._now <= self._allowed
            self.refused += not allowed
        time.sleep(0.02)
        with self._lock:
            self._now -= 1
        return GOOD if allowed else Reply(self._refusal)


def recorded(ours: Stage, name: str) -> list[int]:
    """The numbers of the items that are on record there."""
    body = ours.bodies.get(name, b"")
    return [json.loads(line)["item"] for line in body.splitlines()]


def urls(ours: Stage) -> dict[str, Any]:
    base = f"{ours.oss.served.url}/my-bucket/"
    return {"result": Url(base + RECORDS[0]), "partial": Url(base + RECORDS[1])}


def test_a_slow_host_does_not_hold_up_the_others() -> None:
    """Those of fast hosts are through while it still thinks; its own are left when time is up."""
    with gate() as slow, scripted(slow) as there, copying(lambda _: GOOD) as (ours, server):
        items = [item(n, f"{there.url}/{n}") for n in range(50)]
        items += [item(n, f"{server.url}/{n}") for n in range(50, 250)]
        result, rows = ours.run(tuple(items), seconds=6.0)
        slow.open.set()
    assert {*rows} == {*range(50, 250)}
    assert {*result.left} == {*range(50)}


def test_a_host_that_allows_two_connections_serves_all() -> None:
    """What it refuses is asked for again, by ever fewer at once; nothing fails."""
    refusal = answer(429, Retry_After="0")
    crowd = Crowd(2, refusal)
    with copying(crowd) as (ours, server):
        _, rows = ours.run(tuple(item(n, f"{server.url}/{n}") for n in range(24)))
    assert {row["outcome"] for row in rows.values()} == {"copied"}
    assert crowd.refused < 60


@pytest.mark.parametrize("dated", [True, False])
def test_a_host_is_left_alone_for_as_long_as_it_asks(dated: bool) -> None:
    """Whether it says so in seconds or by a date; its other items wait as well."""
    asked: list[float] = []
    said: dict[str, Any] = (
        {"Date": "Mon, 01 Jan 2024 10:00:00 GMT", "Retry-After": "Mon, 01 Jan 2024 10:00:01 GMT"}
        if dated
        else {"Retry-After": "1"}
    )

    def script(request: Request) -> Reply:
        asked.append(time.monotonic())
        return Reply(answer(429, **said)) if len(asked) == 1 else GOOD

    with copying(script) as (ours, server):
        ours.run((item(1, f"{server.url}/x"), item(2, f"{server.url}/y")))
    assert asked[-1] - asked[0] >= 1.0


@pytest.fixture
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a host does not say how long it is to be left alone: a tenth of what it would be."""

    def uniform(least: float, most: float) -> float:
        return random.uniform(least, most) / 10

    monkeypatch.setattr(room, "random", SimpleNamespace(uniform=uniform))


@pytest.mark.usefixtures("short_pauses")
def test_a_host_that_is_down_is_given_up() -> None:
    """Every item fails, in the time of some pauses and not of some for each; others are copied."""
    with copying(lambda _: GOOD) as (ours, server):
        with scripted(lambda _: GOOD) as closed:
            pass
        with scripted(lambda _: Reply(answer(503))) as down:
            items = [item(n, f"{down.url}/{n}") for n in range(40)]
            items += [item(n, f"{closed.url}/{n}") for n in range(40, 80)]
            items += [item(n, f"{server.url}/{n}") for n in range(80, 90)]
            began = time.monotonic()
            result, rows = ours.run(tuple(items), seconds=120.0)
            assert len(down.requests) < 200
    assert time.monotonic() - began < 30
    assert Counter(row["outcome"] for row in rows.values()) == {"failed": 80, "copied": 10}
    assert {row["cause"] for row in rows.values() if "cause" in row} == {"network"}
    assert result.left == ()


@pytest.mark.usefixtures("short_pauses")
def test_a_url_that_is_always_refused_does_not_hold_up_its_host() -> None:
    """It is tried again after the others, and fails in the end."""

    def script(request: Request) -> Reply:
        return Reply(answer(503)) if request.target == "/0" else GOOD

    with copying(script) as (ours, server):
        _, rows = ours.run(tuple(item(n, f"{server.url}/{n}") for n in range(30)), seconds=90.0)
    assert Counter(row["outcome"] for row in rows.values()) == {"failed": 1, "copied": 29}


# Time.


@pytest.mark.parametrize("stopped", [True, False])
def test_the_end_comes_while_sources_hang(stopped: bool) -> None:
    """By a stop or by time: what is done is on record, the rest is left, nobody is waited for."""
    with gate() as hanging, scripted(hanging) as there, copying(lambda _: GOOD) as (ours, server):
        items = [item(1, f"{server.url}/x"), *(item(n, f"{there.url}/{n}") for n in range(2, 20))]
        if stopped:
            threading.Timer(1.0, ours.stop.set).start()
        began = time.monotonic()
        result, rows = ours.run(tuple(items), 60.0 if stopped else 4.0, **urls(ours))
        hanging.open.set()
        assert time.monotonic() - began < 12
    assert {*rows} == {1}
    assert {*result.left} == {*range(2, 20)}
    assert recorded(ours, RECORDS[1]) == [1]
    assert [row["item"] for row in result.rows] == [1]


@pytest.mark.parametrize("method", ["HEAD", "PUT"])
def test_the_end_comes_while_oss_hangs(method: str) -> None:
    """In whatever is asked of it; then nothing can be recorded, and the answer has it all."""
    with gate(Reply(answer(200))) as hanging:

        def first(request: Request, key: str) -> Reply | None:
            return hanging(request) if request.method == method and key != "out/1" else None

        with copying(lambda _: GOOD, Oss(first)) as (ours, server):
            items = tuple(item(n, f"{server.url}/{n}", look=True) for n in range(1, 20))
            began = time.monotonic()
            result, rows = ours.run(items, 4.0)
            hanging.open.set()
            assert time.monotonic() - began < 12
    assert {*rows} == {1} == {row["item"] for row in result.rows}
    assert {*result.left} == {*range(2, 20)}


def test_the_end_comes_in_a_body() -> None:
    """One that trickles on and on is none that is done."""
    drip = threading.Event()

    def script(request: Request) -> Reply:
        drip.wait(20)
        return GOOD

    half = Reply(answer(200, BODY[:3], length=len(BODY)))
    with copying(in_turn(half, half, rest=script)) as (ours, server):
        began = time.monotonic()
        result, rows = ours.run((item(1, f"{server.url}/x"), item(2, f"{server.url}/y")), 4.0)
        drip.set()
        assert time.monotonic() - began < 12
    assert rows == {}
    assert result.left == (1, 2)
    assert ours.bodies == {}


def test_the_end_comes_while_streams_wait_for_memory() -> None:
    """Those that hold it are interrupted, and those that wait for it are as well."""
    size = SMALL - 1
    half = Reply(answer(200, b"x" * 1000, length=size))
    with copying(lambda _: half) as (ours, server):
        old, room.FIRST = room.FIRST, 40
        try:
            began = time.monotonic()
            result, _ = ours.run(tuple(item(n, f"{server.url}/{n}") for n in range(40)), 5.0)
        finally:
            room.FIRST = old
        assert time.monotonic() - began < 12
    assert len(result.left) == 40


def test_a_stop_before_the_first_item_leaves_all() -> None:
    """Nothing is asked of anybody."""
    with copying(lambda _: GOOD) as (ours, server):
        ours.stop.set()
        result, rows = ours.run((item(1, f"{server.url}/x"),))
        assert server.requests == []
    assert rows == {}
    assert result.left == (1,)


def test_no_time_at_all_leaves_all() -> None:
    """Also where the coordinator's own time is up already."""
    with copying(lambda _: GOOD) as (ours, server):
        result, rows = ours.run((item(1, f"{server.url}/x"),), seconds=-5.0)
    assert len(result.left) + len(rows) == 1


# Large ones.


def test_large_items_come_last_one_by_one() -> None:
    """What is small is on record before the first of them; what became of each is told."""
    large = Reply(answer(200, b"x", length=SMALL + 1), Then.CLOSE)

    def script(request: Request) -> Reply:
        return large if request.target.startswith("/large") else GOOD

    seen: list[list[int]] = []

    class Watching(Stage):
        def transfer(self, job):  # type: ignore[no-untyped-def]
            seen.append(recorded(self, RECORDS[1]))
            return super().transfer(job)

    with copying(script) as (plain, server):
        ours = Watching(plain.oss, plain.context, plain.settings)
        items = [item(n, f"{server.url}/large/{n}") for n in (1, 2)]
        items.append(item(3, f"{server.url}/x"))
        result, rows = ours.run(tuple(items), **urls(ours))
    assert seen[0] == [3]
    assert len(seen[1]) == 2
    assert rows[1]["size"] == 5
    assert result.left == ()
    assert result.rows == ()
    assert sorted(recorded(ours, RECORDS[0])) == [1, 2, 3]


def test_where_there_are_other_children_a_large_item_is_copied_beside_the_small_ones() -> None:
    """It does not wait for them, nor they for it."""
    large = Reply(answer(200, b"x", length=SMALL + 1), Then.CLOSE)
    begun = threading.Event()

    def script(request: Request) -> Reply:
        if request.target.startswith("/large"):
            return large
        return GOOD if begun.wait(20) else LATE

    class Beginning(Stage):
        def transfer(self, job):  # type: ignore[no-untyped-def]
            begun.set()
            return super().transfer(job)

    with copying(script) as (plain, server):
        ours = Beginning(plain.oss, plain.context, plain.settings)
        items = [item(1, f"{server.url}/large"), *(item(n, f"{server.url}/{n}") for n in (2, 3))]
        result, rows = ours.run(tuple(items), keeps_large=False, **urls(ours))
    assert {number: row["outcome"] for number, row in rows.items()} == dict.fromkeys(
        (1, 2, 3), "copied"
    )
    assert (result.left, result.large) == ((), {})


def test_what_is_large_is_handed_back_if_nobody_began_it() -> None:
    """The rest is on record as a whole; a coordinator has others copy what is large."""
    large = Reply(answer(200, b"x", length=SMALL + 1), Then.CLOSE)

    def script(request: Request) -> Reply:
        return large if request.target.startswith("/large") else GOOD

    with copying(script) as (ours, server):
        items = (item(1, f"{server.url}/x"), item(2, f"{server.url}/large"))
        result, rows = ours.run(items, keeps_large=False, **urls(ours))
        if not ours.transferred:  # which the small one leaves hardly a moment for
            assert (result.left, result.rows, result.large) == ((), (), {2: SMALL + 1})
            assert rows.keys() == {1}
            assert recorded(ours, RECORDS[0]) == [1]


def test_who_finds_a_very_large_item_begins_nothing_more() -> None:
    """It is handed back at once, and what nobody has begun with it; what was begun is done."""
    large = Reply(answer(200, b"x", length=BESIDE + 1), Then.CLOSE)

    def script(request: Request) -> Reply:
        if request.target.startswith("/large"):
            time.sleep(0.2)
            return large
        time.sleep(0.1)
        return GOOD

    with copying(script) as (ours, server):
        small = (item(n, f"{server.url}/{n}") for n in range(2, 100))
        result, rows = ours.run((item(1, f"{server.url}/large"), *small), keeps_large=False)
    assert result.large == {1: BESIDE + 1}
    assert not ours.transferred
    assert 0 < len(rows) < 98
    assert {*rows, *result.left} == {*range(2, 100)}


def test_a_large_item_that_fails_fails_alone_and_one_without_time_is_left() -> None:
    """Its error is its row's; a transfer that was interrupted goes on in another child."""
    large = Reply(answer(200, b"x", length=SMALL + 1), Then.CLOSE)
    with copying(lambda _: large) as (ours, server):
        ours.transfer_fails = SourceRefused("no")
        _, rows = ours.run((item(1, f"{server.url}/x"),))
        assert rows[1]["error_type"] == "SourceRefused"
        ours.transfer_fails = OutOfTime("later")
        result, rows = ours.run((item(1, f"{server.url}/x"),))
        assert rows == {}
        assert result.left == (1,)


# Streams and records.


def test_streams_grow_as_long_as_that_pays() -> None:
    """From eight; rows of others that come with the job do not pass for work done."""

    def script(request: Request) -> Reply:
        time.sleep(0.1)
        return GOOD

    rows = tuple({"item": n, "outcome": "skipped", "key": "k"} for n in range(1000, 2000))
    with copying(script) as (ours, server):
        items = tuple(item(n, f"{server.url}/{n}") for n in range(500))
        result, _ = ours.run(items, rows=rows)
        assert len({request.connection for request in server.requests}) > 16
    assert result.tally.copied == 500
    assert result.tally.skipped == 1000


def test_no_more_streams_than_items() -> None:
    """A stream without an item would be a thread for nothing."""
    with copying(lambda _: GOOD) as (ours, server):
        ours.run((item(1, f"{server.url}/x"), item(2, f"{server.url}/y")))
        assert len({request.connection for request in server.requests}) <= 2


def test_urls_that_expire_go_first() -> None:
    """The one that ends soonest before all others."""
    with copying(lambda _: GOOD) as (ours, server):
        old, room.FIRST = room.FIRST, 1
        try:
            plain = item(1, f"{server.url}/plain")
            late = item(2, f"{server.url}/late?Signature=x&Expires=4000000000")
            soon = item(3, f"{server.url}/soon?Signature=x&Expires=3000000000")
            _, rows = ours.run((plain, late, soon))
        finally:
            room.FIRST = old
        asked = [request.target.partition("?")[0] for request in server.requests]
    assert asked == ["/soon", "/late", "/plain"]
    assert rows[3]["query"] is True
    assert "Signature" not in json.dumps(rows)


def test_what_cannot_be_recorded_is_in_the_answer() -> None:
    """OSS refuses the record; the coordinator gets the rows, and writes them itself."""

    def first(request: Request, key: str) -> Reply | None:
        return Reply(answer(403, b"<Code>AccessDenied</Code>")) if key in RECORDS else None

    with copying(lambda _: GOOD, Oss(first)) as (ours, server):
        result, _ = ours.run((item(1, f"{server.url}/x"),), **urls(ours))
    assert [row["item"] for row in result.rows] == [1]
    assert result.left == ()


def test_odd_text_in_a_list_is_no_end_of_the_job() -> None:
    """Half of a surrogate pair cannot be written to OSS; the item fails, and is recorded."""
    odd = Item(1, {"source_url": "http://x/", "target_object_name": "\ud800"})
    with copying(lambda _: GOOD) as (ours, server):
        _, rows = ours.run((odd, item(2, f"{server.url}/x")), **urls(ours))
    assert rows[1]["cause"] == "event"
    assert rows[2]["outcome"] == "copied"
    assert sorted(recorded(ours, RECORDS[0])) == [1, 2]


def test_what_oss_does_not_do_costs_the_source_one_request() -> None:
    """Its hiccups are retried with the bytes that are held; then the item fails."""
    puts = [Reply(answer(500))] * 3

    def first(request: Request, key: str) -> Reply | None:
        return puts.pop() if request.method == "PUT" and puts else None

    with copying(lambda _: GOOD, Oss(first)) as (ours, server):
        _, rows = ours.run((item(1, f"{server.url}/x"),))
        assert len(server.requests) == 1
    assert rows[1]["outcome"] == "copied"


@pytest.mark.parametrize("source", ["there", "oss://my-bucket/in/1"])
def test_targets_are_judged_where_they_are_written(source: str) -> None:
    """An item is no more powerful than an event: what the operator does not allow is refused."""
    with copying(lambda _: GOOD, allow_targets=("my-bucket/in/",)) as (ours, server):
        ours.oss.objects["in/1"] = (BODY, {})
        url = f"{server.url}/x" if source == "there" else source
        _, rows = ours.run((item(1, url, listed=20), item(2, url, target_object_name="in/2")))
    assert rows[1]["error_type"] == "TargetRefused"
    assert {*ours.bodies} == {"in/1", "in/2"}


def test_how_often_a_source_was_restored_is_told_of_large_and_small_items() -> None:
    """And whether something of its URL is hidden."""
    large = Reply(answer(200, b"x", length=SMALL + 1), Then.CLOSE)

    def script(request: Request) -> Reply:
        return large if request.target.startswith("/large") else GOOD

    with copying(script) as (ours, server):
        items = (item(n, f"{server.url}/{name}?a=b") for n, name in enumerate(("x", "large")))
        _, rows = ours.run(tuple(each._replace(restores=2) for each in items))
    assert len(ours.transferred) == 1
    assert [(rows[n]["restores"], rows[n]["query"]) for n in (0, 1)] == [(2, True)] * 2
