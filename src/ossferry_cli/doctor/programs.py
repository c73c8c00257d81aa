"""Programs that arrivals and messages are given to: their limits, their targets, what they are.

What they are is known only if the package is here. The function's own readers judge it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ossferry.errors import FerryError, InvalidEvent, InvalidProgram, ProgramMissing
from ossferry.events.program import then_of
from ossferry.names import region_id
from ossferry.settings import Settings

from .clients import BucketInfo, Document
from .finding import Finding, ok, problem, warning
from .triggers import woken

if TYPE_CHECKING:
    from ossferry.programs.description import Program

# A program of the package by its name; raises as the function does.
Find = Callable[[str], "Program"]

_ABOUT = "programs"
_DISK, _LARGER = 512, 10_240  # MB that an instance has
_KEPT = 20  # seconds, about, that are left for what a program has made
_CORRECT = "correct it in the package or in s.yaml, and deploy again"
_NEVER_HAD = "give a target in a bucket that never had it"


class Given(NamedTuple):
    """What the settings give to a program, and the bucket where its outputs go."""

    program: str
    bucket: str
    prefix: str


def given_to(settings: Settings) -> list[Given]:
    messages = (settings.message_program,) if settings.message_program else ()
    every = (*settings.program_rules, *messages)
    return [Given(each.program, each.bucket, each.prefix) for each in every]


class Room(NamedTuple):
    """What a run has: MB of disk, unless a file system is mounted for it, and seconds."""

    disk: int | None
    seconds: int


def where_outputs_go(settings: Settings, region: str) -> str:
    """The region in which the function looks for the buckets of its programs."""
    return region_id(settings.target_region or region)


def about_programs(
    described: Document,
    triggers: Sequence[Document],
    settings: Settings,
    region: str,
    find: Find | None,
) -> Iterator[Finding]:
    given = dict.fromkeys(given_to(settings))
    if not given:
        return
    disk, timeout = (int(described.get(name) or 0) for name in ("diskSize", "timeout"))
    # A mounted file system is as large as it is.
    mounted = "TMPDIR" in (described.get("environmentVariables") or {})
    room = Room(None if mounted else disk or _DISK, max(0, timeout - _KEPT))
    names = ", ".join(dict.fromkeys(each.program for each in given))
    disk_of_it = "TMPDIR" if room.disk is None else f"{room.disk} MB of disk"
    yield ok(
        _ABOUT,
        f"{names}: {disk_of_it} for input, work and outputs together, and {room.seconds} s for a"
        " run",
    )
    for each in given:
        yield from _allowed(each, settings)
        if find is not None:
            yield from _as_deployed(each, room, triggers, settings, region, find)


def _allowed(given: Given, settings: Settings) -> Iterator[Finding]:
    if not settings.allows(given.bucket, f"{given.prefix}x"):
        yield problem(
            _ABOUT,
            f"outputs of the program {given.program} may not go to"
            f" oss://{given.bucket}/{given.prefix}: OSSFERRY_ALLOW_TARGETS does not name that",
            "name it there, or give it another target",
        )


def _as_deployed(
    given: Given,
    room: Room,
    triggers: Sequence[Document],
    settings: Settings,
    region: str,
    find: Find,
) -> Iterator[Finding]:
    try:
        yield from _described(find(given.program), room)
        yield from _then(given, triggers, settings, region, find)
    except ProgramMissing as error:
        if not settings.depot:
            yield problem(_ABOUT, error.message, _CORRECT)
    except FerryError as error:
        yield problem(_ABOUT, error.message, _CORRECT)


def _described(program: Program, room: Room) -> Iterator[Finding]:
    name = f"programs/{program.name}.toml"
    if program.gathers:
        raise InvalidProgram(
            f"{name}: a program with gathers is for then, and only such a one is: name another"
        )
    _require_defaults(program, {})
    disk = (program.disk or 0) // 1_000_000
    if room.disk is not None and disk > room.disk:
        larger = f"set diskSize to {_LARGER}" if room.disk < _LARGER else "mount a file system"
        yield warning(
            _ABOUT, f"{name}: its disk_mb of {disk} is more than diskSize, {room.disk} MB", larger
        )
    if program.seconds and program.seconds > room.seconds:
        yield warning(
            _ABOUT,
            f"{name}: its {program.seconds:g} seconds are more than the {room.seconds} that the"
            " function's timeout leaves",
            "raise timeout in s.yaml, or lower seconds",
        )


def _require_defaults(program: Program, given: Mapping[str, str]) -> None:
    from ossferry.programs.command import parameters_of

    try:
        parameters_of(program, given)
    except InvalidEvent as error:
        raise InvalidProgram(f"programs/{program.name}.toml: {error.message}") from None


def _then(
    given: Given, triggers: Sequence[Document], settings: Settings, region: str, find: Find
) -> Iterator[Finding]:
    program = find(given.program)
    try:
        then = then_of(program.then, settings, region)
    except InvalidEvent as error:
        raise InvalidProgram(f"programs/{program.name}.toml: {error.message}") from None
    if then is None:
        return
    other = find(then.program)
    if not other.gathers:
        raise InvalidProgram(
            f"programs/{other.name}.toml: then is for a program that gathers: give it gathers ="
            ' "files", or "keys"'
        )
    _require_defaults(other, then.parameters)
    if then.max_wait is not None and given.bucket not in woken(triggers, settings, region):
        yield warning(
            _ABOUT,
            f"no timer wakes what waits in {given.bucket}: where a delayed invocation gets lost,"
            f" outputs of {program.name} wait for longer than the max_wait of its then",
            f"take the timer wake from s.yaml, for the bucket {given.bucket}",
        )


def gathering(settings: Settings, find: Find | None) -> Collection[str] | None:
    """The buckets in which outputs are gathered; None where that is not known."""
    if find is None:
        return None
    found = set()
    for each in given_to(settings):
        try:
            if find(each.program).then is not None:
                found.add(each.bucket)
        except ProgramMissing:
            if settings.depot:
                return None
        except FerryError:
            continue
    return found


def about_outputs(
    name: str, info: BucketInfo, region: str, settings: Settings, gathered: Collection[str] | None
) -> Iterator[Finding]:
    """A bucket that outputs go to; ``region`` is where the function looks for it."""
    given = [each for each in given_to(settings) if each.bucket == name]
    about = f"bucket {name}"
    if given and info.region != region:
        yield problem(
            about,
            f"it is in {info.region}, and the function looks for it in {region} to store what"
            f" {given[0].program} makes",
            f"set OSSFERRY_TARGET_REGION to {info.region}, or name a bucket in {region}",
        )
    if not info.versioning or not given:
        return
    if gathered is None:
        yield warning(
            about,
            "it has, or had, versioning, under which OSS lets two make the same batch: a program"
            " with then is refused there",
            f"for then, {_NEVER_HAD}",
        )
    elif name in gathered:
        yield problem(
            about,
            "it has, or had, versioning, under which OSS lets two make the same batch",
            f"for then, {_NEVER_HAD}",
        )
