"""Packs a folder into a zip whose bytes depend on nothing but the files' names and contents."""

from __future__ import annotations

import zipfile
from pathlib import Path

from .contents import PROGRAMS

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say
_READABLE, _EXECUTABLE = 0o100644 << 16, 0o100755 << 16
_UNIX = 3


def pack(folder: Path, target: Path) -> None:
    """Write the zip: sorted names, no dates; of the modes, what of the programs can be run."""
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*")}
    with zipfile.ZipFile(target, "w") as archive:
        for name, path in sorted(files.items()):
            if path.is_file():
                entry = zipfile.ZipInfo(name, _EPOCH)
                runs = name.startswith(f"{PROGRAMS}/") and path.stat().st_mode & 0o100
                entry.create_system = _UNIX
                entry.external_attr = _EXECUTABLE if runs else _READABLE
                archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
