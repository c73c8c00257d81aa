"""Shows what was asked for to its end, or leaves it running: what cp, run, again, resume, thaw and
status have in common."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn

from ..client.task import Task, TaskFailed
from ..options import Which
from ..problems import DONE, INTERRUPTED
from ..say import say
from ..showing.line import end_of
from ..showing.screen import Screen, told
from ..watching.look import Ended
from ..watching.progress import Progress


def attend(task: Task, screen: Screen, which: Which, *, detach: bool) -> NoReturn:
    """Ends the command, with the exit code that tells how it ended."""
    with _left_running(task.id, which) as heard:
        screen.started(task.id, task.what, attached=task.attached)
        if detach:
            screen.left(task.id)
            sys.exit(DONE)
        _watch(task, screen, which, heard)


def watch(task: Task, screen: Screen, which: Which) -> NoReturn:
    with _left_running(task.id, which) as heard:
        _watch(task, screen, which, heard)


def _watch(task: Task, screen: Screen, which: Which, heard: Callable[[], None]) -> NoReturn:
    with screen:
        ended = _followed(task, screen, heard)
    screen.finished(task.id, task.what, ended)
    if ended.reply.get("failed") and "report" in ended.reply:
        said = where(which)
        say(
            f"Which items failed: ossferry report {task.id}{said}\n"
            f"To do them again: ossferry again {task.id}{said}",
            err=True,
        )
    sys.exit(ended.exit_code)


def _followed(task: Task, screen: Screen, heard: Callable[[], None]) -> Ended:
    def show(progress: Progress) -> None:
        screen.show(progress)
        heard()

    try:
        return task.wait(show)
    except TaskFailed as failed:
        return failed.ended


def rehearsed(task: Task, as_json: bool) -> Ended:
    """What would be done, which a dry run has told."""
    ended = task.ended()
    if as_json:
        print_json(told(ended))
    else:
        say(end_of(ended, task.what))
    return ended


@contextmanager
def _left_running(task_id: str, which: Which) -> Iterator[Callable[[], None]]:
    """Ctrl-C ends the looking, and not what is looked at; what is given ends it, too, where Python
    has dropped the interruption, because it came while an object was finalised."""
    pressed: list[int] = []

    def press(number: int, _: object) -> None:
        pressed.append(number)
        raise KeyboardInterrupt

    def heard() -> None:
        if pressed:
            raise KeyboardInterrupt

    usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    try:
        if usual:
            signal.signal(signal.SIGINT, press)
        yield heard
    except KeyboardInterrupt:
        said = where(which)
        say(
            f"\nIt goes on without you. To look at it again: ossferry status {task_id} --wait"
            f"{said}\nTo end it: ossferry stop {task_id}{said}",
            err=True,
        )
        sys.exit(INTERRUPTED)
    finally:
        if usual:
            signal.signal(signal.SIGINT, signal.default_int_handler)


def where(which: Which) -> str:
    """The options that name the function again."""
    said = [
        *(["--function", which.function] if which.function else []),
        *(["--region", which.region] if which.region else []),
        *(["--profile", which.profile] if which.profile else []),
        *(["--local"] if which.local else []),
    ]
    quoted = (f"'{each}'" if "$" in each else each for each in said)
    return "".join(f" {each}" for each in quoted)


def print_json(document: Mapping[str, Any] | list[Any]) -> None:
    say(json.dumps(document, ensure_ascii=False, indent=2))
