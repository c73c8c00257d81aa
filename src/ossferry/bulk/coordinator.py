"""A job of many items, asked for by an event, or gone on with.

begin or go on -> supply -> work.done -> reply
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from ..cloud import Cloud
from ..errors import FerryError, OutOfTime, Stopped
from ..gathered.many import OfJob
from ..jobs import BulkJob
from ..ledger.head import HANDED_OVER, RUNNING, WAITING, Cursor, Head
from ..ledger.state import State
from ..log import lines_with, log
from ..sharing.supplied import Supply
from .begin import begin, failed_before, go_on, is_fruitless, recorded, state_of
from .replies import Reply, dry_reply, status_of, stop
from .source import Opened, opened
from .thawing import looker, planned
from .work import Instance, Work, done, raise_if_too_many, without

if TYPE_CHECKING:
    from ..oss.bucket import Bucket


def run(job: BulkJob, request_id: str, instance: Instance) -> Reply:
    """Do the job, or what else it wants; the reply as JSON. ``request_id`` is that of the request
    that asked for it, which this invocation may go on with.

    Raises ``Unfinished`` if time ends before: the same event goes on. ``BulkFailed`` if more items
    failed than ``fail_above`` allows.
    """
    cloud = instance.cloud
    bucket = cloud.bucket(job.target)
    if job.wants == "status":
        return status_of(State(bucket, job.id or ""))
    if job.wants == "stop":
        return _stopped(State(bucket, job.id or ""), bucket, instance)
    if instance.most_children:
        cloud.expect_children()
    failed: frozenset[object] | None = None
    if job.wants == "again":
        job, failed = failed_before(job, bucket)
    program = instance.program_of(job)
    with opened(job, cloud, bucket, program) as source:
        if job.dry_run:
            return dry_reply(job, source, cloud, bucket)
        state = state_of(job, source, bucket, request_id)
        then = instance.then_of(job, program, state.id)
        with lines_with(bulk_id=state.id):
            confirm = partial(_confirm, job, source, instance, failed, then)
            begun = begin(job, source, state, cloud, confirm)
            if isinstance(begun, dict):
                raise_if_too_many(job, begun)
                return begun
            work = Work(job, state, bucket, instance, source.items, program, then)
            with _left_alone_if_hopeless(state, instance.cloud):
                return done(work, begun, source.supply, failed)


def resume(
    head: Head, state: State, bucket: Bucket, instance: Instance, *, to_end: bool = False
) -> Reply:
    """Go on with a job that somebody else has begun, by what is on record of it alone; ``to_end``
    it, without looking for more of it."""
    with lines_with(bulk_id=head.id):
        job = recorded(head, bucket.region)
        begun = go_on(head, state, instance.cloud)
        if isinstance(begun, dict):
            return begun
        program = instance.program_of(job)
        then = instance.then_of(job, program, state.id)
        work = Work(job, state, bucket, instance, head.items, program, then)
        with _left_alone_if_hopeless(state, instance.cloud):
            if begun.head.round or to_end:
                return done(work, begun, nothing)
            failed: frozenset[object] | None = None
            if job.wants == "again":
                job, failed = failed_before(job, bucket)
            with opened(job, instance.cloud, bucket, program) as source:
                if source.version == head.version and not is_fruitless(begun.head):
                    return done(replace(work, job=job), begun, source.supply, failed)
            log("bulk.given_up", "warning", reason="its list has changed, or nothing gets done")
            state.ask_to_stop()
            return done(work, begun, nothing)


def nothing(_after: Cursor, _look: int) -> Supply:
    return iter(())


def _stopped(state: State, bucket: Bucket, instance: Instance) -> Reply:
    """One that waits has nobody to hear of it."""
    reply = stop(state)
    head = state.head()
    if head is None or head.status != WAITING:
        return reply
    return resume(head._replace(status=HANDED_OVER), state, bucket, instance, to_end=True)


def _confirm(
    job: BulkJob,
    source: Opened,
    instance: Instance,
    failed: frozenset[object] | None,
    then: OfJob | None,
) -> None:
    if then:
        then.begin()
    if job.thaw and job.thaw.confirm_above:
        supply = without(job, source.supply(Cursor(), 0), frozenset(), failed)
        look = looker(instance.cloud, job.target.region)
        now = instance.cloud.bucket(job.target).now()
        planned(supply, job, job.thaw, look, now).require_confirmed()


@contextmanager
def _left_alone_if_hopeless(state: State, cloud: Cloud) -> Iterator[None]:
    """Nobody comes back, time after time, to a job that fails as a whole: its event goes on."""
    try:
        yield
    except (OutOfTime, Stopped):
        raise
    except FerryError as error:
        head = None if error.retryable else state.head()
        if (
            head
            and head.due
            and head.status == RUNNING
            and head.request_ids[-1] == cloud.request_id
        ):
            state.save_due(head._replace(status=HANDED_OVER), 0.0)
        raise
