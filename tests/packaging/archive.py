"""Packs folders into one zip whose bytes depend on nothing but the files' names and contents."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say
_READABLE = 0o100644 << 16
_UNIX = 3

# Left out: what running code never reads, or what is of the machine that packed it. pycparser
# serves cffi only to compile, and the self-tests are of no use in a function.
_FOLDERS = ("__pycache__", "bin", "pycparser", "SelfTest", "tests")
_SUFFIXES = (".pyc", ".pyi", ".c", ".h")
# Of a package's own description only its licences are kept.
_DESCRIPTION = ".dist-info"
_LICENCES = ("LICENSE", "LICENCE", "COPYING", "NOTICE", "AUTHORS")


class NameTaken(Exception):
    """Two folders have different files of one name."""


def pack(folders: Sequence[Path], target: Path) -> None:
    """Write the zip; a name may come from one folder only."""
    files: dict[str, Path] = {}
    for folder in folders:
        for name in _names(folder):
            if name in files:
                raise NameTaken(name)
            files[name] = folder / name
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system, entry.external_attr = _UNIX, _READABLE
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[name].read_bytes(), compresslevel=9)


def _names(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        name = path.relative_to(folder)
        if path.is_file() and _belongs(PurePosixPath(name)):
            yield name.as_posix()


def _belongs(name: PurePosixPath) -> bool:
    top = name.parts[0]
    if any(part in _FOLDERS for part in name.parts[:-1]) or name.suffix in _SUFFIXES:
        return False
    if top.endswith(_DESCRIPTION):
        return name.name.startswith(_LICENCES) and not top.startswith(_FOLDERS)
    return True
