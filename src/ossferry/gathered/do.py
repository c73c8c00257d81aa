"""Programs with something to do then, from top to bottom:

    its group -> the program over the item -> noted -> counted -> the batch's program, elsewhere

An item is noted after its record is there. Whoever is interrupted in between is asked again by
Function Compute, finds the record, and goes on from there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..cloud import Cloud
from ..errors import FerryError, InvalidEvent, InvalidProgram, SourceGone
from ..events.program import then_of
from ..jobs import FlushJob, GatherJob, ProgramJob, Then
from ..log import log
from ..names import ObjectName
from ..oss.allowed import judge
from ..programs.command import parameters_of
from ..programs.description import Program
from ..programs.found import find, folders
from ..programs.program import over, run_one
from ..settings import Settings
from .batches import group_id
from .count import Counted, Counting, made_of_all, submit_again
from .group import Group, groups
from .inputs import Inputs

Reply = dict[str, object]


def run(job: ProgramJob, cloud: Cloud, settings: Settings) -> Reply:
    """A program over one object, and what follows from that."""
    program = find(job.program, folders(settings))
    then = then_for(program, job.then, job.target, settings)
    if then is None:
        return run_one(job, cloud, settings)
    if then.when is None:
        raise InvalidEvent('when: "all" is for all of a job, and this is one object: give a number')
    _refuse_loops(job, then, settings)
    judge(settings, then.target.bucket, then.target.key)
    group = group_for(program, job.parameters, job.target, then, cloud)
    _describe(group, then)
    reply = run_one(job, cloud, settings)
    counted = arrived(group, then, id_of(reply), cloud)
    return {**reply, "then": _told(group, counted)}


def then_for(
    program: Program, asked: Then | None, target: ObjectName, settings: Settings
) -> Then | None:
    """What an event asks for, or else what a description says; with all parameters."""
    if asked is None:
        try:
            asked = then_of(program.then, settings, target.region)
        except InvalidEvent as error:
            raise InvalidProgram(f"programs/{program.name}.toml: {error.message}") from None
    if asked is None:
        return None
    other = find(asked.program, folders(settings))
    if not other.gathers:
        raise InvalidProgram(
            f"programs/{other.name}.toml: then is for a program that gathers: give it gathers ="
            ' "files", or "keys"'
        )
    return asked._replace(parameters=parameters_of(other, asked.parameters))


def group_for(
    program: Program,
    given: Mapping[str, str],
    target: ObjectName,
    then: Then,
    cloud: Cloud,
    of_job: str = "",
) -> Group:
    """Where outputs of a program with the ``given`` parameters are gathered; ``of_job`` is the id
    of a job of many items, which gathers only its own."""
    id = group_id(program.name, parameters_of(program, given), target, then, of_job)
    return Group(target, id, cloud)


def arrived(group: Group, then: Then, id: str, cloud: Cloud) -> Counted:
    """An item is done, and its record, which has this id, is there."""
    group.note(id)
    return Counting(group, then, cloud, noted=id).done()


def all_done(group: Group, then: Then, ids: Sequence[str], cloud: Cloud) -> None:
    """All items of a job are done, and have records with these ids: one batch, in this order.

    Idempotent; ``group`` has to be of that job alone.
    """
    if ids:
        made_of_all(group, then, ids, cloud)


def id_of(reply: Mapping[str, object]) -> str:
    """The id of a record, out of the reply that names it."""
    return str(reply["record"]).rpartition("/")[2].removesuffix(".json")


def flush(job: FlushJob, cloud: Cloud, settings: Settings) -> Reply:
    """Do not wait for more: what waits makes the last batch, which may be a short one."""
    program = find(job.program, folders(settings))
    then = then_for(program, job.then, job.target, settings)
    if then is None:
        raise InvalidEvent(f"the program {program.name} has no then: give one, or leave flush out")
    group = group_for(program, job.parameters, job.target, then, cloud)
    _describe(group, then)
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


def _describe(group: Group, then: Then) -> None:
    """Have the timer know the group; before its first item, look whether a batch can be one."""
    there = group.then()
    if there is None:
        group.require_once()
    if there != then:
        group.describe(then)


def _refuse_loops(job: ProgramJob, then: Then, settings: Settings) -> None:
    """What is made of outputs must not arrive as an input."""
    for rule in settings.program_rules:
        into = rule._replace(bucket=then.target.bucket, prefix=then.target.key)
        if into.loops(job.source.bucket):
            raise InvalidEvent(
                f"outputs of the program {then.program} would go to where {rule.pattern} in"
                " OSSFERRY_PROGRAM_RULES looks for inputs, which could loop: set another target"
            )
