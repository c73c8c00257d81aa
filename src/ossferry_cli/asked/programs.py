"""The event that a ``run`` asks for: a program over an object, over many, or over none. Pure.

Which programs there are, and what their parameters may be, the function knows; everything else is
judged here, by the function's own reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ossferry.errors import InvalidEvent
from ossferry.events.parse import parse
from ossferry.events.program import PROGRAM, then_of
from ossferry.origins.place import is_object
from ossferry.settings import Settings

from ..problems import Misuse
from .events import Event, encoded, given
from .sources import Target, is_prefix, shown

LOCAL = "local"  # stands for the address of a list that is not there yet
_ABOUT_MANY = ("stop", "again", "status")


class Then(NamedTuple):
    """One more program over the outputs of so many objects, or ``when`` is ``all`` of all of a job;
    its own go to ``target``. ``max_wait`` is in seconds."""

    program: str
    when: int | str | None
    target: str | None
    max_wait: int | None = None
    parameters: Mapping[str, str] = {}


class Run(NamedTuple):
    """What was said on the command line. ``list`` is an address that the function can read; without
    it and a source the program is alone. ``many`` has fields that only many objects have."""

    program: str
    source: str | None
    target: Target | None
    region: str
    list: str | None = None
    source_region: str | None = None
    parameters: Mapping[str, str] = {}
    then: Then | None = None
    flush: bool = False
    many: Mapping[str, Any] = {}

    def __repr__(self) -> str:
        return f"Run({self.program})"

    @property
    def is_many(self) -> bool:
        return self.list is not None or (self.source is not None and is_prefix(self.source))


def program_event(run: Run) -> Event:
    """The event, without an id."""
    _require_sense(run)
    many = given(dict(run.many)) if run.is_many else {"report": True}  # its reply, for who follows
    event = given(
        {
            "kind": PROGRAM,
            "program": run.program,
            "source": run.source,
            "list": run.list,
            "source_region": run.source_region,
            "target": run.target and str(run.target),
            "target_region": run.target and run.region,
            "parameters": dict(run.parameters),
            "then": run.then and _then(run.then, run.region),
            "flush": run.flush,
        }
    )
    _require_valid({**event, **many}, run.region)
    return {**event, **many}


def _require_sense(run: Run) -> None:
    is_alone = run.source is None and run.list is None and not run.flush
    if run.source is not None and not is_object(run.source):
        raise Misuse(
            f"{shown(run.source)} is no object: a program is run over oss://bucket/key, or over a"
            " prefix that ends in /; copy it there with ossferry cp first"
        )
    if run.flush and run.target is None:
        raise Misuse("--flush needs the target: give that which the objects were run with")
    if is_alone and run.then:
        raise Misuse("--then is for what is made of objects: give a source, a list, or --flush")
    for name in () if run.is_many else given(dict(run.many)):
        raise Misuse(
            f"--{name.replace('_', '-')} is for many objects: give a prefix that ends in /, or a"
            " list with --list FILE"
        )
    if run.then and not run.is_many and run.then.when == "all":
        raise Misuse("--when all is for a prefix or a list: give a number")


def _then(then: Then, region: str) -> Event:
    if then.when is None or then.target is None:
        raise Misuse("--then needs --when N or all, and --then-target oss://bucket/folder/")
    return given(
        {
            "program": then.program,
            "when": int(then.when) if str(then.when).isdecimal() else then.when,
            "target": then.target,
            "target_region": region,
            "max_wait": then.max_wait,
            "parameters": dict(then.parameters),
        }
    )


def parameters_of(said: Iterable[str], option: str) -> dict[str, str]:
    """Texts by their names."""
    found = {}
    for text in said:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise Misuse(f"{option} {text[:40]} has no value: give {option} NAME=VALUE")
        found[name] = value
    return found


def _require_valid(event: Event, region: str) -> None:
    """Each part by itself, so that an error says which it is."""
    rest = {name: value for name, value in event.items() if name != "then"}
    if rest.get("list") == LOCAL:
        rest["list"] = "oss://my-bucket/list"
    try:
        then_of(event.get("then"), Settings(), region)
        parse(rest, Settings(), region)
    except InvalidEvent as error:
        raise Misuse(error.message) from None
    encoded(event)


def is_program(event: Mapping[str, Any]) -> bool:
    return event.get("kind") == PROGRAM


def is_of_many(event: Mapping[str, Any]) -> bool:
    """Whether it is a job of many items, and so has a head."""
    source = str(event.get("source") or "")
    return is_prefix(source) or any(event.get(name) for name in ("list", *_ABOUT_MANY))


def described_program(event: Mapping[str, Any]) -> str:
    """What is run over what, in a few words without secrets."""
    if event.get("again"):
        return f"failed items of {event.get('id')}"
    if "group" in event:
        return f"batch {event['batch']} of {event['group']}" if "batch" in event else "batches"
    over = event.get("source") or shown(str(event.get("list") or ""))
    what = f"{event.get('program')} over {over}" if over else f"{event.get('program')}"
    what = f"flush of {what}" if event.get("flush") else what
    return f"{what} to {event['target']}" if event.get("target") else what
