"""An access key of another cloud."""

from __future__ import annotations

from typing import NamedTuple


class Keys(NamedTuple):
    """``name`` is what the settings call it, and all that is ever shown. ``token`` comes with
    temporary keys, which end at the moment ``ends`` of the epoch, if that is known."""

    name: str
    id: str
    secret: str
    token: str = ""
    ends: float | None = None

    def __repr__(self) -> str:
        return f"Keys({self.name})"
