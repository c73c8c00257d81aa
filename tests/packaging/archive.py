"""Packs a folder into a zip whose bytes depend on nothing but the files' names and contents."""

from __future__ import annotations

import zipfile
from pathlib import Path

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say
_READABLE = 0o100644 << 16
_UNIX = 3


def pack(folder: Path, target: Path) -> None:
    """Write the zip: sorted names, no dates, no modes."""
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*")}
    with zipfile.ZipFile(target, "w") as archive:
        for name, path in sorted(files.items()):
            if path.is_file():
                entry = zipfile.ZipInfo(name, _EPOCH)
                entry.create_system, entry.external_attr = _UNIX, _READABLE
                archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
