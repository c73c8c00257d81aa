"""Programs with something to do then, from top to bottom:

    its group -> the program over the item -> noted -> counted -> the batch's program, elsewhere

An item is noted after its record is there. Whoever is interrupted in between is asked again by
Function Compute, finds the record, and goes on from there.
"""

from __future__ import annotations

from ..cloud import Cloud
from ..errors import FerryError, InvalidEvent, SourceGone
from ..jobs import FlushJob, GatherJob, ProgramJob, Then
from ..log import log
from ..names import ObjectName
from ..programs.found import find, folders
from ..programs.program import over, run_one
from ..records.attempts import id_of
from ..settings import Settings
from .asked import describe, group_for, require_allowed, require_number, then_for
from .count import Counted, Counting, submit_again
from .group import Group, groups
from .inputs import Inputs

Reply = dict[str, object]


def run(job: ProgramJob, cloud: Cloud, settings: Settings) -> Reply:
    """A program over one object, and what follows from that."""
    program = find(job.program, folders(settings))
    then = then_for(program, job.then, job.target, settings)
    if then is None:
        return run_one(job, cloud, settings)
    require_number(then)
    require_allowed(then, job.source.bucket, settings)
    group = group_for(program, job.parameters, job.target, then, cloud)
    describe(group, then)
    reply = run_one(job, cloud, settings)
    counted = arrived(group, then, id_of(str(reply["record"])), cloud)
    return {**reply, "then": _told(group, counted)}


def arrived(group: Group, then: Then, id: str, cloud: Cloud) -> Counted:
    """An item is done, and its record, which has this id, is there."""
    group.note(id)
    return Counting(group, then, cloud, noted=(id,)).done()


def flush(job: FlushJob, cloud: Cloud, settings: Settings) -> Reply:
    """Do not wait for more: what waits makes the last batch, which may be a short one."""
    program = find(job.program, folders(settings))
    then = then_for(program, job.then, job.target, settings)
    if then is None:
        raise InvalidEvent(f"the program {program.name} has no then: give one, or leave flush out")
    require_number(then)
    group = group_for(program, job.parameters, job.target, then, cloud)
    describe(group, then)
    counted = Counting(group, then, cloud, short=True).done()
    again = submit_again(group, cloud, asked=True)
    return {"status": "flushed", **_told(group, counted), "again": again}


def gather(job: GatherJob, cloud: Cloud, settings: Settings) -> Reply:
    """The program of a group over one batch; or a look whether any is due."""
    group = Group(job.target, job.group, cloud)
    if job.batch is None:
        return {"status": "counted", **_looked_after(group, cloud)}
    found = group.batch(job.batch)
    if found is None:
        raise SourceGone(f"there is no batch {job.batch} of {group.id}: leave it out")
    batch, then = found[0], found[0].then
    program = find(then.program, folders(settings))
    name = group.batch_name(job.batch)
    asked = ProgramJob(program.name, name, then.target, then.parameters)
    below = name.key.rpartition("/")[2]
    fetching = Inputs(program, group.target, batch.members)
    reply = over(program, asked, below, cloud, settings, fetching)
    group.close(job.batch)
    return {**reply, "group": group.id, "batch": job.batch, "members": len(batch.members)}


def wake(target: ObjectName, cloud: Cloud) -> list[Reply]:
    """Look after all groups of a bucket; what became of those in which something was to be done."""
    replies: list[Reply] = []
    for id in groups(target, cloud):
        try:
            reply = _looked_after(Group(target, id, cloud), cloud)
        except FerryError as error:  # the next look is soon, and others wait as well
            log("batch.no_look", "warning", group=id, error_type=error.type, error=error.message)
            continue
        if reply.get("batches") or reply.get("again"):
            replies.append(reply)
    return replies


def _looked_after(group: Group, cloud: Cloud) -> Reply:
    then = group.then()
    if then is None:
        return {"group": group.id, "batches": [], "waiting": 0, "again": []}
    counted = Counting(group, then, cloud, thorough=True).done()
    return {**_told(group, counted), "again": submit_again(group, cloud)}


def _told(group: Group, counted: Counted) -> Reply:
    return {"group": group.id, "batches": [*counted.made], "waiting": counted.waiting}
