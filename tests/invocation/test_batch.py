"""Batches: what becomes of each message, what is sent on, and what is left when time is up."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Any, cast

import pytest

from ossferry.cloud import fitting
from ossferry.errors import (
    BatchFailed,
    ChildRefused,
    FerryError,
    InvalidEvent,
    OutOfTime,
    SourceChanged,
    SourceGone,
    SourceUnavailable,
    Stopped,
    TargetRefused,
    Unfinished,
)
from ossferry.invocation.batch import Batch, Hear
from ossferry.jobs import BatchJob, Job, Message, TransferJob
from ossferry.names import ObjectName
from ossferry.stop import Stop
from ossferry.urls import Url

Outcome = Exception | str
DONE = "copied"
GONE = SourceGone("nothing is there")
LATE = OutOfTime("time is up")
STOP = "copied while the function is stopped"
STOPPED = SourceGone("the stop cut the connection")
STOPPED_LATE = OutOfTime("the stop ended the copying")


class Account:
    """A cloud that remembers what it was to start, or refuses the first of it."""

    def __init__(self, refusals: int = 0, last_call: float = 60.0) -> None:
        self.deadline = time.monotonic() + 60
        self.last_call = time.monotonic() + last_call
        self.stop = Stop()
        self.started: list[object] = []
        self.errors: dict[str, object] = {}
        self._refusals = refusals

    def invoke_later(self, document: Mapping[str, object]) -> None:
        self._refusals -= 1
        if self._refusals >= 0:
            raise ChildRefused("no permission")
        self.started.append(document["name"])
        self.errors[str(document["name"])] = document.get("final")


def job(key: str) -> TransferJob:
    return TransferJob(Url("http://h/"), ObjectName("cn-hangzhou", "my-bucket", key))


def nothing(_jobs: Mapping[int, TransferJob], _hear: Hear) -> None:
    """Many at once, none of which it is certain of."""


def many(outcomes: Mapping[str, FerryError | str | None]) -> Callable[..., None]:
    """Many at once, of which these become something."""

    def copy(jobs: Mapping[int, TransferJob], hear: Hear) -> None:
        for place, asked in sorted(jobs.items(), reverse=True, key=itemgetter(0)):
            outcome = outcomes.get(asked.target.key)
            if outcome is not None:
                hear(place, {"status": outcome} if isinstance(outcome, str) else outcome)

    return copy


def batch(
    outcomes: Mapping[str, Outcome], account: Account, many: Callable[..., None] = nothing
) -> Batch:
    """A batch of messages by name, each with what is to become of it one by one."""

    def do(asked: Job) -> dict[str, object]:
        assert asked.target is not None
        outcome = outcomes[asked.target.key]
        if outcome in (STOP, STOPPED, STOPPED_LATE):
            account.stop.set()
        if isinstance(outcome, Exception):
            raise outcome
        return {"status": outcome}

    messages = tuple(
        Message(outcome if isinstance(outcome, InvalidEvent) else job(name), {"name": name}, 10 + n)
        for n, (name, outcome) in enumerate(outcomes.items())
    )
    return Batch(BatchJob(messages, ignored=2), do, many, cast(Any, account))


def left(found: Batch) -> list[str]:
    return [message["name"] for event in found.rest for message in cast(Any, event["messages"])]


def test_each_message_is_told_of_in_order() -> None:
    """As its own reply, with its place and its key; what asked for nothing is counted."""
    found = batch({"a": "copied", "b": "unchanged"}, Account()).run()
    assert found == {
        "status": "done",
        "messages": [
            {"index": 10, "key": "a", "status": "copied"},
            {"index": 11, "key": "b", "status": "unchanged"},
        ],
        "ignored": 2,
    }


def test_a_batch_of_nothing_is_done() -> None:
    """Events that all are of another kind, say."""
    assert batch({}, Account()).run()["messages"] == []


@pytest.mark.parametrize("error", [GONE, InvalidEvent("no job"), LATE, Unfinished("later")])
def test_a_message_that_is_alone_fails_as_itself(error: FerryError) -> None:
    """FC retries it and reports it; sending it on would go round for ever."""
    account = Account()
    with pytest.raises(type(error)) as raised:
        batch({"a": error}, account).run()
    assert raised.value is error
    assert account.started == []


def test_a_message_that_fails_is_sent_on_and_stops_no_other() -> None:
    """It is FC's from then on, with retries and a failure destination of its own."""
    account = Account()
    bad = InvalidEvent("no job")
    found = batch({"a": DONE, "bad": bad, "gone": GONE, "z": DONE}, account)
    reply = cast(Any, found.run())
    assert account.started == ["bad", "gone"]
    assert reply["status"] == "done"
    assert reply["messages"] == [
        {"index": 10, "key": "a", "status": "copied"},
        {
            "index": 11,
            "status": "failed",
            "error_type": "InvalidEvent",
            "error": "no job",
            "resent": True,
        },
        {
            "index": 12,
            "key": "gone",
            "status": "failed",
            "error_type": "SourceGone",
            "error": "nothing is there",
            "resent": True,
        },
        {"index": 13, "key": "z", "status": "copied"},
    ]


@pytest.mark.parametrize(
    ("error", "final"),
    [
        (GONE, True),
        (InvalidEvent("no job"), True),
        (TargetRefused("no permission"), True),
        (SourceUnavailable("too many connections"), False),
        (SourceChanged("it grew"), False),
        (LATE, False),
        (ValueError("nobody foresaw it"), False),
    ],
)
def test_what_cannot_succeed_is_sent_on_with_its_error(error: Exception, final: bool) -> None:
    """It is reported without being tried; what may pass is tried by FC, alone."""
    account = Account()
    reply = cast(Any, batch({"a": error, "b": DONE}, account).run())
    assert [each["status"] for each in reply["messages"]] == ["failed", "copied"]
    sent = cast(Any, account.errors["a"])
    assert (sent is not None) is final
    if final:
        assert sent[:2] == [type(error).__name__, str(error)]


def test_what_nobody_foresaw_stops_no_other_message_either() -> None:
    """A message that hits a fault of ours must not take the batch with it, time after time."""
    account = Account()
    reply = cast(Any, batch({"a": ValueError("C4n4ry"), "b": DONE}, account).run())
    first, second = reply["messages"]
    assert (first["error_type"], second["status"]) == ("InternalError", "copied")
    assert "C4n4ry" not in str(reply)
    assert account.started == ["a"]


def test_a_message_that_cannot_be_sent_on_fails_the_batch_after_all_others() -> None:
    """Whoever sent the batch sends it again; what is done by then is found to be done."""
    account = Account(refusals=1)
    found = batch({"a": GONE, "b": GONE, "c": DONE}, account)
    told = r"1 of 3 messages.*on: message 10: SourceGone: nothing is there"
    with pytest.raises(BatchFailed, match=told):
        found.run()
    assert account.started == ["b"]
    assert [reply["status"] for reply in found.replies] == ["failed", "failed", "copied"]


@pytest.mark.parametrize("late", [LATE, Unfinished("later")])
def test_what_is_left_when_time_is_up_is_what_nothing_has_become_of(late: OutOfTime) -> None:
    """A message that came late had only the time that others left, so it has not failed."""
    found = batch({"a": DONE, "late": late, "c": DONE}, Account())
    with pytest.raises(Unfinished) as raised:
        found.run()
    assert raised.value.progress
    assert raised.value.reused
    assert left(found) == ["late", "c"]
    assert found.replies == [{"index": 10, "key": "a", "status": "copied"}]


def test_no_message_is_begun_after_the_last_call() -> None:
    """The first is, because nobody else would leave it more time."""
    found = batch({"a": DONE, "b": DONE, "c": DONE}, Account(last_call=-1))
    with pytest.raises(Unfinished) as raised:
        found.run()
    assert raised.value.progress
    assert left(found) == ["b", "c"]


@pytest.mark.parametrize(
    "late",
    [LATE, Unfinished("later"), Unfinished("later", progress=True, reused=True)],
    ids=["nothing is kept", "no progress", "progress"],
)
def test_a_first_message_that_takes_all_the_time_goes_on_alone(late: OutOfTime) -> None:
    """It has had as much as there is: whatever becomes of it, those behind it are done."""
    account = Account()
    found = batch({"long": late, "b": DONE}, account)
    first, second = cast(Any, found.run())["messages"]
    assert (first["error_type"], first["resent"]) == (late.type, True)
    assert second["status"] == "copied"
    assert account.started == ["long"]


def test_those_behind_a_message_that_takes_all_the_time_are_handed_over() -> None:
    """Without it, so that nothing stands before them time after time."""
    account = Account(last_call=-1)
    found = batch({"long": Unfinished("later"), "b": DONE, "c": DONE}, account)
    with pytest.raises(Unfinished) as raised:
        found.run()
    assert (raised.value.progress, raised.value.reused) == (True, True)
    assert (account.started, left(found)) == (["long"], ["b", "c"])


def test_what_could_not_be_sent_on_is_left_as_well() -> None:
    """The next invocation tries both again, and only progress leads to one."""
    found = batch({"a": GONE, "b": DONE, "c": LATE}, Account(refusals=1))
    with pytest.raises(Unfinished) as raised:
        found.run()
    assert left(found) == ["a", "c"]
    assert raised.value.progress

    found = batch({"a": GONE, "b": LATE}, Account(refusals=9))
    with pytest.raises(BatchFailed):
        found.run()


@pytest.mark.parametrize("outcome", [Stopped("now"), STOPPED, STOPPED_LATE, STOP])
@pytest.mark.parametrize("before", [{}, {"a": DONE}], ids=["first", "later"])
def test_a_stop_ends_the_batch(outcome: Outcome, before: Mapping[str, Outcome]) -> None:
    """Somebody wants it to end: nothing is sent on, handed over or begun any more."""
    account = Account()
    found = batch({**before, "b": outcome, "c": GONE, "d": DONE}, account)
    with pytest.raises(type(outcome) if isinstance(outcome, Exception) else Stopped) as raised:
        found.run()
    assert not isinstance(raised.value, Unfinished)
    assert account.started == []


# Many at once.


def statuses(found: Batch) -> list[object]:
    return [reply["status"] for reply in found.replies]


def test_what_was_done_at_once_is_not_done_again() -> None:
    """It is told of in the order of the messages, and what is left is done one by one."""
    outcomes: dict[str, Outcome] = {"a": GONE, "b": DONE, "c": GONE, "d": DONE}
    found = batch(outcomes, Account(), many({"c": "unchanged", "a": "copied"}))
    reply = cast(Any, found.run())
    assert [(each["index"], each["key"], each["status"]) for each in reply["messages"]] == [
        (10, "a", "copied"),
        (11, "b", "copied"),
        (12, "c", "unchanged"),
        (13, "d", "copied"),
    ]


def test_what_failed_at_once_for_certain_is_sent_on_and_not_tried_again() -> None:
    """As what fails one by one is."""
    account = Account()
    found = batch({"a": DONE, "b": DONE}, account, many({"b": GONE}))
    found.run()
    assert (statuses(found), account.started) == (["copied", "failed"], ["b"])
    assert cast(Any, account.errors["b"])[:2] == ["SourceGone", "nothing is there"]


def test_what_is_done_at_once_is_in_no_rest() -> None:
    """Wherever it stands; what only failed is, because it is not sent on yet."""
    account = Account(last_call=-1)
    found = batch(
        {name: DONE for name in "abcde"}, account, many({"b": "copied", "d": GONE, "e": "x"})
    )
    with pytest.raises(Unfinished) as raised:
        found.run()
    assert raised.value.progress
    assert left(found) == ["a", "c", "d"]
    assert [each["key"] for each in found.replies] == ["b", "e"]


def test_a_stop_after_many_were_done_leaves_the_others_alone() -> None:
    """Nothing is begun, nor sent on."""
    account = Account()

    def stopping(jobs: Mapping[int, TransferJob], hear: Hear) -> None:
        many({"a": DONE, "b": GONE})(jobs, hear)
        account.stop.set()

    with pytest.raises(Stopped):
        batch({"a": DONE, "b": DONE, "c": DONE}, account, stopping).run()
    assert account.started == []


def test_what_breaks_many_at_once_is_no_end_of_the_batch(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The others are done one by one; what is done is not done again."""

    def breaking(jobs: Mapping[int, TransferJob], hear: Hear) -> None:
        many({"a": "at once"})(jobs, hear)
        raise RuntimeError("can't start new thread C4n4ry")

    found = batch({"a": DONE, "b": DONE}, Account(), breaking)
    found.run()
    assert statuses(found) == ["at once", "copied"]
    told = capsys.readouterr().out
    assert "batch.one_by_one" in told
    assert "C4n4ry" not in told


@pytest.mark.parametrize("outcomes", [{"a": DONE}, {"a": DONE, "bad": InvalidEvent("no job")}])
def test_one_small_transfer_is_done_as_one(outcomes: Mapping[str, Outcome]) -> None:
    """What copies many at once would only have to be loaded."""

    def never(*_: object) -> None:
        raise AssertionError

    found = batch(outcomes, Account(), never)
    found.run()
    assert statuses(found)[0] == "copied"


def test_a_message_that_is_too_large_to_be_sent_on_says_what_to_do() -> None:
    """In the error of the batch, whose sender can make a list of it."""

    class Small(Account):
        def invoke_later(self, document: Mapping[str, object]) -> None:
            fitting({**document, "field": "x" * 200_000})

    with pytest.raises(BatchFailed, match=r"message 10: SourceGone.*131,072 bytes.*list in OSS"):
        batch({"a": GONE, "b": DONE}, Small()).run()
