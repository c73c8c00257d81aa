"""Gathers what belongs into the package: what the function's code can need while it runs.

The rules leave out what never runs, what is of this machine, and native code and certificates that
serve where nothing of ours goes. A rule that turns out to be wrong fails in the tests that run the
function from the zip.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

# pycparser serves cffi only to compile, and the self-tests are of no use in a function.
_FOLDERS = ("__pycache__", "bin", "pycparser", "SelfTest", "tests")
# What users deploy beside the function is theirs, and stays as it is.
PROGRAMS = "programs"
# The command is for people's machines, and installing it from a clone leaves a description.
_COMMAND = ("ossferry_cli", "ossferry.egg-info")
_SUFFIXES = (".pyc", ".pyi", ".pyx", ".pxd", ".hash", ".c", ".h")

# The SDK of Function Compute 3.0 imports aiohttp for its asynchronous calls, which nobody makes;
# aiohttp and the packages under it do without their native code. oss2 imports RSA and AES for
# encryption by the client; Crypto.PublicKey's native code is for elliptic curves and what came
# after them. The certificates are a second list, for a service that keeps keys for such encryption.
OPTIONAL = (
    "aiohttp/*.so",
    "aiohttp/_websocket/*.so",
    "frozenlist/*.so",
    "multidict/*.so",
    "propcache/*.so",
    "yarl/*.so",
    "Crypto/PublicKey/*.so",
    "aliyunsdkcore/vendored/requests/packages/certifi/cacert.pem",
)

# Of a package's own description the licences are kept, and METADATA, from which a package may
# read its version when it is imported.
_DESCRIPTION = ".dist-info"
_DESCRIBING = ("METADATA", "LICENSE", "LICENCE", "COPYING", "NOTICE", "AUTHORS")


class NameTaken(Exception):
    """Two folders have different files of one name."""


def gather(folders: Sequence[Path], into: Path) -> None:
    """Copy what belongs; a name may come from one folder only."""
    for folder in folders:
        for name in _names(folder):
            target = into / name
            if target.exists():
                raise NameTaken(name)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(folder / name, target)


def _names(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        name = PurePosixPath(path.relative_to(folder).as_posix())
        if path.is_file() and _belongs(name):
            yield str(name)


def _belongs(name: PurePosixPath) -> bool:
    if name.parts[0] == PROGRAMS:
        return "__pycache__" not in name.parts
    if any(part in _FOLDERS for part in name.parts[:-1]) or name.suffix in _SUFFIXES:
        return False
    if name.parts[0] in _COMMAND:
        return False
    if any(name.match(pattern) for pattern in OPTIONAL):
        return False
    if name.parts[0].endswith(_DESCRIPTION):
        return name.name.startswith(_DESCRIBING) and not name.parts[0].startswith(_FOLDERS)
    return True
