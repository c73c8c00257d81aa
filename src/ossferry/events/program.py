"""What people and their messages write to have a program run: its name, an object, parameters.

What a program is, and which parameters it takes, its description says; an event can bring neither
code nor a command.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..errors import InvalidEvent
from ..jobs import ProgramJob
from ..names import FOLDER, ObjectName, region_id
from ..settings import BUCKET, REGION, Settings
from ..settings import PROGRAM as NAME
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
_FIELDS = {"kind", *_REQUIRED, "source_region", "target_region", "parameters"}


def program_of(document: Mapping[str, Any], settings: Settings, region: str) -> ProgramJob:
    """``region`` is the function's own, where objects are if nothing says otherwise."""
    fields = Fields(document, _FIELDS)
    fields.require(**_REQUIRED)
    fields.choice("kind", (PROGRAM,))
    job = ProgramJob(
        program=fields.text(
            "program", pattern=NAME, meaning="a name of small letters, digits, - and _"
        ),
        source=_source(fields, region),
        target=_target(fields, settings, region),
        parameters=_parameters(fields.optional_any("parameters")),
    )
    fields.finish()
    return job


def _source(fields: Fields, own_region: str) -> ObjectName:
    text = fields.text("source", pattern=r".{1,2048}", meaning=_REQUIRED["source"])
    region = fields.optional_text("source_region", pattern=REGION, meaning=A_REGION)
    name = object_of(text, region or own_region, "source")
    if name.key.endswith("/"):
        raise InvalidEvent("source must be one object: a key that ends with / is a folder's")
    return name


def _target(fields: Fields, settings: Settings, own_region: str) -> ObjectName:
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


def _parameters(given: object) -> dict[str, str]:
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
