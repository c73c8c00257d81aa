"""What was said about the function that is meant."""

from __future__ import annotations

from typing import NamedTuple


class Which(NamedTuple):
    """None is not said. ``verbose``: what is chosen is told on stderr."""

    function: str | None
    region: str | None
    local: bool
    profile: str | None
    verbose: bool = False
