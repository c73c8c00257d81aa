"""A function's code as its instances find it: a folder of its own, and a Python to run it.

A package is unpacked, and its instances see nothing else. A bare code folder, which is what the
project's own is while one works on it, goes with the runtime packages and the Python of the cloud.
"""

from __future__ import annotations

import re
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from tests.localcloud import interpreters

from .server_settings import runtime_packages
from .template import InvalidTemplate

_NATIVE = re.compile(r"\.cpython-(\d)(\d+)-")


@dataclass(frozen=True, slots=True)
class Python:
    """The interpreter that instances are started from.

    ``pristine``: every instance starts from the files as they were deployed, so none may leave
    byte code behind for the next.
    """

    path: str = sys.executable
    pristine: bool = False


@dataclass(frozen=True, slots=True)
class Code:
    """``search_path`` is all that instances import from, beside the standard library."""

    folder: Path
    search_path: tuple[str, ...]
    python: Python

    @classmethod
    def deployed(cls, source: Path, folder: Path) -> Code:
        """Take a code folder as it is, or unpack a package into ``folder``."""
        path = interpreter(source)
        if source.is_dir():
            return cls(source, (str(source), str(runtime_packages())), Python())
        with zipfile.ZipFile(source) as package:
            package.extractall(folder)
        return cls(folder, (str(folder),), Python(path, pristine=True))


def interpreter(source: Path) -> str:
    """Return a Python that can load the code's native modules; without any, the one here."""
    if source.is_dir():
        return sys.executable
    try:
        with zipfile.ZipFile(source) as package:
            names = package.namelist()
    except (OSError, zipfile.BadZipFile) as error:
        raise InvalidTemplate(f"{source} is neither a folder nor a zip: {error}") from error
    versions = {".".join(tag.groups()) for name in names if (tag := _NATIVE.search(name))}
    found = {version: interpreters.find(version) for version in versions or {interpreters.RUNNING}}
    if len(found) > 1:
        raise InvalidTemplate(f"{source.name} is for more than one Python: {sorted(found)}")
    ((version, path),) = found.items()
    if path is None:
        raise InvalidTemplate(
            f"{source.name} is for Python {version}, which is not on this machine"
        )
    return path
