"""When a copy has ended, and how: by its task, its record, its outcome and the object."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest

from ossferry.entries import Entry, ObjectInfo, Page
from ossferry.errors import TargetRefused
from ossferry.invocation.handover import outcome_name
from ossferry.names import UPLOAD_MARK
from ossferry.oss.bucket import Bucket
from ossferry.records.record import Record, folder_of
from ossferry_cli.fc.api import FunctionApi
from ossferry_cli.fc.tasks import Task
from ossferry_cli.problems import Problem
from ossferry_cli.watching.look import Ended
from ossferry_cli.watching.transfers import Transfer

KEY = "images/a"
RECORD = f"{folder_of(KEY)}0-1.json"
OUTCOME = outcome_name("request")
AT = 1000.0  # when the task started
CLOSED = -1.0  # the time of a bucket that the user may not read


class Api:
    """Function Compute that knows one task, and what goes on with it."""

    def __init__(self, task: Task | None, *later: Task) -> None:
        self._task, self._later = task, later

    def task(self, task_id: str) -> Task | None:
        return self._task

    def going_on(self, request_id: str) -> list[Task]:
        return [*self._later]


class Oss:
    """A bucket with some small objects, by name: content and date."""

    name = "my-bucket"

    def __init__(self, objects: dict[str, tuple[bytes, float]], now: float = AT) -> None:
        self._objects, self._now = objects, now

    def names(self, prefix: str) -> list[tuple[str, float]]:
        if self._now == CLOSED:
            raise TargetRefused("you have no right to list it")
        return [(name, at) for name, (_, at) in self._objects.items() if name.startswith(prefix)]

    def read(self, key: str) -> tuple[bytes, float] | None:
        return self._objects.get(key)

    def now(self) -> float:
        return self._now

    def list_parts(self, key: str, upload_id: str) -> dict[int, Any]:
        raise TargetRefused("the user may not")

    def page(self, prefix: str, after: str, most: int) -> Page:
        found = [(name, len(content), at) for name, (content, at) in self._objects.items()]
        entries = [Entry(n, s, '"e"', at, "Standard", "Normal", "") for n, s, at in found]
        return Page(tuple(each for each in entries if each.key.startswith(prefix))[:most], False)

    def head(self, key: str) -> ObjectInfo:
        return ObjectInfo(1, "e", None, {UPLOAD_MARK: "new"})


def look(task: Task, objects: dict[str, tuple[bytes, float]], *later: Task, **seen: Any) -> Any:
    before = seen.pop("before", None)
    api, oss = cast(FunctionApi, Api(task, *later)), cast(Bucket, Oss(objects, **seen))
    transfer = Transfer(api, oss, "id", {"target_object_name": KEY})
    transfer.before = before
    return transfer.look()


def task(status: str, error: str = "") -> Task:
    return Task("id", status, error, "SourceGone" * bool(error), "request", AT, AT + 5)


def outcome(**reply: object) -> dict[str, tuple[bytes, float]]:
    return {OUTCOME: (json.dumps(reply).encode(), AT + 3)}


SUCCEEDED = task("Succeeded")
RUNNING = {RECORD: (Record(KEY, 500, 100, "upload").encode(), AT + 2)}


@pytest.mark.parametrize(
    ("written", "mark", "status"),
    [
        (AT + 2, None, "copied"),
        (AT - 2, None, "unchanged"),
        (AT, "new", "unchanged"),
        (AT, "old", "copied"),
    ],
)
def test_what_came_of_it_is_told_by_the_object(
    written: float, mark: str | None, status: str
) -> None:
    """By its date, and by what it was before, where somebody looked."""
    ended = look(SUCCEEDED, {KEY: (b"x" * 7, written)}, before=mark).ended
    assert (ended.status, ended.reply["object"]["size"], ended.exit_code) == (status, 7, 0)


def test_a_task_that_has_handed_over_is_not_the_end() -> None:
    """As long as its record is written now and then; nobody is waited for in vain."""
    assert look(SUCCEEDED, RUNNING).ended is None
    assert look(SUCCEEDED, RUNNING).total == 500
    assert look(SUCCEEDED, RUNNING, now=AT + 3600).ended.status == "lost"
    done = outcome(status="copied", object={"bucket": "b", "key": KEY, "size": 500})
    ended = look(SUCCEEDED, {**RUNNING, **done})
    assert (ended.ended.status, ended.done, ended.total) == ("copied", 500, 500)


def test_an_error_is_the_end_only_if_nobody_tries_again() -> None:
    """Function Compute does, and the next attempt overwrites what was written."""
    failed = outcome(error_type="SourceBusy", error="it is busy")
    assert look(SUCCEEDED, {**RUNNING, **failed}, task("Retrying")).ended is None
    ended = look(SUCCEEDED, {**RUNNING, **failed}).ended
    assert ended == Ended("failed", ended.reply, "SourceBusy", "it is busy")
    assert ended.exit_code == 1


def test_what_is_tried_again_says_why() -> None:
    """Before it is the end."""
    assert look(task("Retrying", "it is gone"), {}).trouble == "it is gone"
    ended = look(task("Failed", "it is gone"), {}).ended
    assert (ended.status, ended.error_type, ended.error) == ("failed", "SourceGone", "it is gone")
    assert look(task("Stopped"), {}).ended.status == "stopped"


def test_without_rights_in_the_bucket_the_task_tells_the_end() -> None:
    """And why there is no progress."""
    seen = look(task("Running"), {}, now=CLOSED)
    assert (seen.ended, "no right" in seen.trouble) == (None, True)
    assert look(SUCCEEDED, {}, task("Running"), now=CLOSED).ended is None
    assert look(SUCCEEDED, {}, now=CLOSED).ended.exit_code == 0
    assert look(task("Failed", "it is gone"), {}, now=CLOSED).ended.error == "it is gone"


def test_records_of_others_do_not_count() -> None:
    """Those that were there before this one began."""
    old = {RECORD: (RUNNING[RECORD][0], AT - 100)}
    assert look(task("Running"), old).total is None


def test_no_task_at_all_is_a_sentence() -> None:
    """That names what may be missing."""
    transfer = Transfer(
        cast(FunctionApi, Api(None)), cast(Bucket, Oss({})), "id", {"target_object_name": KEY}
    )
    with pytest.raises(Problem, match="task mode"):
        transfer.look()
