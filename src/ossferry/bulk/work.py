"""A job under way in this invocation: supplied, gathered, and reported, or left to wait.

supply -> thaw -> slices -> gather -> report, or wait -> reply
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..cloud import Cloud
from ..errors import BulkFailed, OutOfTime, Stopped, Unfinished
from ..gathered.many import OfJob
from ..jobs import BulkJob, ProgramCall
from ..ledger.head import HANDED_OVER, WAITING, Cursor, Head
from ..ledger.report import waiting_rows, write_report
from ..ledger.state import State
from ..log import log
from ..programs.description import Program
from ..sharing.gathering import Gathering, Own, Stopping, TakenOver
from ..sharing.order import order_of
from ..sharing.rounds import Rounds, rounds_of
from ..sharing.slices import most_for, slices_of
from ..sharing.supplied import Supply
from ..thaw.later import look_again_in
from ..thaw.restorer import Restorer
from .afterwards import afterwards
from .begin import Begun, named
from .replies import Reply, is_too_much, reply_of, under_way, waiting_reply
from .reported import report_left
from .supply import from_waiting
from .thawing import Thawing
from .wakeup import send_wake

if TYPE_CHECKING:
    from ..oss.bucket import Bucket

_UNTIL_LOOKED_AFTER = 900.0  # seconds in which a job that waits now and then may be at work


@dataclass(frozen=True, slots=True)
class Instance:
    """What an invocation does jobs with: ``own`` copies items in it, or gives them to a program,
    ``restorer`` begins to ask OSS to restore objects, ``find`` looks a program up. ``then`` is what
    is to be done with a program's outputs, by a job and its id."""

    cloud: Cloud
    own: Own
    restorer: Callable[[], Restorer]
    most_children: int
    reports: bool = False  # of all jobs
    find: Callable[[ProgramCall], Program] | None = None
    then: Callable[[Program, BulkJob, str], OfJob | None] | None = None

    def program_of(self, job: BulkJob) -> Program | None:
        """What items are given to, if they are; an error if there is none, or it takes none such
        parameters."""
        return self.find(job.program) if self.find and job.program else None

    def then_of(self, job: BulkJob, program: Program | None, id: str) -> OfJob | None:
        """What is to be done with the outputs; an error if that is not possible."""
        return self.then(program, job, id) if self.then and program else None


@dataclass(frozen=True, slots=True)
class Work:
    """A job under way: ``items`` is how many there are, if that is known; ``then`` what is to be
    done with the outputs of the ``program``."""

    job: BulkJob
    state: State
    bucket: Bucket
    instance: Instance
    items: int | None
    program: Program | None = None
    then: OfJob | None = None

    @property
    def rounds(self) -> Rounds | None:
        if self.program is None:
            return None
        return Rounds(self.program.at_once, self.program.seconds, self.instance.cloud.timeout)

    @property
    def most(self) -> int:
        """Children at once. One instance asks for as much as OSS restores."""
        if self.job.thaw and not self.job.thaw.copies:
            return 0
        most = self.instance.most_children
        return most if self.job.max_children is None else min(most, self.job.max_children)


def done(
    work: Work,
    begun: Begun,
    source: Callable[[Cursor, int], Supply],
    failed: frozenset[object] | None = None,
) -> Reply:
    """The reply, if all is done, waits, or is to stop; ``Unfinished`` if time ends before."""
    began, head = time.monotonic(), begun.head
    if work.job.thaw:
        head = work.state.save_due(head, work.state.now() + _UNTIL_LOOKED_AFTER)
    supply = source(head.cursor, begun.look)
    if head.round:
        supply = from_waiting(waiting_rows(head, work.state), head.cursor)
    known = frozenset(named(work.job, row) for row in begun.known)
    supply = without(work.job, supply, known, failed)
    instance, rounds, job = work.instance, work.rounds, work.job
    if work.then:  # with what the description says
        job = replace(job, then=work.then.then)
    gathering = Gathering(job, head, work.state, instance.cloud, instance.own, work.most, rounds)
    thawing = Thawing(work.job, work.state, work.instance.cloud, work.instance.restorer)
    try:
        with closing(thawing):
            stopped = _gathered(work, gathering, thawing, supply, rounds)
    except TakenOver:
        return under_way(gathering.head)
    except (OutOfTime, Stopped) as error:
        if work.state.is_taken_from(head):
            return under_way(head)
        raise _unfinished(work, head, gathering, thawing, error) from error
    return _end(work, gathering, time.monotonic() - began, stopped=stopped)


def _gathered(
    work: Work, gathering: Gathering, thawing: Thawing, supply: Supply, rounds: Rounds | None
) -> bool:
    """Whether it was told to stop before all was done."""
    supply = thawing.of(supply, gathering.look_around, lambda: gathering.stopping)
    if rounds:
        slices = rounds_of(supply, rounds)
    else:
        most = most_for(work.items, work.most)
        slices = slices_of(supply, most, order_of(work.job), thawing.window)
    try:
        gathering.run(slices)
    except Stopping:
        # What has been asked for is told. Without that, the rest is all that there is.
        gathering.settle(slices if work.job.thaw else iter(()))
        return True
    finally:
        gathering.sent(thawing.requests)
    # Who was told to stop asks for no more, so there may have been more.
    return work.job.thaw is not None and gathering.stopping


def _unfinished(
    work: Work, before: Head, gathering: Gathering, thawing: Thawing, error: OutOfTime | Stopped
) -> Unfinished | Stopped:
    """What is done is on record, and somebody goes on with the rest."""
    work.state.save(gathering.head._replace(status=HANDED_OVER))
    tally = gathering.tally
    told = f"{error.message}; {tally.items} items are done, and the same event goes on"
    if isinstance(error, Stopped):
        return Stopped(told)
    # Whom OSS was asked for is listed as such the next time, on record or not.
    asked = thawing.requests
    progress = tally.items > before.sum.items or gathering.partly + tally.waiting + asked > 0
    reused = before.sum.items + before.sum.waiting + gathering.reused + asked
    return Unfinished(told, progress=progress, reused=reused)


def without(
    job: BulkJob, supply: Supply, known: frozenset[object], only: frozenset[object] | None
) -> Supply:
    """What is not on record yet; of a job that is done again only what failed."""
    for supplied in supply:
        name = named(job, supplied.content)
        if name not in known and (only is None or name in only):
            yield supplied


def _end(work: Work, gathering: Gathering, seconds: float, *, stopped: bool) -> Reply:
    job, state, head = work.job, work.state, gathering.head
    if state.is_taken_from(head):
        return under_way(head)
    if gathering.tally.waiting and not stopped:
        stopped = state.asked_to_stop  # where nothing was left to do, nobody has looked
        if not stopped:
            return _wait(work, head)
    then = {} if stopped else afterwards(work.then, job, head, gathering.tally, state)
    files = write_report(job, head, state, work.bucket, stopped=stopped)
    reply = reply_of(job, head, gathering.tally, files, seconds, state.now(), stopped=stopped)
    reply["invocations"] = gathering.invocations
    reply |= then
    if job.report or work.instance.reports:
        told = gathering.child_seconds
        files |= report_left(job, state, work.bucket, work.instance.cloud, reply, told)
        reply["report"] = files
    ended = head._replace(status=str(reply["status"]), reply=reply)
    state.save_due(ended, 0.0) if head.due else state.save(ended)
    log("bulk.done", **{name: reply[name] for name in ("status", "id", "items", "seconds")})
    raise_if_too_many(job, reply)
    return reply


def _wait(work: Work, head: Head) -> Reply:
    """Leave the job until its sources may be readable."""
    now = work.state.now()
    due = now + round(look_again_in(head.sum.waits, now - head.began))
    head = work.state.save_due(head._replace(status=WAITING), due)
    log("bulk.waits", waiting=head.sum.waiting, seconds=round(due - now))
    send_wake(head, work.bucket, work.instance.cloud, now)
    return waiting_reply(head)


def raise_if_too_many(job: BulkJob, reply: Mapping[str, Any]) -> None:
    """Also if the job had ended before: whoever asks again is told the same."""
    failed, items = reply.get("failed", 0), reply["items"]
    if "report" in reply and is_too_much(job, failed, items):
        raise BulkFailed(
            f"{failed} of {items} items failed, which is more than fail_above allows:"
            f" {reply['report']['failed_jsonl']} lists them"
        )
