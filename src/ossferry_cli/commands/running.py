"""What ``run`` does once its command line is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..asked.programs import Then, parameters_of
from ..asked.sources import shown, source_of, target_of
from ..options import Which
from ..problems import Misuse
from ..showing.screen import screen
from .attend import attend, rehearsed
from .ferry import ferry_of, list_said

_GIVEN_ON = (
    *("flush", "include", "exclude", "naming", "fail_above", "max_children", "id"),
    *("source_region", "target_region", "dry_run"),
)
_OF_THEN = ("when", "then_target", "max_wait", "then_parameter")


def run(
    program: str,
    places: tuple[str, ...],
    which: Which,
    as_json: bool,
    options: Mapping[str, Any],
) -> None:
    source, target = _parted(places, options)
    parameters = parameters_of(options["parameter"], "--parameter")
    then = _then(options)
    listed = list_said(options["listed"])
    task = ferry_of(which).run(
        program,
        None if source is None else source_of(source),
        target,
        parameters=parameters,
        list=listed,
        then=then,
        **{name: options[name] for name in _GIVEN_ON},
    )
    if options["dry_run"]:
        rehearsed(task, as_json)
    else:
        attend(task, screen(as_json), which, detach=options["detach"])


def _parted(places: tuple[str, ...], options: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """The source, unless something else says what it is run over, and the target."""
    said = [f"--{name}" for name in ("alone", "flush") if options[name]]
    said += ["--list"] if options["listed"] is not None else []
    if len(said) > 1:
        raise Misuse(f"{said[0]} and {said[1]} exclude each other: leave one out")
    if len(places) > 2:
        raise Misuse("give one source and the target; several objects are a list: --list FILE")
    if len(places) == 2 and said:
        raise Misuse(f"with {said[0]} there is no source: give the target alone")
    if said == ["--list"] and not places:
        raise Misuse("the target is missing: give one like oss://bucket/folder/")
    if len(places) == 2:
        return places[0], places[1]
    if places and not said and not target_of(places[0]).is_prefix:
        raise Misuse(
            f"the target is missing: give it after {shown(places[0])}; for a program without an"
            " object add --alone"
        )
    return None, places[0] if places else None


def _then(options: Mapping[str, Any]) -> Then | None:
    if options["then"] is None:
        for name in _OF_THEN:
            if options[name] not in (None, ()):
                raise Misuse(f"--{name.replace('_', '-')} is for --then PROGRAM: add that")
        return None
    when, target, max_wait, said = (options[name] for name in _OF_THEN)
    parameters = parameters_of(said, "--then-parameter")
    return Then(options["then"], when, target, max_wait, parameters)
