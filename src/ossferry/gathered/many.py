"""What becomes of the outputs of a job of many items: batches of so many, or all of them at once.

    described -> noted item by item -> counted share by share -> counted at the end
    described -> all of the job are one batch

Whoever works on items notes each as soon as its record is there. Where that is interrupted, the
items that are done again are noted again, and the end of the job counts what nobody has counted.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..cloud import Cloud
from ..errors import FerryError
from ..jobs import BulkJob, ProgramJob, Then
from ..log import log
from ..programs.description import Program
from ..settings import Settings
from .asked import describe, group_for, require_allowed, require_number, then_for
from .count import Counting, made_of_all

Reply = dict[str, object]


class Share:
    """That of one instance, whose threads are done with items."""

    def __init__(self, program: Program, job: ProgramJob, then: Then, cloud: Cloud) -> None:
        """``job`` is one as that of each item."""
        self._then = then
        self._cloud = cloud
        self._group = group_for(program, job.parameters, job.target, then, cloud)
        self._noted: list[str] = []

    def begin(self) -> None:
        """Raise where it is not possible, before anything is run."""
        describe(self._group, self._then)

    def note(self, id: str) -> None:
        """An item is done, whose record has this id."""
        self._group.note(id)
        self._noted.append(id)

    def count(self) -> None:
        """What cannot be counted now, the end of the job counts."""
        try:
            Counting(self._group, self._then, self._cloud, noted=self._noted).done()
        except FerryError as error:
            why = {"error_type": error.type, "error": error.message}
            log("batch.not_counted", "warning", group=self._group.id, **why)


def share_of(program: Program, job: ProgramJob, cloud: Cloud, settings: Settings) -> Share | None:
    """That of an instance whose items are no job's, as the description of their program says."""
    then = then_for(program, None, job.target, settings)
    if then is None:
        return None
    require_number(then)
    require_allowed(then, job.target.bucket, settings)
    share = Share(program, job, then, cloud)
    share.begin()
    return share


class OfJob:
    """All of a job. ``id`` is the job's, and ``then`` has all parameters."""

    def __init__(
        self, program: Program, job: BulkJob, then: Then, id: str, cloud: Cloud, settings: Settings
    ) -> None:
        arrives = job.source.bucket if job.source else then.target.bucket
        require_allowed(then, arrives, settings)
        given = job.program.parameters if job.program else {}
        own = "" if then.when else id
        self.then = then
        self._cloud = cloud
        self._group = group_for(program, given, job.target, then, cloud, own)

    def begin(self) -> None:
        """Raise where it is not possible, before anything is run."""
        describe(self._group, self.then)

    def counted(self) -> Reply:
        """All items are noted: make what batches there can be."""
        counted = Counting(self._group, self.then, self._cloud, thorough=True).done()
        return {"group": self._group.id, "waiting": counted.waiting}

    def all_done(self, ids: Sequence[str]) -> Reply:
        """All items are done, and have records with these ids: one batch, in this order.

        Idempotent."""
        if ids:
            made_of_all(self._group, self.then, ids, self._cloud)
        return {"group": self._group.id, "batches": [1] if ids else [], "waiting": 0}


def of_job(
    program: Program, job: BulkJob, id: str, cloud: Cloud, settings: Settings
) -> OfJob | None:
    """What is to be done with the outputs of a job; None if nothing."""
    then = then_for(program, job.then, job.target, settings)
    return OfJob(program, job, then, id, cloud, settings) if then else None
