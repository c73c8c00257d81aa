"""What an event, or a description, asks to be done with outputs, and in which group they are."""

from __future__ import annotations

from collections.abc import Mapping

from ..cloud import Cloud
from ..errors import InvalidEvent, InvalidProgram
from ..events.program import then_of
from ..jobs import Then
from ..names import ObjectName
from ..oss.allowed import judge
from ..programs.command import parameters_of
from ..programs.description import Program
from ..programs.found import find, folders
from ..settings import Settings
from .batches import group_id
from .group import Group


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


def require_number(then: Then) -> None:
    """Raise if it is for all of a job, where there is none."""
    if then.when is None:
        raise InvalidEvent('when: "all" is for all of a job of many objects: give a number')


def require_allowed(then: Then, arrives: str, settings: Settings) -> None:
    """Raise if its outputs may not be written, or could be inputs that arrive in that bucket."""
    judge(settings, then.target.bucket, then.target.key)
    for rule in settings.program_rules:
        into = rule._replace(bucket=then.target.bucket, prefix=then.target.key)
        if into.loops(arrives):
            raise InvalidEvent(
                f"outputs of the program {then.program} would go to where {rule.pattern} in"
                " OSSFERRY_PROGRAM_RULES looks for inputs, which could loop: set another target"
            )


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


def describe(group: Group, then: Then) -> None:
    """Have the timer know the group; before its first item, look whether a batch can be one."""
    there = group.then()
    if there is None:
        group.require_once()
    if there != then:
        group.describe(then)
