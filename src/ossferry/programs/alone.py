"""A program over nothing, as a timer asks for it: it is run each time that an event says so.

There is no record, because there is no object that would tell one time from the next. Outputs are
stored below the target under the names that the program gives them, and replace what is there; one
of them, its state, is its file the next time. Two at the same moment do not know of each other, and
the last one's outputs are there.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from pathlib import Path

from ..apart.folder import Folder, files_in, free, own_folder
from ..apart.process import Ended, Limits, call_of, run
from ..cloud import Cloud
from ..errors import FerryError, InvalidEvent, ProgramFailed
from ..jobs import AloneJob
from ..log import log
from ..names import ObjectName, checked_key
from ..records.attempts import Attempt, Receipt
from ..settings import Settings
from ..transfer.transfer import Phases
from .command import arguments, parameters_of
from .description import Program
from .ending import ending, require_success, time_limit
from .found import find, folders
from .naming import ordered, split_key
from .output import Made, Output, Outputs
from .program import SHOWN, on_disk

Reply = dict[str, object]


def run_alone(job: AloneJob, cloud: Cloud, settings: Settings) -> Reply:
    """The reply. Not idempotent but as far as the program is."""
    began = time.monotonic()
    program = find(job.program, folders(settings))
    if not program.alone:
        raise InvalidEvent(
            f"source is missing: the program {program.name} needs an object like oss://bucket/key"
        )
    try:
        with on_disk(program):
            reply = _Time(program, job, cloud).done()
    except FerryError as error:
        seconds = round(time.monotonic() - began, 4)
        told = {"error_type": error.type, "error": error.message, "seconds": seconds}
        log("program.failed", "error", program=job.program, **told)
        raise
    seconds = round(time.monotonic() - began, 4)
    log("program.done", program=job.program, status="done", seconds=seconds)
    return reply


class _Time:
    """One time that it is run."""

    def __init__(self, program: Program, job: AloneJob, cloud: Cloud) -> None:
        self._program = program
        self._cloud = cloud
        self._target = job.target
        self._parameters = parameters_of(program, job.parameters)
        self._phases = Phases()
        if program.state and job.target is None:
            raise InvalidEvent(
                f"target is missing: the program {program.name} has a state, which is kept there"
            )

    def done(self) -> Reply:
        cloud, target, receipt = self._cloud, self._target, None
        if target is not None:
            what = f"{self._program.name} {target}"
            id = hashlib.sha256(what.encode()).hexdigest()[:40]
            attempt = Attempt(os.urandom(8).hex(), self._program.name)
            receipt = Receipt(cloud.bucket(target), id, attempt)
        with own_folder(split_key(self._program.state)[1]) as folder:
            try:
                with self._phases("fetch"):
                    Path(folder.file).write_bytes(self._state())
                ended = self._run(folder, receipt)
                with self._phases("store"):
                    made = self._store(folder, target, receipt)
            finally:
                if receipt:
                    receipt.delete()
        return {
            "status": "done",
            "program": self._program.name,
            **({} if target is None else {"outputs": _told(target, made)}),
            **({} if ended.progress is None else {"progress": ended.progress}),
            "seconds": self._phases.with_total,
        }

    def _state(self) -> bytes:
        if not self._program.state or self._target is None:
            return b""
        key = f"{self._target.key}{self._program.state}"
        found = self._cloud.bucket(self._target).read(key)
        return found[0] if found else b""

    def _run(self, folder: Folder, receipt: Receipt | None) -> Ended:
        program = self._program
        until = time_limit(program, self._cloud)
        disk = min(program.disk or sys.maxsize, free(folder))
        if program.function:
            path = [program.folder, *sys.path]
            command = call_of(program.function, path, folder, self._parameters)
        else:
            command = arguments(program, folder.file, folder.outputs, "", self._parameters)
        with self._phases("run"):
            ended = run(
                command,
                folder,
                program.environment,
                Limits(until.moment, disk),
                self._cloud.stop,
                heard=receipt.heard if receipt else lambda _: None,
                is_python=bool(program.function),
            )
        require_success(program, ended, until, disk)
        return ended

    def _store(
        self, folder: Folder, target: ObjectName | None, receipt: Receipt | None
    ) -> list[Made]:
        files = files_in(self._program.name, folder.outputs)
        if not files:
            return []
        if target is None or receipt is None:
            raise ProgramFailed(
                f"the program {self._program.name} left {len(files)} files, and the event has no"
                " target: give one, or let it leave none"
            )
        last = (*self._program.last, *([self._program.state] if self._program.state else []))
        wanted = [
            Output(name, checked_key(f"{target.key}{name}", "the key of an output"), files[name])
            for name in ordered(files, last)
        ]
        outputs = Outputs(folder.outputs, target, receipt.attempt.mark, self._cloud)
        with ending(self._cloud, self._cloud.deadline) as stop:
            try:
                uploads = outputs.open(wanted)
                # Only uploads are noted: objects count at once, so nobody is to remove them.
                if uploads:
                    receipt.write(state="storing", uploads=uploads)
                return outputs.make(wanted, last, stop)
            except BaseException:
                outputs.abort()
                raise


def _told(target: ObjectName, made: list[Made]) -> dict[str, object]:
    shown = [
        {"key": each.key, "size": each.size, "crc64": str(each.crc64)} for each in made[:SHOWN]
    ]
    return {
        "bucket": target.bucket,
        "count": len(made),
        "size": sum(each.size for each in made),
        "objects": shown,
    }
