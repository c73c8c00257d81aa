"""Something that was asked for, under its id: how far it is, how it ended, what to do with it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, Literal

from ..asked.events import described
from ..asked.submit import Submitted
from ..fc.api import FunctionApi
from ..function import Function
from ..problems import FAILED, NotEnded, Problem, as_problems
from ..watching.follow import follow, looks
from ..watching.known import Known, of_event
from ..watching.look import Answered, Ended
from ..watching.progress import Model, Progress
from ..watching.transfers import Transfer
from . import going_on, reports


class TaskFailed(Problem):
    """It failed, was stopped, or is lost; the sentence is the function's own.

    ``id`` is that of the task, ``ended`` all that is known of its end.
    """

    def __init__(self, id: str, ended: Ended) -> None:
        super().__init__(ended.error or f"{id} ended: {ended.status}")
        self.id, self.ended = id, ended

    @property
    def error_type(self) -> str:
        """A name of docs/events.md, "Errors", such as ``SourceGone``; "" where nobody knows it."""
        return self.ended.error_type

    def __reduce__(self) -> tuple[type[TaskFailed], tuple[str, Ended]]:
        return TaskFailed, (self.id, self.ended)


class Task:
    """A copy, a job of many items, a restore or a program, as ``Ferry`` gives it.

    ``id`` is "" for a dry run, which has ended. ``what`` is what is copied to where, in a few words
    without secrets. ``attached``: somebody had asked for the same, and it was still under way, so
    nothing was begun. To let go of a task does not end it: ``Ferry.task`` finds it by its id.
    """

    def __init__(
        self,
        function: Function,
        api: FunctionApi,
        asked: Submitted,
        *,
        found: Known | None = None,
        before: str | None = None,
        rehearsed: Ended | None = None,
    ) -> None:
        self._function, self._api, self._asked = function, api, asked
        self._before, self._rehearsed = before, rehearsed
        self.id: str = asked.id
        self.attached: bool = asked.attached
        self.what: str = described(asked.event)
        if found is not None:
            self._known = found
            if found.event is None:
                self.what = f"job {found.id} in oss://{found.bucket}"

    def __repr__(self) -> str:
        return f"Task({self.id or 'dry run'}: {self.what})"

    @property
    def kind(self) -> Literal["copy", "job", "program"]:
        """A restore is a job, and so is a program over many objects; dry runs are of such."""
        if self._known.is_job or self._rehearsed is not None:
            return "job"
        return "program" if self._known.is_program else "copy"

    def status(self) -> Progress:
        """One look: ``look.state``, ``done`` bytes of ``look.total``, ``items`` of ``look.of``,
        ``fraction``; ``look.ended`` is None while it goes on. Rates take two looks: ``watch``."""
        with as_problems():
            return Model().seen(self._known.watched.look(), 0.0)

    def ended(self) -> Ended:
        """How it ended, which ``wait`` waits for; ``NotEnded`` while it goes on."""
        ended = self.status().look.ended
        if ended is None:
            raise NotEnded(f"{self.id} has not ended: ossferry status {self.id} --wait")
        return ended

    def watch(self) -> Iterator[Progress]:
        """Each look until the end, which the last one has in ``look.ended``.

        It sleeps between looks: a second or less at first, 15 seconds after ten minutes. ``rate``
        is in bytes a second, ``seconds_left`` in seconds, and None is not known. A failure of the
        task raises nothing here.
        """
        with as_problems():
            yield from looks(self._known.watched)

    def wait(self, show: Callable[[Progress], object] | None = None) -> Ended:
        """How it ended: ``status``, ``reply`` as far as it is known. ``show`` is called each look.

        Raises ``TaskFailed`` if it failed, was stopped or is lost, and not for single items of a
        job: then ``status`` is ``completed_with_failures``, and ``reply["failed"]`` says how many.
        """
        with as_problems():
            ended = follow(self._known.watched, show or (lambda progress: None))
        if ended.exit_code == FAILED:
            raise TaskFailed(self.id, ended)
        return ended

    def stop(self) -> None:
        """End it, which takes a moment: ``wait`` for that. What is done is kept. A ``Problem`` if
        it has ended already."""
        with as_problems():
            going_on.stopped(self._api, self._now())

    def resume(self) -> Task:
        """Send the same event again, which goes on with the parts and items that are kept. What is
        still under way is attached to."""
        with as_problems():
            found = self._now()
            return self._next(going_on.resumed(self._function, self._api, found))

    def again(self) -> Task:
        """Do the failed items of a job once more, as a job of its own. ``NotEnded`` if it goes on.
        While that goes on, the same call attaches to it."""
        with as_problems():
            return self._next(going_on.done_again(self._api, self._now()))

    def report(self) -> dict[str, Any]:
        """What came of it, as ``report --save x.json`` has it; of one program its reply.

        ``NotEnded`` while it goes on; a ``Problem`` if it left none.
        """
        with as_problems():
            return reports.report_of(self._function, self._now())

    def save(self, path: str | os.PathLike[str]) -> None:
        """The report into a file, whole or not at all, by the end of its name: .html, .json,
        .trace.json, of a job also .csv, .jsonl, or ``failed.jsonl``, its failed items."""
        with as_problems():
            reports.save(self._function, self._now(), os.fspath(path))

    def failed(self) -> Iterator[dict[str, Any]]:
        """The failed items of a job that has ended: ``item`` (its number), ``source_url``,
        ``error_type``, ``error``. They are read as they are asked for, and may be millions."""
        with as_problems():
            yield from reports.failed(self._function, self._now())

    @cached_property
    def _known(self) -> Known:
        asked = self._asked
        if self._rehearsed is not None:
            return Known("", None, asked.event, "", "", None, Answered(self._rehearsed))
        with as_problems():
            known = of_event(self._function, self._api, asked.id, asked.event)
        if isinstance(known.watched, Transfer) and not asked.attached:
            known.watched.before = self._before
        return known

    def _now(self) -> Known:
        """With the task as Function Compute has it now."""
        if not self.id:
            raise Problem("a dry run did nothing that could be gone on with: leave dry_run out")
        return self._known._replace(task=self._api.task(self.id))

    def _next(self, asked: Submitted) -> Task:
        return Task(self._function, self._api, asked)
