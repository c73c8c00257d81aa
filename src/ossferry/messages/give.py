"""Gives the messages of an event to the program of the operator's, from top to bottom:

    groups -> each an object -> the program over it -> failed messages sent on -> noted for what is
        to be done then -> the object is gone

That object is among ossferry's own records, and as long as it is there, not all of its group is
done. So the outputs of a group are made like all outputs of programs, once; and a message that the
program could not use is sent on as an event of its own, which fails with the program's reason: that
is how it reaches Function Compute's failure destination.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..apart.said import one_line
from ..cloud import Cloud
from ..errors import BatchFailed, FerryError, InvalidSettings, ProgramFailed, Stopped
from ..gathered.many import Share, share_of
from ..jobs import ProgramJob
from ..log import log
from ..names import PROGRAMS_FOLDER, ObjectName, region_id
from ..programs.description import Program
from ..programs.found import find, folders
from ..programs.naming import output_keys
from ..programs.program import over
from ..records.attempts import id_of, named_by
from ..settings import Settings
from .rows import Group, alone, groups
from .unusable import Unusable, unusable

Reply = dict[str, object]
SendOn = Callable[[Mapping[str, Any], FerryError], None]

FAILED = "failed.jsonl"  # the file in which a program says what it could not use, and why
_FOLDER = f"{PROGRAMS_FOLDER}messages/"
_PLACE = ("topic", "partition", "offset")


def give(
    event: Mapping[str, Any], region: str, cloud: Cloud, settings: Settings, send_on: SendOn
) -> Reply:
    """The reply, by groups; ``send_on`` invokes this function with an event that is to fail.

    Groups behind one that fails are done all the same. Then its error is that of the event, which
    is delivered again and finds what is done.
    """
    rule = settings.message_program
    region = region_id(settings.target_region or region)
    if rule is None or not region:
        raise InvalidSettings("the setting OSSFERRY_TARGET_REGION is missing: give a region")
    target = ObjectName(region, rule.bucket, rule.prefix)
    program = find(rule.program, folders(settings))
    share = share_of(program, ProgramJob(program.name, target, target), cloud, settings)
    told: list[Reply] = []
    first: FerryError | None = None
    for group in groups(event):
        try:
            told.append(_Giving(program, group, target, cloud, settings, send_on, share).done())
        except Stopped:
            raise
        except FerryError as error:
            why = {"error_type": error.type, "error": error.message}
            log("messages.failed", "error", group=group.name, **why)
            first = first or error
    if share:
        share.count()
    if first:
        raise first
    return {"status": "done", "program": program.name, "groups": told}


class _Giving:
    """One group."""

    def __init__(
        self,
        program: Program,
        group: Group,
        target: ObjectName,
        cloud: Cloud,
        settings: Settings,
        send_on: SendOn,
        share: Share | None,
    ) -> None:
        self._share = share
        self._program = program
        self._group = group
        self._cloud = cloud
        self._settings = settings
        self._invoke = send_on
        self._below = f"{group.name}.jsonl"
        source = target._replace(key=f"{_FOLDER}{self._below}")
        self._job = ProgramJob(program.name, source, target)

    def done(self) -> Reply:
        group, key = self._group, self._job.source.key
        bucket = self._cloud.bucket(self._job.target)
        unfinished = bucket.head(key) is not None
        bucket.write(key, group.lines)
        reply = over(self._program, self._job, self._below, self._cloud, self._settings)
        # What is on record from before has been told of, unless that was interrupted.
        is_news = reply["status"] == "done" or unfinished
        failed = self._failed(str(reply["record"])) if is_news else []
        self._send_on(failed)
        if self._share:
            self._share.note(id_of(str(reply["record"])))
        bucket.delete(key)
        log("messages.done", group=group.name, messages=len(group.rows), failed=len(failed))
        return {
            "status": reply["status"],
            "group": group.name,
            "messages": len(group.rows),
            "failed": len(failed),
            "outputs": reply["outputs"],
            "record": reply["record"],
        }

    def _failed(self, record: str) -> list[Unusable]:
        """What the program says that it could not use; not what it said of another batch."""
        job, bucket = self._job, self._cloud.bucket(self._job.target)
        keys = output_keys(self._program, job.source, job.target, self._below, [FAILED])
        done = bucket.read(record)
        if done is None or keys[FAILED] not in named_by(done[0]):
            return []
        found = bucket.read(keys[FAILED])
        return unusable(found[0], len(self._group.rows)) if found else []

    def _send_on(self, failed: list[Unusable]) -> None:
        group, name = self._group, self._program.name
        for each in failed:
            reason = one_line(each.reason, cut=False, secrets=self._program.environment.values())
            error = ProgramFailed(f"the program {name} cannot use the message: {reason}")
            row = group.rows[each.place]
            named = {field: row[field] for field in _PLACE if field in row}
            log("message.failed", "warning", **named, error_type=error.type, error=error.message)
            try:
                self._invoke(alone(group.entries[each.place]), error)
            except FerryError as refusal:
                raise BatchFailed(
                    f"a message of {group.name} failed and could not be sent on: {reason}; what"
                    f" kept it: {refusal.message}"
                ) from refusal
