"""What came of one small item, for whoever makes a row of a report of it, or a reply."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Literal, NamedTuple

from ..entries import ObjectInfo
from ..source.probe import Source


class Done(NamedTuple):
    """``info`` is the object as OSS tells of it, if it was asked, and ``source`` the source as it
    was read; None if nobody had to. ``crc64`` is that of the bytes, as far as anybody knows it.

    ``proof`` is what was compared, ``reason`` why an item was skipped. ``seconds`` are those of
    each phase.
    """

    outcome: Literal["copied", "unchanged", "skipped"]
    info: ObjectInfo | None = None
    source: Source | None = None
    crc64: int | None = None
    proof: tuple[str, ...] = ()
    reason: str = ""
    seconds: Mapping[str, float] = {}


class Laps:
    """Seconds by phase, one after another."""

    def __init__(self) -> None:
        self._since = time.monotonic()
        self.seconds: dict[str, float] = {}

    def lap(self, phase: str) -> None:
        """What has passed since the last one was this."""
        now = time.monotonic()
        self.seconds[phase] = round(self.seconds.get(phase, 0.0) + now - self._since, 4)
        self._since = now
