"""What an invocation that is no child's answers: a transfer, a sweep, or a batch of both; or what
a step of CloudFlow asks for.

What does not fit in the invocation's time is handed over to a fresh one, which finds what is done
and goes on; who waits for the end of it is told where to look.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from ..cloud import Cloud
from ..context import Context
from ..errors import FerryError, SourceArchived, Unfinished
from ..events.parse import parse
from ..events.published import Published
from ..jobs import (
    AloneJob,
    BatchJob,
    BulkJob,
    FlushJob,
    GatherJob,
    Job,
    ProgramJob,
    SweepJob,
    TransferJob,
    WakeJob,
)
from ..messages.rows import are_messages
from ..records.sweep import sweep
from ..settings import Settings
from ..stop import Stop
from ..transfer.reported import Report
from .batch import Batch
from .final import with_error, without_error
from .handover import HandOver
from .logged import transfer

if TYPE_CHECKING:
    from .batch import Hear

Reply = dict[str, object]


def answer(
    document: Mapping[str, Any],
    context: object,
    environ: Mapping[str, str],
    settings: Settings,
    started: float,
    stop: Stop,
) -> Reply:
    """``context`` is FC's own; ``started`` is on ``time.monotonic``; ``stop`` ends it early."""
    handover, event = HandOver.read(without_error(document))
    own = Context.read(context, environ, started)
    cloud = Cloud(own, settings, stop)
    asked_by = handover.first_request_id or own.request_id

    def many(jobs: Mapping[int, TransferJob], hear: Hear) -> None:
        from .at_once import copy_at_once

        copy_at_once(jobs, hear, own, settings, cloud)

    if settings.message_program and are_messages(event):
        from ..messages.give import give

        def send_on(document: Mapping[str, Any], error: FerryError) -> None:
            cloud.invoke_later(with_error(document, error))

        return give(event, own.region, cloud, settings, send_on)
    job = parse(event, settings, own.region)
    if isinstance(job, Published):
        from ..published.do import do as published

        return published(job, cloud, own, settings)
    do = _Doing(cloud, own, settings, stop, asked_by, isinstance(job, BatchJob))
    if isinstance(job, SweepJob):
        return do(job)
    kept = isinstance(job, (ProgramJob, AloneJob, FlushJob)) and job.report
    try:
        reply = _work(job, do, many, event, handover, cloud)
    except FerryError as error:
        handover.tell(job, cloud, {"error_type": error.type, "error": error.message}, kept=kept)
        do.nobody_goes_on(error)
        raise
    if reply["status"] != "handed_over":
        handover.tell(job, cloud, reply, kept=kept)
    return reply


@dataclass(frozen=True, slots=True)
class _Doing:
    """Does one job, or those of a batch. ``asked_by`` is the id of the request that asked;
    ``unfinished`` are the reports that whoever goes on will write."""

    cloud: Cloud
    context: Context
    settings: Settings
    stop: Stop
    asked_by: str
    several: bool = False
    unfinished: list[Report] = field(default_factory=list)

    def __call__(self, job: Job) -> Reply:
        if isinstance(job, (BulkJob, WakeJob)):
            return self._many(job)
        if isinstance(job, SweepJob):
            return sweep(job, self.cloud)
        if isinstance(job, AloneJob):
            from ..programs.alone import run_alone

            return run_alone(job, self.cloud, self.settings)
        if isinstance(job, (ProgramJob, FlushJob, GatherJob)):
            return self._program(job)
        report = self._report(job)
        try:
            return transfer(job, self.cloud, self.settings, report)
        except Unfinished:
            self.unfinished.extend([report] if report else [])
            raise
        except SourceArchived:
            if job.thaw is None:
                raise
            return self._many(job)

    def nobody_goes_on(self, error: FerryError) -> None:
        for report in self.unfinished:
            report.failed(error)

    def _report(self, job: TransferJob) -> Report | None:
        if not (job.report or self.settings.report):
            return None
        return Report(job, self.cloud, self.asked_by, job.id if self.several else "")

    def _program(self, job: ProgramJob | FlushJob | GatherJob) -> Reply:
        from ..gathered import do

        if isinstance(job, GatherJob):
            return do.gather(job, self.cloud, self.settings)
        if isinstance(job, FlushJob):
            return do.flush(job, self.cloud, self.settings)
        return do.run(job, self.cloud, self.settings)

    def _gathered(self, job: WakeJob) -> Reply:
        """What a timer looks after besides jobs of many items."""
        from ..gathered.do import wake

        found = wake(job.target, self.cloud)
        return {"gathered": found} if found else {}

    def _many(self, job: BulkJob | WakeJob | TransferJob) -> Reply:
        """What most invocations do not load."""
        from ..bulk.asked import job_of_one
        from ..bulk.coordinator import run as bulk
        from ..bulk.wake import wake
        from ..bulk.work import Instance
        from ..gathered.many import of_job
        from ..items.child import copy as items
        from ..programs.found import called as find
        from ..thaw.restorer import Restorer

        context, settings, stop = self.context, self.settings, self.stop
        instance = Instance(
            self.cloud,
            own=partial(items, context=context, settings=settings, stop=stop),
            restorer=partial(Restorer, context, settings, stop, self.cloud.last_call),
            most_children=settings.max_children,
            reports=settings.report,
            find=partial(find, settings=settings),
            then=partial(of_job, cloud=self.cloud, settings=settings),
        )
        if isinstance(job, WakeJob):
            return {**wake(job, instance), **({} if job.id else self._gathered(job))}
        asked = job if isinstance(job, BulkJob) else job_of_one(job)
        return bulk(asked, self.asked_by, instance)


def _work(
    job: Job | BatchJob,
    do: Callable[[Job], Reply],
    many: Callable[[Mapping[int, TransferJob], Hear], None],
    event: Mapping[str, Any],
    handover: HandOver,
    cloud: Cloud,
) -> Reply:
    if not isinstance(job, BatchJob):
        try:
            return do(job)
        except Unfinished as error:
            return handover.go_on([event], cloud, error)
    batch = Batch(job, do, many, cloud)
    try:
        return batch.run()
    except Unfinished as error:
        return {**handover.go_on(batch.rest, cloud, error), "messages": batch.replies}
