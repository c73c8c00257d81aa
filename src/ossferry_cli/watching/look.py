"""What one look shows. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from ..problems import DONE, FAILED, SOME_FAILED


class Ended(NamedTuple):
    """How it ended: a word of the function's replies, its reply as far as it is known, and for an
    error one sentence."""

    status: str
    reply: Mapping[str, Any] = {}
    error_type: str = ""
    error: str = ""

    @property
    def exit_code(self) -> int:
        if self.error or self.status in ("failed", "stopped", "lost"):
            return FAILED
        return SOME_FAILED if self.status == "completed_with_failures" else DONE


class Look(NamedTuple):
    """``total`` and ``of`` are None where nobody knows them. ``items`` is None for what is one.
    ``share`` is how far a program says that it is, ``phase`` what it does. ``trouble`` is why it
    has to be tried again, or cannot be seen."""

    state: str
    done: int = 0
    total: int | None = None
    parts: int = 0
    children: int = 0
    items: int | None = None
    of: int | None = None
    failed: int = 0
    waiting: int = 0
    due: float = 0.0
    retried: int = 0
    trouble: str = ""
    share: float | None = None
    phase: str = ""
    ended: Ended | None = None


class Watched(Protocol):
    """Something that can be looked at."""

    def look(self) -> Look: ...


class Answered(NamedTuple):
    """What a reply has told already, of something that nobody has to wait for."""

    ended: Ended

    def look(self) -> Look:
        return Look("Ended", ended=self.ended)
