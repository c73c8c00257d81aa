"""Finds a program by its name: beside ``index.py``, or in a depot that the initializer unpacked.

The function's own come first: nothing in a depot may replace what the package has.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..errors import InvalidProgram, ProgramMissing
from ..events.fields import near
from ..jobs import ProgramCall
from ..settings import PROGRAM, Settings
from .command import parameters_of
from .description import Program, program_of

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_FOLDER = "programs"
_NOT_GIVEN = r"(?i)(OSSFERRY|ALIBABA|ALICLOUD|ALIYUN|FC)_|ACCESS|SECURITY|SECRET_?KEY"
_SHOWN = 20  # names in a sentence


def folders(settings: Settings) -> list[str]:
    """Where programs may stand, in the order in which they are looked for."""
    code = os.path.abspath(f"{__file__}/../../..")
    return [f"{each}/{_FOLDER}" for each in (code, *(entry.folder for entry in settings.depot))]


def find(name: str, places: Sequence[str]) -> Program:
    """The program of this name, which events may only make of letters, digits, - and _."""
    for folder in places:
        try:
            with open(f"{folder}/{name}.toml", "rb") as file:
                text = file.read()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise InvalidProgram(f"programs/{name}.toml cannot be read: {error.strerror}") from None
        program = program_of(name, read(name, text), folder, hashlib.sha256(text).hexdigest())
        return program._replace(environment=_with_ours(program.environment))
    names = sorted({*_names(places)})
    if meant := near(name, names):
        raise ProgramMissing(f"there is no program {name}: did you mean {meant}?")
    known = f"there are {', '.join(names[:_SHOWN])}" if names else "none is deployed"
    raise ProgramMissing(
        f"there is no program {name}, and {known}: put programs/{name}.toml beside index.py or into"
        " a depot"
    )


def called(call: ProgramCall, settings: Settings) -> Program:
    """The program of a call that it takes."""
    program = find(call.name, folders(settings))
    parameters_of(program, call.parameters)
    return program


def _with_ours(declared: Mapping[str, str]) -> dict[str, str]:
    """A value like $NAME is the function's own variable of this name; there is none if it has
    none. Never one of ossferry's or of Function Compute's, among which are keys."""
    found = {}
    for name, value in declared.items():
        ours = re.fullmatch(r"\$([A-Za-z_][A-Za-z0-9_]*)", value)
        if ours is None:
            found[name] = value
        elif re.match(_NOT_GIVEN, ours[1]):
            raise InvalidProgram(
                f"environment.{name} of a program names {ours[1]}, which is not given to any: use"
                " another name"
            )
        elif ours[1] in os.environ:
            found[name] = os.environ[ours[1]]
    return found


def _names(places: Sequence[str]) -> Iterator[str]:
    for folder in places:
        for file in os.listdir(folder) if os.path.isdir(folder) else ():
            name, suffix = os.path.splitext(file)
            if suffix == ".toml" and re.fullmatch(PROGRAM, name):
                yield name


def read(name: str, text: bytes) -> dict[str, Any]:
    """A description as TOML has it."""
    try:
        return tomllib.loads(text.decode())
    except UnicodeDecodeError:
        raise InvalidProgram(f"programs/{name}.toml is not UTF-8: save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise InvalidProgram(f"programs/{name}.toml is no TOML: {error}") from None
