"""The client that a command line asks for, which tells on stderr whom it has chosen."""

from __future__ import annotations

import sys

from ..client.ferry import Ferry
from ..function import chosen
from ..options import Which


def ferry_of(which: Which) -> Ferry:
    return Ferry.choosing(lambda: chosen(which))


def list_said(given: str | None) -> str | bytes | None:
    """``-`` is a list from standard input."""
    return sys.stdin.buffer.read() if given == "-" else given
