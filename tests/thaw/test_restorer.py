"""Asking OSS for many objects, with whatever it answers: against an OSS of raw sockets."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace

import pytest

from ossferry.archived import Restore
from ossferry.errors import OutOfTime, Stopped, TargetRefused
from ossferry.names import ObjectName
from ossferry.stop import Stop
from ossferry.thaw.restorer import Restorer
from ossferry.thaw.wish import Wish
from tests.items.staged import BUCKET, Oss, stage
from tests.peers.scripted import Reply, Request, answer

# What OSS answers to the restore of a key, None for what it does as ever.
Answering = Callable[[str], bytes | None]

ASKED = answer(202)
BUSY = answer(503, b"<Error><Code>SlowDown</Code></Error>")
DENIED = answer(403, b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>")
ANSWERS = {
    "asked": ASKED,
    "extended": answer(200),
    "under_way": answer(409, b"<Error><Code>RestoreAlreadyInProgress</Code></Error>"),
    "not_archived": answer(400, b"<Error><EC>0016-00000702</EC></Error>"),
    "gone": answer(404, b"<Error><Code>NoSuchKey</Code></Error>"),
}


def wish(key: str, target: str | None = None) -> Wish:
    there = ObjectName("cn-hangzhou", BUCKET, target) if target else None
    return Wish(ObjectName("cn-hangzhou", BUCKET, key), Restore(3, None), there)


@contextmanager
def restorer(
    answering: Answering = lambda key: ASKED,
    *,
    oss: Oss | None = None,
    stop: Stop | None = None,
    seconds: float = 60.0,
    **settings: int,
) -> Iterator[tuple[Restorer, Oss]]:
    def first(request: Request, key: str) -> Reply | None:
        said = answering(key) if request.method == "POST" else None
        return None if said is None else Reply(said)

    with stage(replace(oss or Oss(), first=first), **settings) as ours:
        deadline = time.monotonic() + seconds
        made = Restorer(ours.context, ours.settings, stop or Stop(), deadline)
        with closing(made):
            yield made, ours.oss


def test_each_gets_the_answer_to_its_own_wish() -> None:
    """In their order, whichever thread asked; each is sent once."""
    names = [*ANSWERS] * 20
    with restorer(lambda key: ANSWERS[key.partition("/")[2]]) as (ours, oss):
        assert ours.ask([wish(f"{n}/{name}") for n, name in enumerate(names)]) == names
        assert ours.ask([]) == []
        assert Counter(request.target.partition("?")[0] for request in oss.asked("POST")) == {
            f"/{BUCKET}/{n}/{name}": 1 for n, name in enumerate(names)
        }
        assert ours.requests == len(names)


def test_what_oss_refuses_of_one_object_is_its_own_failure() -> None:
    """The others are asked for."""
    refused = answer(400, b"<Error><Code>InvalidArgument</Code></Error>")
    with restorer(lambda key: refused if key == "bad" else ASKED) as (ours, _):
        one, error, other = ours.ask([wish("a"), wish("bad"), wish("b")])
    assert (one, other) == ("asked", "asked")
    assert isinstance(error, TargetRefused)
    assert "InvalidArgument" in error.message


def test_who_may_not_restore_is_told_which_permission_is_missing() -> None:
    """Once, instead of with each object."""
    with (
        restorer(lambda key: DENIED) as (ours, _),
        pytest.raises(TargetRefused, match=f"oss://{BUCKET} was asked.*oss:RestoreObject there$"),
    ):
        ours.ask([wish("a"), wish("b")])


def test_what_may_not_be_restored_of_some_is_their_own_failure() -> None:
    """One bucket allows it, another does not; nor does it end a job of which some was allowed."""
    with restorer(lambda key: DENIED if key == "theirs" else ASKED) as (ours, _):
        for keys in (("a", "theirs"), ("theirs",)):
            *allowed, error = ours.ask([wish(key) for key in keys])
            assert allowed == ["asked"] * (len(keys) - 1)
            assert isinstance(error, TargetRefused)
            assert error.message.endswith("give the function's role oss:RestoreObject there")


def test_while_oss_is_busy_it_is_asked_less() -> None:
    """And the same objects once more, until all are asked for."""
    busy = Counter[str]()

    def first_busy(key: str) -> bytes:
        busy[key] += 1
        return BUSY if busy[key] == 1 else ASKED

    with restorer(first_busy, restores_per_second=200) as (ours, _):
        assert ours.at_once == 200
        assert ours.ask([wish(f"{n}") for n in range(16)]) == ["asked"] * 16
        assert ours.at_once <= 100
    assert {*busy.values()} == {2}


def test_it_keeps_to_what_an_account_may_ask() -> None:
    """However many threads there are."""
    with restorer(restores_per_second=40) as (ours, _):
        began = time.monotonic()
        ours.ask([wish(f"{n}") for n in range(21)])
        assert time.monotonic() - began >= 20 / 40


@pytest.mark.parametrize(
    ("there", "target", "found"),
    [("a", "out/same", "same"), ("a", "out/other", "asked"), ("a", "out/none", "asked")],
)
def test_what_is_at_its_target_already_is_not_restored(there: str, target: str, found: str) -> None:
    """By what OSS says of both; heads are free of restores."""
    oss = Oss(objects={"a": (b"x", {}), "out/same": (b"x", {}), "out/other": (b"y", {})})
    with restorer(oss=oss) as (ours, ours_oss):
        assert ours.ask([wish(there, target)]) == [found]
        assert len(ours_oss.asked("POST")) == (found == "asked")


def test_for_what_is_not_overwritten_nothing_is_restored() -> None:
    """Whatever it is; where nothing is, it is as ever."""
    oss = Oss(objects={"a": (b"x", {}), "out/other": (b"y", {})})
    with restorer(oss=oss) as (ours, ours_oss):
        wishes = [wish("a", target)._replace(keeps=True) for target in ("out/other", "out/none")]
        assert ours.ask(wishes) == ["kept", "asked"]
        assert len(ours_oss.asked("POST")) == 1


def test_a_stop_ends_it_and_so_does_the_deadline() -> None:
    """Without another request."""
    stop = Stop()
    stop.set()
    with restorer(stop=stop) as (ours, oss), pytest.raises(Stopped):
        ours.ask([wish("a")])
    assert not oss.asked("POST")
    with restorer(seconds=-1) as (ours, oss), pytest.raises(OutOfTime):
        ours.ask([wish("a")])
    assert not oss.asked("POST")


@pytest.mark.parametrize("ends", ["stop", "deadline"])
def test_those_that_are_left_then_do_not_wait_for_a_turn_first(ends: str) -> None:
    """At five a second, a hundred would take 20 seconds."""
    stop = Stop()
    seconds = 60.0 if ends == "stop" else 0.5
    with restorer(stop=stop, seconds=seconds, restores_per_second=5) as (ours, _):
        if ends == "stop":
            threading.Timer(0.5, stop.set).start()
        began = time.monotonic()
        with pytest.raises(Stopped if ends == "stop" else OutOfTime):
            ours.ask([wish(f"{n}") for n in range(100)])
        assert time.monotonic() - began < 8


def test_an_object_has_not_failed_because_time_ended() -> None:
    """Who goes on with the job asks for it again."""
    with (
        restorer(lambda key: BUSY, seconds=2.5) as (ours, _),
        pytest.raises(OutOfTime, match=r"while OSS was busy: .*(503|no answer in time)"),
    ):
        ours.ask([wish("a")])
