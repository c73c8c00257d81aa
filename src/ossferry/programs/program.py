"""A program over one object, from top to bottom:

    look -> recorded already? -> fetch -> run -> store -> record -> reply

Done is what has a record. Before that, an error leaves nothing that counts: what was stored is
removed, or noted for the next attempt and the sweep. Who is asked for many objects calls ``over``
for each.
"""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

from ..apart.folder import Folder, files_in, free, own_folder
from ..apart.process import Ended, Limits, call_of, run
from ..cloud import Cloud
from ..errors import (
    FerryError,
    InvalidEvent,
    InvalidProgram,
    ProgramFailed,
    SourceGone,
)
from ..jobs import ProgramJob
from ..log import log
from ..records.attempts import Attempt, Receipt, record_name
from ..settings import Settings
from ..source.probe import Source
from ..stop import Stop
from ..transfer.transfer import Phases
from .command import arguments, parameters_of
from .description import Program
from .ending import ending, require_success, time_limit
from .found import find as find_program
from .found import folders
from .input import Streamed, fetch, look
from .naming import output_keys, split_key, wants
from .output import Made, Outputs, as_outputs
from .record import Record, record_id
from .settle import Storing, forget_abandoned, recorded

Reply = dict[str, object]

# Makes an item's input below its folder, and gives the path of that.
Fetching = Callable[[Source, Folder, Cloud, Settings, Stop], str]

SHOWN = 100  # outputs in a reply; the record has all


def run_one(job: ProgramJob, cloud: Cloud, settings: Settings) -> Reply:
    """The reply of a job over one object. Idempotent: what is on record is not done again."""
    program = find_program(job.program, folders(settings))
    try:
        reply = over(program, job, _name(job), cloud, settings)
    except SourceGone:
        if job.otherwise is None:
            raise
        job = replace(job, source=job.otherwise, otherwise=None)
        reply = over(program, job, _name(job), cloud, settings)
    if reply["status"] == "done" and cloud.bucket(job.target).versioning():
        warning = (
            "the bucket of the target has versioning, under which OSS does not refuse a second"
            " record: of two who do the same at one moment, the last one counts"
        )
        reply["warnings"] = [warning]
    return reply


def _name(job: ProgramJob) -> str:
    return job.source.key.rpartition("/")[2]


def over(
    program: Program,
    job: ProgramJob,
    below: str,
    cloud: Cloud,
    settings: Settings,
    fetching: Fetching | None = None,
) -> Reply:
    """One object, whose key behind the prefix that was asked for is ``below``.

    A program that gathers is told by it what it gathers, and needs ``fetching`` to get that.
    """
    began = time.monotonic()
    try:
        with on_disk(program):
            reply = _Item(program, job, below, cloud, settings, fetching).done()
    except FerryError as error:
        seconds = round(time.monotonic() - began, 4)
        subject = {"program": job.program, "key": job.source.key}
        told = {"error_type": error.type, "error": error.message, "seconds": seconds}
        log("program.failed", "error", **subject, **told)
        raise
    log(
        "program.done",
        program=job.program,
        key=job.source.key,
        status=reply["status"],
        seconds=round(time.monotonic() - began, 4),
    )
    return reply


class _Item:
    """What one run has in common."""

    def __init__(
        self,
        program: Program,
        job: ProgramJob,
        below: str,
        cloud: Cloud,
        settings: Settings,
        fetching: Fetching | None,
    ) -> None:
        self._program = program
        self._job = job
        self._below = below
        self._cloud = cloud
        self._settings = settings
        self._parameters = parameters_of(program, job.parameters)
        self._phases = Phases()
        self._fetching = fetching or _object
        if bool(program.gathers) != bool(fetching):
            raise InvalidProgram(
                f"programs/{program.name}.toml: a program with gathers is for then, and only such a"
                " one is: name another"
            )
        if not wants(program, below):
            raise InvalidEvent(
                f"the program {program.name} is for {', '.join(program.inputs)}, and {job.source}"
                " is none of these"
            )

    def done(self) -> Reply:
        job, cloud = self._job, self._cloud
        with self._phases("look"):
            source = look(job.source, cloud)
            id = record_id(job, self._program, source, self._parameters)
            record = recorded(job, cloud, id)
        if record:
            return self._reply("unchanged", source, record.outputs, id)
        attempt = Attempt(os.urandom(8).hex(), self._program.name, str(job.source))
        receipt = Receipt(cloud.bucket(job.target), id, attempt)
        with own_folder(split_key(job.source.key)[1]) as folder:
            try:
                ended = self._run(source, folder, receipt)
            except FerryError:
                receipt.delete()
                raise
            with self._phases("store"), ending(cloud, cloud.deadline) as stop:
                storing = self._storing(source, folder, receipt, id)
                record, ours = storing.done(stop)
        receipt.delete()
        forget_abandoned(job, cloud, id)
        return {
            **self._reply("done" if ours else "unchanged", source, record.outputs, id),
            **({} if ended.progress is None else {"progress": ended.progress}),
            **({"warnings": storing.warnings} if storing.warnings else {}),
        }

    def _run(self, source: Source, folder: Folder, receipt: Receipt) -> Ended:
        """Fetch the input, and let the program do its work; raise unless it succeeds."""
        program, cloud, job = self._program, self._cloud, self._job
        streamed = Streamed(source, cloud) if program.stream else None
        if streamed is None:
            with self._phases("fetch"), ending(cloud, cloud.last_call) as stop:
                file = self._fetching(source, folder, cloud, self._settings, stop)
                folder = folder._replace(file=file)
        until = time_limit(program, cloud)
        disk = min(program.disk or sys.maxsize, free(folder))
        if program.function:
            search_path = [program.folder, *sys.path]
            command = call_of(program.function, search_path, folder, self._parameters)
        else:
            command = arguments(
                program, folder.file, folder.outputs, job.source.key, self._parameters
            )
        with self._phases("run"):
            ended = run(
                command,
                folder,
                program.environment,
                Limits(until.moment, disk),
                cloud.stop,
                feed=streamed,
                heard=receipt.heard,
                is_python=bool(program.function),
            )
        if streamed and not ended.why:
            streamed.require_read()
        require_success(program, ended, until, disk)
        if streamed:
            streamed.check()
        return ended

    def _storing(self, source: Source, folder: Folder, receipt: Receipt, id: str) -> Storing:
        program, job = self._program, self._job
        files = files_in(program.name, folder.outputs)
        if not files and not program.may_be_empty:
            raise ProgramFailed(
                f"the program {program.name} succeeded and left no file in {{folder}}: set"
                " may_be_empty = true in its description if that is right"
            )
        keys = output_keys(program, job.source, job.target, self._below, [*files])
        record = partial(
            Record,
            receipt.attempt.mark,
            program.name,
            self._source(source),
            str(job.target),
            self._parameters,
        )
        outputs = Outputs(folder.outputs, job.target, receipt.attempt.mark, self._cloud)
        seconds = self._phases.with_total
        return Storing(
            job=job,
            cloud=self._cloud,
            id=id,
            receipt=receipt,
            outputs=outputs,
            files=as_outputs(files, keys),
            last=program.last,
            record=lambda made: record(tuple(made), seconds),
        )

    def _source(self, source: Source) -> dict[str, object]:
        crc = source.crc64
        return {
            "bucket": self._job.source.bucket,
            "key": self._job.source.key,
            "size": source.size,
            "etag": source.ref.pin.etag,
            "crc64": None if crc is None else str(crc),
        }

    def _reply(self, status: str, source: Source, made: tuple[Made, ...], id: str) -> Reply:
        shown = [
            {"key": each.key, "size": each.size, "crc64": str(each.crc64)} for each in made[:SHOWN]
        ]
        seconds = self._phases.with_total
        return {
            "status": status,
            "program": self._program.name,
            "source": self._source(source),
            "outputs": {
                "bucket": self._job.target.bucket,
                "count": len(made),
                "size": sum(each.size for each in made),
                "objects": shown,
            },
            "record": record_name(id),
            "seconds": {**seconds, "total": round(seconds["total"], 4)},
        }


def _object(source: Source, folder: Folder, cloud: Cloud, settings: Settings, stop: Stop) -> str:
    fetch(source, folder.file, cloud, settings.streams, stop, free(folder))
    return folder.file


@contextmanager
def on_disk(program: Program) -> Iterator[None]:
    """What goes wrong with the local disk is the program's, or of the function that it has."""
    try:
        yield
    except OSError as error:
        said = error.strerror or type(error).__name__
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            said = "it is full: give the function a larger one (diskSize)"
        elif isinstance(error, PermissionError):
            said = "the function may not read what was left there: make it readable"
        raise ProgramFailed(
            f"the program {program.name} cannot use the local disk: {said}"
        ) from error
