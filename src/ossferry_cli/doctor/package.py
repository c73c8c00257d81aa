"""A package that is here: its checksum, and the programs in it, as the function would find them."""

from __future__ import annotations

import re
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ossferry.crc64 import crc64
from ossferry.settings import PROGRAM

if TYPE_CHECKING:
    from ossferry.programs.description import Program

_DESCRIPTION = re.compile(rf"programs/({PROGRAM}\.toml)")
_LARGEST = 1 << 20  # bytes of a description


class Package(NamedTuple):
    """``checksum`` is as Function Compute names it."""

    checksum: int
    descriptions: dict[str, bytes]

    def find(self, name: str) -> Program:
        """Raises ``ProgramMissing`` and ``InvalidProgram`` as the function does."""
        from ossferry.programs.found import find

        with tempfile.TemporaryDirectory() as folder:
            for file, text in self.descriptions.items():
                (Path(folder) / file).write_bytes(text)
            return find(name, [folder])


def read(path: Path) -> Package:
    """What is no zip has no programs."""
    content = path.read_bytes()
    descriptions: dict[str, bytes] = {}
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as zipped:
            for each in zipped.infolist():
                found = _DESCRIPTION.fullmatch(each.filename)
                if found and each.file_size <= _LARGEST:
                    descriptions[found[1]] = zipped.read(each)
    return Package(int(crc64(content)), descriptions)
