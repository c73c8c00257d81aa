"""What ``run`` asks for, judged by the function's own parser; and how programs are looked at."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

import pytest

from ossferry.errors import TargetRefused
from ossferry.events.parse import parse
from ossferry.invocation.handover import outcome_name
from ossferry.jobs import AloneJob, BulkJob, FlushJob, ProgramJob
from ossferry.oss.bucket import Bucket
from ossferry.records.attempts import Attempt, attempt_name
from ossferry.settings import Settings
from ossferry_cli.asked.events import described
from ossferry_cli.asked.ids import ID, id_of
from ossferry_cli.asked.programs import Run, Then, is_of_many, parameters_of, program_event
from ossferry_cli.asked.sources import Target
from ossferry_cli.fc.api import FunctionApi
from ossferry_cli.fc.tasks import Task
from ossferry_cli.problems import Misuse
from ossferry_cli.watching.look import Look
from ossferry_cli.watching.programs import Program

OUT = Target("media", "out/")
THEN = Then("shuffle", "40", "oss://media/sets/", 60, {"frames": "5"})


def asked(source: str | None = "oss://media/in/a.mp4", **others: Any) -> Run:
    return Run("transcode", source, others.pop("target", OUT), "cn-hangzhou", **others)


CASES = {
    "one": (asked(parameters={"format": "mov", "text": "a=b", "empty": ""}), ProgramJob),
    "one, then": (asked(then=THEN, source_region="cn-beijing"), ProgramJob),
    "many": (asked("oss://media/in/", many={"exclude": ["a/"], "fail_above": "5%"}), BulkJob),
    "bucket": (asked("oss://other", many={"max_children": 0}), BulkJob),
    "list": (asked(None, list="oss://media/a.txt", many={"dry_run": True}), BulkJob),
    "alone": (asked(None), AloneJob),
    "alone, no target": (asked(None, target=None), AloneJob),
    "flush": (asked(None, flush=True, then=THEN), FlushJob),
}


@pytest.mark.parametrize("case", sorted(CASES))
def test_events_are_what_the_function_takes(case: str) -> None:
    """Each way of asking; what is one keeps its reply, and only many are a job with a head."""
    run, kind = CASES[case]
    event = program_event(run)
    job = parse(event, Settings(), "cn-hangzhou")
    assert isinstance(job, kind)
    assert getattr(job, "report") == (kind is not BulkJob)  # noqa: B009 - of four kinds
    assert is_of_many(event) == run.is_many == (kind is BulkJob) == ("report" not in event)
    assert ID.fullmatch(id_of(event))
    assert described(event).startswith(("transcode", "flush of transcode"))


def test_then_of_many_is_sent() -> None:
    """A number, or all of a job."""
    for when, sent in (("40", 40), ("all", "all")):
        event = program_event(asked("oss://media/in/", then=THEN._replace(when=when)))
        assert event["then"] == {
            "program": "shuffle",
            "when": sent,
            "target": "oss://media/sets/",
            "target_region": "cn-hangzhou",
            "max_wait": 60,
            "parameters": {"frames": "5"},
        }


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (asked("https://example.org/a"), "is no object"),
        (asked(many={"exclude": ["a"]}), "--exclude is for many"),
        (asked(then=THEN._replace(when="all")), "--when all is for a prefix or a list"),
        (asked(then=THEN._replace(when="some")), "then: when must be a whole number"),
        (asked(then=THEN._replace(target=None)), "--then-target"),
        (asked(None, then=THEN), "--then is for what is made of objects"),
        (asked(None, target=None, flush=True), "needs the target"),
        (asked("oss://media/out/a/"), "lie in each other"),
        (asked(parameters={"Format": "x"}), "not allowed"),
        (asked()._replace(program="A b"), "a name of small letters"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_sent(run: Run, words: str) -> None:
    """In one sentence."""
    with pytest.raises(Misuse, match=words):
        program_event(run)


def test_a_parameter_is_a_text() -> None:
    """All that is behind the first =."""
    assert parameters_of(("a=1", "b=x=y"), "-p") == {"a": "1", "b": "x=y"}


AT = 1000.0  # when the task started
SOURCE = {"program": "transcode", "source": "oss://media/in/a.mp4", "target": "oss://media/out/"}


class Api:
    """Function Compute that knows one task."""

    def __init__(self, task: Task) -> None:
        self._task = task

    def task(self, task_id: str) -> Task:
        return self._task


class Oss:
    """A bucket with some small objects; None may not be read."""

    def __init__(self, objects: Mapping[str, tuple[bytes, float]] | None) -> None:
        self._objects = objects

    def _all(self) -> Mapping[str, tuple[bytes, float]]:
        if self._objects is None:
            raise TargetRefused("you have no right to it")
        return self._objects

    def names(self, prefix: str) -> list[tuple[str, float]]:
        return [(name, at) for name, (_, at) in self._all().items() if name.startswith(prefix)]

    def read(self, key: str) -> tuple[bytes, float] | None:
        return self._all().get(key)


def look(
    status: str,
    objects: Mapping[str, tuple[bytes, float]] | None,
    event: Mapping[str, Any] = SOURCE,
) -> Look:
    task = Task("id", status, "no video" if status == "Failed" else "", "", "request", AT)
    return Program(cast(FunctionApi, Api(task)), cast(Bucket, Oss(objects)), "id", event).look()


def receipt(name: str, source: str, progress: float, at: float) -> dict[str, tuple[bytes, float]]:
    attempt = Attempt("mark", "transcode", source, "running", progress)
    return {attempt_name(name, "mark"): (attempt.encode(), at)}


def outcome(**reply: Any) -> dict[str, tuple[bytes, float]]:
    return {outcome_name("request"): (json.dumps(reply).encode(), AT)}


def test_progress_is_that_of_its_own_receipt() -> None:
    """Neither of another object's nor of an attempt before."""
    there = {
        **receipt("a", "oss://media/in/b.mp4", 0.9, AT + 9),
        **receipt("b", "oss://media/in/a.mp4", 0.8, AT - 90),
        **receipt("c", "oss://media/in/a.mp4", 0.4, AT + 5),
    }
    seen = look("Running", there)
    assert (seen.share, seen.phase, seen.ended) == (0.4, "running", None)
    assert look("Running", {}).phase == "at work"
    assert "progress cannot be read" in look("Running", None).trouble


def test_an_end_is_that_of_the_task_with_the_reply_that_was_kept() -> None:
    """An error that was kept is that of an attempt before one that succeeded."""
    done = look("Succeeded", outcome(status="unchanged", program="transcode")).ended
    assert done
    assert (done.status, done.exit_code) == ("unchanged", 0)
    for objects in ({}, outcome(error_type="ProgramBusy", error="later"), None):
        ended = look("Succeeded", objects).ended
        assert ended
        assert (ended.status, ended.exit_code) == ("done", 0)
    failed = look("Failed", outcome(error_type="ProgramFailed", error="old")).ended
    assert failed
    assert (failed.error, failed.exit_code) == ("no video", 1)
    stopped = look("Stopped", outcome(error_type="Stopped", error="it was stopped")).ended
    assert stopped
    assert (stopped.status, stopped.error) == ("stopped", "it was stopped")
