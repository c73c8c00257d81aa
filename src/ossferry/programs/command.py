"""What a child is started with: placeholders and parameters become one list of arguments. Pure.

There is no shell. A value becomes a part of one argument, whatever it holds, and is not looked at
again; a key is data, and never the way to a file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..errors import InvalidEvent
from ..events.fields import near
from .description import OF_KEY, PLACEHOLDER, Program
from .naming import split_key
from .parameter import allowed, allows


def parameters_of(program: Program, given: Mapping[str, str]) -> dict[str, str]:
    """All parameters of a program, those that the event leaves out by their defaults."""
    known = program.parameters
    for name in sorted(given.keys() - known.keys()):
        meant = near(name, known) if known else None
        listed = f"it has {', '.join(known)}" if known else "it has none"
        advice = f"did you mean {meant}?" if meant else listed
        raise InvalidEvent(f"{name} is no parameter of the program {program.name}: {advice}")
    found = {}
    for name, parameter in known.items():
        value = given.get(name, parameter.default)
        if value is None:
            raise InvalidEvent(f"parameters.{name} is missing: give {allowed(parameter)}")
        if not allows(parameter, value):
            raise InvalidEvent(f"parameters.{name} must be {allowed(parameter)}")
        found[name] = value
    return found


def list_beside(file: str) -> str:
    """Where the list of what was gathered is, if its files are there."""
    return f"{file.rpartition('/')[0]}/list.jsonl"


def arguments(
    program: Program, file: str, folder: str, key: str, parameters: Mapping[str, str]
) -> list[str]:
    """The command for one item: absolute paths of its input and of the folder for outputs."""
    stem, suffix = split_key(key)
    values = {
        "file": file,
        "inputs": file,
        "list": list_beside(file),
        "folder": folder,
        "program": program.folder,
        "key": key,
        "stem": stem,
        "suffix": suffix,
        **parameters,
    }
    return [_filled(program, argument, values) for argument in program.command]


def _filled(program: Program, argument: str, values: Mapping[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        left, name, right = found.groups()
        if left and right:  # {{name}} stays {name}
            return f"{{{name}}}"
        return f"{left}{values[name]}{right}"

    filled = PLACEHOLDER.sub(value, argument)
    of_key = any(found[2] in OF_KEY for found in PLACEHOLDER.finditer(argument))
    if of_key and "\0" in filled:
        raise InvalidEvent("the key of source has a zero byte, which no argument can have")
    if of_key and filled.startswith("-") and not argument.startswith("-"):
        raise InvalidEvent(
            f"the key of source begins with -, which the program {program.name} might take for an"
            " option: copy the object to another key first"
        )
    return filled
