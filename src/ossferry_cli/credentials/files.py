"""Files of other tools as text: absent, unreadable, or open to other people of the machine."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from .found import CredentialsError

_AT_MOST = 1 << 20  # far more than anybody's keys take


def text_of(path: Path) -> str | None:
    """``None`` if there is no such file."""
    try:
        with path.open("rb") as file:
            content = file.read(_AT_MOST + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise CredentialsError(f"{path} cannot be read: {error.strerror or error}") from None
    if len(content) > _AT_MOST:
        raise CredentialsError(f"{path} has more than {_AT_MOST:,} bytes, which no such file has")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CredentialsError(f"{path} is no text in UTF-8") from None


def warnings_of(path: Path) -> tuple[str, ...]:
    """That others may read it, where the system knows of others."""
    if os.name != "posix":
        return ()
    try:
        mode = path.stat().st_mode
    except OSError:
        return ()
    if mode & (stat.S_IRGRP | stat.S_IROTH):
        return (f"other users of this machine may read {path}: run chmod 600 {path}",)
    return ()
