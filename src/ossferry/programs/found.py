"""Finds a program by its name: beside ``index.py``, or in a depot that the initializer unpacked.

The function's own come first: nothing in a depot may replace what the package has.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from ..errors import InvalidProgram, ProgramMissing
from ..settings import PROGRAM, Settings
from .description import Program, program_of

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_FOLDER = "programs"
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
        return program_of(name, read(name, text), folder, hashlib.sha256(text).hexdigest())
    names = sorted({*_names(places)})
    known = f"there are {', '.join(names[:_SHOWN])}" if names else "none is deployed"
    raise ProgramMissing(
        f"there is no program {name}, and {known}: put programs/{name}.toml beside index.py or into"
        " a depot"
    )


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
