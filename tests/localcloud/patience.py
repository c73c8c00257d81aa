"""Waiting for something that another process is about to do."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_PAUSE_SECONDS = 0.02


def eventually(look: Callable[[], T], wanted: Callable[[T], bool] = bool, within: float = 10) -> T:
    """Return what ``look`` sees as soon as it is what is wanted; fail with the last sight."""
    deadline = time.monotonic() + within
    while True:
        seen = look()
        if wanted(seen):
            return seen
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within:g} s: {seen!r}")
        time.sleep(_PAUSE_SECONDS)
