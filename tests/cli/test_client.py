"""The client that the command is built on, without a cloud: what is asked, how it ends."""

from __future__ import annotations

import ast
import json
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import ossferry_cli
from ossferry.errors import TargetRefused
from ossferry_cli import Ended, Ferry, Misuse, NotEnded, Problem, Task, TaskFailed, Then
from ossferry_cli.asked.events import Wanted
from ossferry_cli.asked.programs import Run
from ossferry_cli.asked.sources import target_of
from ossferry_cli.asked.submit import Submitted
from ossferry_cli.client.sending import Sending
from ossferry_cli.fc.api import FunctionApi
from ossferry_cli.fc.tasks import Task as FcTask
from ossferry_cli.function import Function, Keys
from tests.cli.running import environ
from tests.localcloud.config import REPOSITORY

FUNCTION = Function(
    *("cn-hangzhou", "1", "ossferry", None, None, "http://127.0.0.1:1", {}),
    *(Keys("id", "very-secret"), None, True),
)
URL = "https://user:s3cr3t@example.org/file.iso?Signature=s3cr3t"
TARGET = "oss://my-bucket/a/"
PROGRAM = {"kind": "program", "program": "nightly"}


class Api(FunctionApi):
    """Function Compute that knows tasks as they are one after the other, and replies the event."""

    def __init__(self, *states: FcTask) -> None:
        super().__init__(FUNCTION)
        self._states = [*states]
        self.stopped: list[str] = []
        self.sent: list[dict[str, Any]] = []

    def invoke(self, event: bytes) -> dict[str, Any]:
        self.sent.append(json.loads(event))
        return {"status": "dry_run", "items": 1}

    def submit(self, event: bytes, task_id: str) -> str | None:
        self.sent.append(json.loads(event))
        return "request"

    def task(self, task_id: str) -> FcTask | None:
        return self._states.pop(0) if len(self._states) > 1 else next(iter(self._states), None)

    def tasks(self, prefix: str = "", status: str = "") -> Iterator[FcTask]:
        return iter(self._states)

    def stop(self, task_id: str) -> None:
        self.stopped.append(task_id)


def ferry(api: Api | None = None) -> Ferry:
    found = Ferry.choosing(lambda: FUNCTION)
    found.__dict__["_api"] = api or Api()
    return found


def state(status: str, error: str = "", kind: str = "") -> FcTask:
    return FcTask("nightly-1", status, error, kind, "request", 1.0, event=PROGRAM)


def test_it_comes_when_it_is_asked_for() -> None:
    """Neither the package nor the help imports what it needs; other names are none."""
    program = (
        "import sys, ossferry_cli\n"
        "assert 'requests' not in sys.modules and 'ossferry' not in sys.modules\n"
        "from ossferry_cli import Ferry\n"
        "assert 'click' not in sys.modules and 'rich' not in sys.modules\n"
        "print(Ferry('mine', region='cn-beijing', local=True))\n"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=environ(), capture_output=True, text=True, check=True)
    assert done.stdout == "Ferry(mine, cn-beijing, local)\n"
    assert all(getattr(ossferry_cli, name) for name in ossferry_cli.__all__)
    with pytest.raises(AttributeError, match="Feery"):
        ossferry_cli.Feery  # type: ignore[attr-defined] # noqa: B018


def test_it_neither_prints_nor_reads_nor_ends_anything() -> None:
    """What does is the command's."""
    for path in (REPOSITORY / "src/ossferry_cli/client").glob("*.py"):
        tree = ast.parse(path.read_text())
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        assert not names & {"print", "input", "say", "sys", "click"}, path


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda each: each.copy("file.iso", TARGET), "no source"),
        (lambda each: each.copy("-", TARGET), "no source"),
        (lambda each: each.copy("@file", TARGET), "no source"),
        (lambda each: each.copy(URL, "my-bucket"), "no target"),
        (lambda each: each.copy(None, TARGET, list="/no/such/file"), "cannot be read"),
        (lambda each: each.copy(None, TARGET, list=b" "), "is empty"),
        (lambda each: each.plan(None, list=Path("-")), "cannot be read"),
        (lambda each: each.run("x", "https://example.org"), "no function"),
        (lambda each: each.sweep("oss://my-bucket/x"), "all of a bucket"),
    ],
)
def test_a_mistake_is_noticed_before_anything_is_looked_up(
    ask: Callable[[Ferry], Any], words: str
) -> None:
    """Also nothing is read from standard input."""
    with pytest.raises(Problem, match=words) as caught:
        ask(Ferry.choosing(lambda: (_ for _ in ()).throw(Misuse("no function"))))
    assert isinstance(caught.value, Misuse)
    assert "s3cr3t" not in str(caught.value)


def test_fields_that_do_not_go_together_are_a_misuse() -> None:
    """As of the command."""
    here = ferry()
    with pytest.raises(Misuse, match="--days is for --thaw"):
        here.copy(URL, TARGET, days=2)
    with pytest.raises(Misuse, match="needs a prefix"):
        here.copy([URL, URL], "oss://my-bucket/a")
    with pytest.raises(Misuse, match="--flush needs the target"):
        here.run("x", flush=True)


def test_a_dry_run_is_a_task_that_has_ended() -> None:
    """It tells its reply, and there is nothing to stop; one pattern is not its letters."""
    api = Api()
    task = ferry(api).copy("oss://my-bucket/in", TARGET, bulk=True, include="*.gz", dry_run=True)
    [event] = api.sent
    assert (event["dry_run"], event["include"]) == (True, ["*.gz"])
    assert (task.id, task.wait().reply["items"], task.kind) == ("", 1, "job")
    assert [look.look.ended for look in task.watch()] == [task.ended()]
    with pytest.raises(Problem, match="leave dry_run out"):
        task.stop()
    assert repr(task) == f"Task(dry run: oss://my-bucket/in to {TARGET})"


def test_then_is_a_value() -> None:
    """With a number as one."""
    api = Api()
    then = Then("shuffle", 40, "oss://my-bucket/sets/", 60, {"frames": "5"})
    ferry(api).run("cut", "oss://my-bucket/in/", TARGET, then=then, dry_run=True)
    assert (api.sent[0]["then"]["when"], api.sent[0]["then"]["max_wait"]) == (40, 60)


def test_a_task_is_watched_to_its_end() -> None:
    """Looks, and then how it ended."""
    api = Api(state("Enqueued"), state("Succeeded"))
    task = ferry(api).run("nightly")
    assert (task.attached, task.what) == (False, "nightly")
    assert [look.look.state for look in task.watch()] == ["Enqueued", "Succeeded"]
    assert task.wait() == task.ended() == Ended("done", {"status": "done", "program": "nightly"})


def test_a_failure_is_raised_with_the_functions_own_words() -> None:
    """By ``wait`` alone; it can be sent to another process."""
    task = ferry(Api(state("Failed", "it has no disk", "ProgramFailed"))).run("nightly")
    seen: list[str] = []
    with pytest.raises(TaskFailed, match="it has no disk") as caught:
        task.wait(lambda look: seen.append(look.look.state))
    assert seen == ["Failed"]
    failed = pickle.loads(pickle.dumps(caught.value))
    assert (failed.id, failed.error_type, failed.ended.status) == (
        task.id,
        "ProgramFailed",
        "failed",
    )
    assert [look.look.ended for look in task.watch()] == [task.ended()] == [failed.ended]


def test_what_goes_on_is_stopped_and_attached_to() -> None:
    """By the beginning of its id; what needs an end says so."""
    api = Api(state("Running"))
    task = ferry(api).task("night")
    with pytest.raises(NotEnded):
        task.ended()
    with pytest.raises(NotEnded):
        task.report()
    with pytest.raises(Problem, match="one program"):
        task.again()
    assert (task.resume().attached, task.resume().id) == (True, "nightly-1")
    task.stop()
    assert api.stopped == ["nightly-1"]
    assert api.sent == []


def test_no_repr_has_a_secret() -> None:
    """Neither of what was asked, nor of who asks."""
    event = {"source_url": URL, "target_bucket_name": "my-bucket", "target_object_name": "a"}
    task = Task(FUNCTION, Api(), Submitted("a-1", event))
    assert repr(task) == "Task(a-1: https://example.org/file.iso to oss://my-bucket/a)"
    wanted = Wanted((URL,), target_of("oss://my-bucket/a"), "cn-hangzhou", headers={"A": "s3cr3t"})
    run = Run("x", None, None, "cn-hangzhou", parameters={"word": "s3cr3t"})
    asked = Submitted("a-1", event)
    values = (ferry(), asked, task._known, Sending(event, False, None, ""), wanted, run)
    assert not [each for each in map(repr, values) if "s3cr3t" in each or "very-secret" in each]


def test_errors_of_readers_are_problems() -> None:
    """With their own sentence."""

    def refused() -> Function:
        raise TargetRefused("you may not")

    with pytest.raises(Problem, match="you may not"):
        Ferry.choosing(refused).list()
