"""What one invocation tells the next, and what nobody else can say in its place."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, cast

import pytest

from ossferry.errors import (
    ChildThrottled,
    FerryError,
    InvalidEvent,
    TargetRefused,
    Unfinished,
)
from ossferry.invocation.handover import HandOver, outcome_name
from ossferry.jobs import BatchJob, Message, TransferJob
from ossferry.names import FOLDER, ObjectName
from ossferry.stop import Stop
from ossferry.urls import Url

MORE_TO_DO = Unfinished("later", progress=True)
WENT_ON = Unfinished("later", progress=True, reused=True)
EVENT = {"source_url": "https://example.com/a", "target_region": "cn-hangzhou"}


class Account:
    """A cloud that remembers what it was to start, or refuses to."""

    request_id = "own-id"

    def __init__(self, refusal: FerryError | None = None) -> None:
        self.started: list[Mapping[str, object]] = []
        self.stop = Stop()
        self._refusal = refusal

    def invoke_later(self, document: Mapping[str, object]) -> None:
        if self._refusal:
            raise self._refusal
        self.started.append(document)


def go_on(handover: HandOver, account: Account, why: Unfinished = MORE_TO_DO) -> dict[str, object]:
    return handover.go_on([EVENT], cast(Any, account), why)


def test_an_event_that_somebody_wrote_is_the_first_of_its_line() -> None:
    """It is passed on as it is."""
    assert HandOver.read(EVENT) == (HandOver(0, "", 0), EVENT)


def test_an_event_that_was_handed_over_says_so() -> None:
    """The rest of it is what somebody wrote."""
    handed = {**EVENT, "handover": [3, "first-id", 1]}
    assert HandOver.read(handed) == (HandOver(3, "first-id", 1), EVENT)
    assert "handover" in handed


@pytest.mark.parametrize(
    "given",
    [
        [],
        [1],
        "1",
        5,
        {},
        [0, "id", 0],
        [-1, "id", 0],
        [1001, "id", 0],
        ["1", "id", 0],
        [1.0, "id", 0],
        [1, 5, 0],
        [1, None, 0],
        [1, "id"],
        [1, "id", "0"],
        [1, "id", -1],
        [1, "id", 2],
        [1, "id", 0, "more"],
        [1, "", 0],
        [1, "x" * 65, 0],
        [1, "-id", 0],
        [1, "../../a", 0],
        [1, "a/b", 0],
        [1, "a.b", 0],
        [1, "a%2Fb", 0],
        [1, "ü", 0],
        [1, "id\n", 0],
    ],
)
def test_anything_else_in_its_place_is_refused(given: object) -> None:
    """With the name of the field, and what to do with it."""
    with pytest.raises(InvalidEvent, match=r"handover.*leave it out"):
        HandOver.read({**EVENT, "handover": given})


def test_the_outcome_is_found_by_the_id_of_the_first_invocation() -> None:
    """Beside the other records, which no trigger copies."""
    assert outcome_name("first-id") == f"{FOLDER}outcomes/first-id.json"


@pytest.mark.parametrize(
    ("before", "why", "after"),
    [
        (HandOver(), MORE_TO_DO, HandOver(1, "own-id", 0)),
        (HandOver(1, "first-id", 0), WENT_ON, HandOver(2, "first-id", 0)),
        (HandOver(3, "first-id", 0), MORE_TO_DO, HandOver(4, "first-id", 1)),
        (HandOver(3, "first-id", 1), WENT_ON, HandOver(4, "first-id", 0)),
    ],
)
def test_the_next_invocation_gets_the_event_and_the_line_that_it_stands_in(
    before: HandOver, why: Unfinished, after: HandOver
) -> None:
    """And whoever asked is told where the outcome of all of them will be."""
    account = Account()
    assert go_on(before, account, why) == {
        "status": "handed_over",
        "handovers": after.number,
        "outcome": outcome_name(after.first_request_id),
    }
    line = [after.number, after.first_request_id, after.fruitless]
    assert account.started == [{**EVENT, "handover": line}]
    assert HandOver.read(account.started[0]) == (after, EVENT)


def test_a_line_that_finds_nothing_to_go_on_with_twice_ends_with_a_clear_error() -> None:
    """Each would begin anew, make progress, and leave an upload behind."""
    account = Account()
    with pytest.raises(Unfinished, match=r"2 invocations in a row found nothing.*timeout"):
        go_on(HandOver(2, "first-id", 1), account, MORE_TO_DO)
    assert account.started == []


class Counting(Account):
    """A cloud whose buckets remember what was written to them, and where they were opened."""

    def __init__(self, refusal: FerryError | None = None) -> None:
        super().__init__()
        self.written: list[tuple[str, str]] = []
        self.refuses = refusal

    def bucket(self, name: ObjectName) -> Counting:
        if self.refuses:
            raise self.refuses
        self.opened = name.bucket
        return self

    def write(self, key: str, content: bytes) -> None:
        self.written.append((self.opened, key))


JOB = TransferJob(Url("https://example.com/a"), ObjectName("cn-hangzhou", "my-bucket", "k"))


def test_what_came_of_a_line_is_written_once_it_has_one() -> None:
    """Whoever asked for the first has the reply itself."""
    cloud = Counting()
    HandOver().tell(JOB, cast(Any, cloud), {})
    assert cloud.written == []
    HandOver(1, "first-id").tell(JOB, cast(Any, cloud), {})
    assert cloud.written == [("my-bucket", ".ossferry/outcomes/first-id.json")]


def test_after_a_stop_the_outcome_is_written_even_of_a_first_invocation() -> None:
    """Nobody gets its reply."""
    cloud = Counting()
    cloud.stop.set()
    HandOver().tell(JOB, cast(Any, cloud), {})
    assert cloud.written == [("my-bucket", ".ossferry/outcomes/own-id.json")]


def test_an_outcome_that_may_not_be_written_is_no_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """An event that somebody wrote can say that it was handed over; its target decides."""
    cloud = Counting(TargetRefused("choose another"))
    HandOver(1, "first-id").tell(JOB, cast(Any, cloud), {})
    assert cloud.written == []
    assert "outcome.not_written" in capsys.readouterr().out


class Choosy(Counting):
    """A cloud in which only some targets may be written; OSS has a word in it, too."""

    def __init__(self, allowed: str, full: str = "") -> None:
        super().__init__()
        self._allowed, self._full = allowed, full

    def bucket(self, name: ObjectName) -> Counting:
        if not re.fullmatch(self._allowed, f"{name.bucket}/{name.key}"):
            raise TargetRefused("choose another")
        return super().bucket(name)

    def write(self, key: str, content: bytes) -> None:
        super().write(key, content)
        if self.opened == self._full:
            raise TargetRefused("AccessDenied")


def batch_to(*targets: str) -> BatchJob:
    """Messages for ``bucket/key``, after one that is none."""
    jobs = []
    for target in targets:
        bucket, _, key = target.partition("/")
        jobs.append(TransferJob(JOB.source, ObjectName("cn-hangzhou", bucket, key)))
    return BatchJob((Message(InvalidEvent("none"), {}), *(Message(job, {}) for job in jobs)))


@pytest.mark.parametrize(
    ("cloud", "written"),
    [
        (Choosy("second/.*"), ["second"]),
        (Choosy("first/in/.*"), ["first"]),
        (Choosy(".*", full="first"), ["first", "second"]),
        (Choosy("nothing"), []),
    ],
)
def test_the_outcome_of_a_batch_goes_beside_the_first_target_that_may_be_written(
    cloud: Choosy, written: list[str]
) -> None:
    """One message that may not be done does not hide what became of the others."""
    job = batch_to("first/out/a", "first/in/a", "second/a", "second/b")
    HandOver(1, "first-id").tell(job, cast(Any, cloud), {})
    assert cloud.written == [(name, outcome_name("first-id")) for name in written]


def test_an_invocation_that_got_nothing_done_starts_no_other() -> None:
    """It would get nothing done either, for ever."""
    account, why = Account(), Unfinished("later")
    with pytest.raises(Unfinished) as raised:
        go_on(HandOver(), account, why)
    assert (raised.value, account.started) == (why, [])


def test_an_invocation_that_was_stopped_starts_no_other() -> None:
    """Or a stop would not be the end of it."""
    account = Account()
    account.stop.set()
    with pytest.raises(Unfinished):
        go_on(HandOver(), account)
    assert account.started == []


def test_a_line_of_invocations_comes_to_an_end() -> None:
    """After the last number that the next one would accept."""
    account = Account()
    go_on(HandOver(999, "first-id"), account)
    with pytest.raises(Unfinished):
        go_on(HandOver(1000, "first-id"), account)
    assert len(account.started) == 1


def test_where_nothing_can_be_started_the_work_is_unfinished(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Which is what whoever asked can act on; why is in the log."""
    with pytest.raises(Unfinished):
        go_on(HandOver(), Account(ChildThrottled("no instance")))
    assert "no instance" in capsys.readouterr().out


def test_what_is_left_may_be_handed_over_in_several_events() -> None:
    """Each has an outcome of its own, and whoever asked is told of all."""
    account = Account()
    reply = HandOver(2, "first-id").go_on([{"n": 1}, {"n": 2}], cast(Any, account), WENT_ON)
    names = [outcome_name("first-id"), outcome_name("first-id-2")]
    assert (reply["outcome"], reply["outcomes"]) == (names[0], names)
    lines = [HandOver.read(event) for event in account.started]
    assert lines == [(HandOver(3, "first-id"), {"n": 1}), (HandOver(3, "first-id-2"), {"n": 2})]


def test_what_is_too_large_to_be_handed_over_says_what_to_do() -> None:
    """And nothing is: whoever asked sends it all again."""
    account = Account()
    with pytest.raises(Unfinished, match=r"later; nor could.*131,072 bytes.*kind bulk") as raised:
        HandOver().go_on([{"n": 1}, {"n": "x" * 200_000}], cast(Any, account), WENT_ON)
    assert (raised.value.progress, raised.value.reused) == (True, True)
    assert account.started == []


def test_what_no_encoding_takes_is_told_as_json_has_it() -> None:
    """An event can say half of a surrogate pair, in a key or a message, and it may be quoted."""
    written: list[bytes] = []

    class Kept(Counting):
        def write(self, key: str, content: bytes) -> None:
            written.append(content)

    outcome = {"error": "\ud800\u00fc"}
    HandOver(1, "first-id").tell(JOB, cast(Any, Kept()), outcome)
    assert [json.loads(each) for each in written] == [outcome]
