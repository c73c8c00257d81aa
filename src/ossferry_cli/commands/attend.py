"""Follows what was submitted to its end, or leaves it running: what cp, again, resume, thaw and
status have in common."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn

from ..asked.events import described
from ..asked.submit import Submitted
from ..fc.api import FunctionApi
from ..function import Function
from ..options import Which
from ..problems import DONE, INTERRUPTED
from ..say import say
from ..showing.screen import Screen
from ..watching.follow import follow
from ..watching.known import Known, of_event
from ..watching.transfers import Transfer


def attend(
    function: Function,
    api: FunctionApi,
    submitted: Submitted,
    screen: Screen,
    which: Which,
    *,
    detach: bool,
    before: str | None = None,
) -> NoReturn:
    """Ends the command, with the exit code that tells how it ended. ``before`` is the mark of the
    object that was there."""
    what = described(submitted.event)
    with _left_running(submitted.id, which):
        screen.started(submitted.id, what, attached=submitted.attached)
        if detach:
            screen.left(submitted.id)
            sys.exit(DONE)
        known = of_event(function, api, submitted.id, submitted.event)
        if isinstance(known.watched, Transfer) and not submitted.attached:
            known.watched.before = before
        watch(known, what, screen, which)


def watch(known: Known, what: str, screen: Screen, which: Which) -> NoReturn:
    with _left_running(known.id, which), screen:
        ended = follow(known.watched, screen.show)
    screen.finished(known.id, what, ended)
    if ended.reply.get("failed") and "report" in ended.reply:
        said = where(which)
        say(
            f"Which items failed: ossferry report {known.id}{said}\n"
            f"To do them again: ossferry again {known.id}{said}",
            err=True,
        )
    sys.exit(ended.exit_code)


@contextmanager
def _left_running(task_id: str, which: Which) -> Iterator[None]:
    """Ctrl-C ends the looking, and not what is looked at."""
    try:
        yield
    except KeyboardInterrupt:
        said = where(which)
        say(
            f"\nIt goes on without you. To look at it again: ossferry status {task_id} --wait"
            f"{said}\nTo end it: ossferry stop {task_id}{said}",
            err=True,
        )
        sys.exit(INTERRUPTED)


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
