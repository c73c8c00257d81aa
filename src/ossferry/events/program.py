"""What people and their messages write to have a program run: its name, parameters, and an object,
or a prefix or a list of many.

What a program is, and which parameters it takes, its description says; an event can bring neither
code nor a command.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..errors import InvalidEvent
from ..jobs import AloneJob, BulkJob, ProgramCall, ProgramJob, Then
from ..names import FOLDER, ObjectName, region_id
from ..settings import BUCKET, REGION, Settings
from ..settings import PROGRAM as NAME
from .bulk import BULK, bulk_of
from .fields import A_REGION, Fields
from .request import object_of

PROGRAM = "program"
_PARAMETER = r"[a-z][a-z0-9_]{0,31}"
_MOST_PARAMETERS = 50
_LONGEST = 1024  # characters of a value
_REQUIRED = {
    "program": "the name of a program that is deployed, like transcode",
    "source": "an object like oss://bucket/key",
    "target": "what goes before the keys of its outputs, like oss://bucket/folder/",
}
_ALONE = {"kind", "program", "target", "target_region", "parameters", "report"}
# What a job over many objects has besides, as one that copies them has it.
_OF_MANY = (
    *("list", "naming", "strict", "include", "exclude", "min_size", "max_size", "modified_after"),
    *("modified_before", "max_children", "fail_above", "dry_run", "report"),
    *("id", "again", "stop", "status"),
)
_FIELDS = {"kind", *_REQUIRED, "source_region", "target_region", "parameters", "then", *_OF_MANY}
_OF_THEN = {
    "program": "the name of a program that gathers",
    "when": "after how many items, or all",
    "target": _REQUIRED["target"],
}
_THEN_FIELDS = {*_OF_THEN, "target_region", "max_wait", "parameters"}
MOST_GATHERED = 1000
_LONGEST_WAIT = 7 * 24 * 3600  # seconds


def program_of(
    document: Mapping[str, Any], settings: Settings, region: str
) -> ProgramJob | BulkJob:
    """Over one object, or over many: below a prefix, which ends in /, or in a list. ``region`` is
    the function's own, where objects are if nothing says otherwise."""
    source, given = document.get("source"), {*document} & {*_OF_MANY}
    is_prefix = isinstance(source, str) and re.fullmatch(rf"oss://({BUCKET}|.*/)", source, re.S)
    given = {name for name in given if document[name] is not None}
    if is_prefix or (given and source is None):
        return _many_of(document, settings, region)
    given.discard("report")
    if given:
        raise InvalidEvent(
            f"{sorted(given)[0]} is for many objects: give a source that ends in /, or a list"
        )
    return one_of(document, settings, region)


def _many_of(document: Mapping[str, Any], settings: Settings, region: str) -> BulkJob:
    fields = Fields(document, _FIELDS)
    fields.choice("kind", (PROGRAM,))
    by_id = document.get("id") is not None and any(
        document.get(name) for name in ("again", "stop", "status")
    )
    source, listed = document.get("source"), document.get("list")
    is_known = by_id and source is None and listed is None
    needed = ("target",) if is_known else ("program", "target")
    fields.require(**{name: _REQUIRED[name] for name in needed})
    target = target_of(fields, settings, region)
    then = then_of(fields.optional_any("then"), settings, region)
    if is_known and then:
        raise InvalidEvent("then is on record with the job of this id: leave it out")
    if isinstance(source, str):
        _require_apart(source, target)
        if then:
            _require_apart(source, then.target)
    call = ProgramCall(named(fields), parameters_of(fields.optional_any("parameters")))
    asked = {name: document.get(name) for name in ("source", "source_region", *_OF_MANY)}
    asked |= {"kind": BULK, "target_region": target.region, "target_bucket_name": target.bucket}
    asked |= {"target_prefix": target.key or None}
    many = {name: value for name, value in asked.items() if value is not None}
    job = bulk_of(many, settings, region)
    return job if is_known else replace(job, program=call, then=then, overwrite="always")


def _require_apart(source: str, target: ObjectName) -> None:
    bucket, _, prefix = source.removeprefix("oss://").partition("/")
    one, other = prefix, target.key
    if bucket == target.bucket and (one.startswith(other) or other.startswith(one)):
        raise InvalidEvent(
            f"{source} and {target} lie in each other, so that outputs could become inputs: choose"
            " another target"
        )


def one_of(document: Mapping[str, Any], settings: Settings, region: str) -> ProgramJob:
    """Over one object."""
    fields = Fields(document, _FIELDS)
    fields.require(**_REQUIRED)
    fields.choice("kind", (PROGRAM,))
    job = ProgramJob(
        program=named(fields),
        source=_source(fields, region),
        target=target_of(fields, settings, region),
        parameters=parameters_of(fields.optional_any("parameters")),
        then=then_of(fields.optional_any("then"), settings, region),
        report=fields.flag("report"),
    )
    fields.finish()
    return job


def is_alone(document: Mapping[str, Any]) -> bool:
    """Whether it asks for a program over nothing; only a description says which can do that."""
    return document.keys() <= _ALONE


def alone_of(document: Mapping[str, Any], settings: Settings, region: str) -> AloneJob:
    """What a timer asks for, say. ``region`` is the function's own."""
    fields = Fields(document, _ALONE)
    fields.require(program=_REQUIRED["program"])
    fields.choice("kind", (PROGRAM,))
    job = AloneJob(
        program=named(fields),
        target=target_of(fields, settings, region) if "target" in document else None,
        parameters=parameters_of(fields.optional_any("parameters")),
        report=fields.flag("report"),
    )
    fields.finish()
    return job


def then_of(given: object, settings: Settings, region: str) -> Then | None:
    """What an event, or a description, says of one more program; None if nothing."""
    if given is None:
        return None
    if not isinstance(given, Mapping):
        raise InvalidEvent(
            'then must be an object like {"program": "x", "when": 40, "target": "oss://bucket/folder/"}'
        )
    try:
        return _then(given, settings, region)
    except InvalidEvent as error:
        raise InvalidEvent(f"then: {error.message}") from None


def _then(given: Mapping[str, Any], settings: Settings, region: str) -> Then:
    all_of_them = given.get("when") == "all"
    fields = Fields({**given, "when": None} if all_of_them else given, _THEN_FIELDS)
    fields.require(**{name: each for name, each in _OF_THEN.items() if name != "when"})
    when = fields.optional_whole("when", 1, MOST_GATHERED)
    if when is None and not all_of_them:
        raise InvalidEvent(f"when is missing: give a number up to {MOST_GATHERED}, or all")
    max_wait = fields.optional_whole("max_wait", 1, _LONGEST_WAIT)
    then = Then(
        program=named(fields),
        when=when,
        target=target_of(fields, settings, region),
        max_wait=None if max_wait is None else float(max_wait),
        parameters=parameters_of(fields.optional_any("parameters")),
    )
    fields.finish()
    return then


def named(fields: Fields) -> str:
    meaning = "a name of small letters, digits, - and _"
    return fields.optional_text("program", pattern=NAME, meaning=meaning) or ""


def _source(fields: Fields, own_region: str) -> ObjectName:
    text = fields.text("source", pattern=r".{1,2048}", meaning=_REQUIRED["source"])
    region = fields.optional_text("source_region", pattern=REGION, meaning=A_REGION)
    name = object_of(text, region or own_region, "source")
    if name.key.endswith("/"):
        raise InvalidEvent("source must be one object: a key that ends with / is a folder's")
    return name


def target_of(fields: Fields, settings: Settings, own_region: str) -> ObjectName:
    text = fields.text("target", pattern=r".{1,2048}", meaning=_REQUIRED["target"])
    given = fields.optional_text("target_region", pattern=REGION, meaning=A_REGION)
    region = given or settings.target_region or own_region
    found = re.fullmatch(rf"oss://({BUCKET})/((?![/\\]).{{0,1000}}|)", text, re.DOTALL)
    if not found:
        raise InvalidEvent(f"target must be {_REQUIRED['target']}")
    prefix = found[2]
    if prefix.startswith(FOLDER) or (prefix and FOLDER.startswith(prefix)):
        raise InvalidEvent(f"target must not lead to {FOLDER}, where ossferry's records are")
    if not region:
        raise InvalidEvent("target_region is missing: give the region of the target's bucket")
    return ObjectName(region_id(region), found[1], prefix)


def parameters_of(given: object) -> dict[str, str]:
    """As texts, which is what a command gets."""
    if given is None:
        return {}
    if not isinstance(given, dict) or len(given) > _MOST_PARAMETERS:
        raise InvalidEvent(f"parameters must be an object of at most {_MOST_PARAMETERS} values")
    for name in given:
        if not re.fullmatch(_PARAMETER, name):
            raise InvalidEvent(f"parameters has a name that is not allowed: {name[:40]!r}")
    return {name: _text(name, value) for name, value in given.items()}


def _text(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value) if isinstance(value, int | float | str) else None
    if text is None or len(text) > _LONGEST:
        raise InvalidEvent(
            f"parameters.{name} must be a text of at most {_LONGEST} characters, or a number"
        )
    return text
