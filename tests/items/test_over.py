"""A child that gives items to a program: what may be asked of it, and what it makes of an end."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ossferry.cloud import Cloud
from ossferry.context import Context, Credentials
from ossferry.errors import (
    FerryError,
    InvalidEvent,
    OutOfTime,
    ProgramBusy,
    ProgramFailed,
    ProgramMissing,
    ProgramTooLong,
    SourceGone,
    Stopped,
    TargetUnavailable,
)
from ossferry.items import over
from ossferry.items.child import answer
from ossferry.items.job import ItemsJob, ItemsResult
from ossferry.items.row import Tally
from ossferry.jobs import ProgramJob
from ossferry.ledger.head import stop_name
from ossferry.programs.description import Program
from ossferry.settings import Settings
from ossferry.small.item import Item
from ossferry.stop import Stop
from tests.items.test_child import CONTEXT

COMMON = {
    "target_region": "cn-hangzhou",
    "target_bucket_name": "my-bucket",
    "target_prefix": "out/",
    "program": "p",
    "parameters": {},
}
HOUR = 3600.0


def item(number: int, **fields: Any) -> Item:
    named = {"source_url": f"oss://media/in/{number}", "target_object_name": f"out/{number}"}
    return Item(number, {**named, "source_region": "cn-hangzhou", **fields})


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"program": "../../etc/x"}, InvalidEvent),
        ({"program": ["/bin/sh"]}, InvalidEvent),
        ({"program": "nobody"}, ProgramMissing),
        ({"target_region": "x.example/#"}, InvalidEvent),
        ({"target_bucket_name": "b/../c"}, InvalidEvent),
        ({"target_prefix": ".ossferry/"}, InvalidEvent),
        ({"parameters": {"a": ["b"]}}, InvalidEvent),
    ],
)
def test_who_sends_it_can_ask_for_no_more_than_an_event(
    fields: Mapping[str, object], error: type[FerryError]
) -> None:
    """Each word is looked at as if a person had written it."""
    job = json.loads(ItemsJob((item(1),), {**COMMON, **fields}, 9.0, 0).encode())
    with pytest.raises(error):
        answer(job, CONTEXT, Settings(), time.monotonic(), Stop())


# What comes of an item, by its number and how often it was tried before.
Does = Callable[[int, int], FerryError | None]


def run(
    monkeypatch: pytest.MonkeyPatch,
    does: Does,
    *items: Item,
    at_once: int = 2,
    timeout: float = HOUR,
    beat: Callable[[], bool] = lambda: True,
    bulk: str = "",
) -> ItemsResult:
    tried: dict[str, int] = {}

    def one(_: Program, job: ProgramJob, below: str, *__: object) -> dict[str, object]:
        count = tried[below] = tried.get(below, 0) + 1
        assert str(job.source) == f"oss://media/in/{below}"
        error = does(int(below), count)
        if error:
            raise error
        source, outputs = {"size": 7}, {"count": 2, "size": 10}
        return {"status": "done", "source": source, "outputs": outputs, "record": "r"}

    program = Program("p", str(Path.cwd()), "", at_once=at_once)
    monkeypatch.setattr(over, "find", lambda *_: program)
    monkeypatch.setattr(over, "over", one)
    monkeypatch.setattr(over, "_PAUSES", (0.01,) * 5)
    now = time.monotonic()
    context = Context(
        *("r", "cn-hangzhou", "1", None, "f", None, timeout, now + timeout),
        Credentials("id", "s", "t"),
    )
    job = ItemsJob(items, COMMON, timeout, 0, bulk=bulk)
    return over.Over(job, context, Settings(), Stop()).run(beat)


def test_rows_tell_what_came_of_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what was made; an item that is none fails by itself."""
    bad = [item(3, source_url="https://host/a"), item(4, target_object_name="elsewhere/4")]
    result = run(monkeypatch, lambda *_: None, item(1), item(2), *bad)
    assert result.left == ()
    assert result.tally == Tally(done=2, failed=2, outputs=4, bytes=20, causes={"event": 2})
    rows = {row["item"]: row for row in result.rows}
    assert {name: rows[1][name] for name in ("key", "outputs", "bytes", "record", "size")} == {
        **{"key": "out/1", "outputs": 2, "bytes": 10},
        **{"record": "r", "size": 7},
    }


def test_what_may_pass_is_tried_so_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """And what does not pass fails at once."""

    def does(number: int, count: int) -> FerryError | None:
        errors = {1: ProgramBusy("busy"), 2: ProgramFailed("no"), 3: SourceGone("gone")}
        return errors.get(number) or (ProgramBusy("busy") if count < 4 else None)

    result = run(monkeypatch, does, *map(item, (1, 2, 3, 4)))
    told = {row["item"]: (row["outcome"], row["attempts"]) for row in result.rows}
    assert told == {1: ("failed", 6), 2: ("failed", 1), 3: ("failed", 1), 4: ("done", 4)}


@pytest.mark.parametrize(
    "error", [OutOfTime("late"), ProgramTooLong("late", None, True), Stopped("stopped")]
)
def test_what_was_begun_late_is_left(monkeypatch: pytest.MonkeyPatch, error: FerryError) -> None:
    """An invocation of its own may do it."""
    result = run(monkeypatch, lambda number, _: error if number == 1 else None, item(1), item(2))
    assert (result.left, result.tally.done) == ((1,), 1)
    assert [row["item"] for row in result.rows] == [2]


def test_what_had_all_the_time_there_is_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """As does what has a limit of its own, at once."""

    def does(number: int, _: int) -> FerryError:
        if number == 1:
            time.sleep(1.5)
        return ProgramTooLong("too long", None, number == 1)

    result = run(monkeypatch, does, item(1), item(2), timeout=4.0)
    assert result.tally.failed == 2


def test_who_is_told_to_stop_leaves_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing more is begun."""

    def does(*_: int) -> None:
        time.sleep(0.5)

    result = run(monkeypatch, does, *map(item, range(1, 9)), beat=lambda: False)
    assert result.tally.done == 2
    assert len(result.left) == 6


def test_a_job_without_items_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows alone may be left of one; nobody is waited for then."""

    def beat() -> bool:
        raise AssertionError

    result = run(monkeypatch, lambda *_: None, beat=beat)
    assert (result.tally, result.left) == (Tally(), ())


@pytest.mark.parametrize("readable", [True, False])
def test_who_is_not_told_looks_whether_the_job_was_told_to_stop(
    monkeypatch: pytest.MonkeyPatch, readable: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """In OSS: a coordinator does not wait for a program. If OSS cannot say, it goes on."""
    looked = threading.Event()

    def read(name: str) -> tuple[bytes, float]:
        assert name == stop_name("id")
        if looked.is_set():
            ended.set()
        looked.set()
        if not readable:
            raise TargetUnavailable("OSS is away")
        return b"{}", 0.0

    ended = threading.Event()

    def does(*_: int) -> None:
        ended.wait(20)

    monkeypatch.setattr(over, "_ASK", 0.0)
    monkeypatch.setattr(Cloud, "bucket", lambda *_: SimpleNamespace(read=read))
    result = run(monkeypatch, does, *map(item, range(1, 5)), bulk="id")
    assert result.tally.done == (2 if readable else 4)
    assert ("items.stop_not_read" in capsys.readouterr().out) is not readable


def test_what_was_ended_has_not_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even in its last try: who ends it may be why it did not pass."""
    last, ended = threading.Event(), threading.Event()

    def beat() -> bool:
        if last.is_set() and told:
            ended.set()
        told.extend([True] * last.is_set())
        return not last.is_set()

    def does(_: int, count: int) -> FerryError:
        if count == 6:
            last.set()
            assert ended.wait(20)
        return ProgramBusy("busy")

    told = list[bool]()
    result = run(monkeypatch, does, item(1), beat=beat)
    assert (result.left, result.tally) == ((1,), Tally())
