"""Zips as honest and as malicious people make them."""

from __future__ import annotations

import stat
from collections.abc import Mapping, Sequence
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

MODULE = {"greeting.py": b"def greet():\n    return 'hello from the depot'\n"}


def zip_of(files: Mapping[str, bytes], *, mode: int = 0, method: int = ZIP_DEFLATED) -> bytes:
    """A zip of these files, each with this mode; nobody checks the names."""
    return zip_of_members([(member(name, mode, method), body) for name, body in files.items()])


def member(name: str, mode: int = 0, method: int = ZIP_DEFLATED) -> ZipInfo:
    """The description of one file; ``mode`` as ``st_mode`` has it."""
    described = ZipInfo(name)
    described.external_attr = mode << 16
    described.compress_type = method
    return described


def zip_of_members(members: Sequence[tuple[ZipInfo, bytes]]) -> bytes:
    archive = BytesIO()
    with ZipFile(archive, "w") as opened:
        for described, body in members:
            opened.writestr(described, body)
    return archive.getvalue()


def link_to(target: str, name: str = "link") -> tuple[ZipInfo, bytes]:
    """A symbolic link as Info-ZIP stores it."""
    return member(name, stat.S_IFLNK | 0o777, ZIP_STORED), target.encode()
