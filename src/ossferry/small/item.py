"""What is asked of an instance that copies many small sources, as values. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Item(NamedTuple):
    """``event`` has the fields of a transfer event that are this item's own.

    ``look``: an object may be there already, so that it is looked at before. ``size`` and ``etag``
    are what a listing said of a source in OSS; "" and None if nothing did.
    """

    number: int
    event: Mapping[str, Any]
    look: bool = True
    size: int | None = None
    etag: str = ""
    restores: int = 0  # how often its source was asked to be restored
    refused: int = 0  # how often it could not be read after that

    def __repr__(self) -> str:
        return f"Item({self.number})"


class HostLimit(NamedTuple):
    """Of a host that refused requests: how many it is sent at once, and seconds until the next."""

    at_once: float
    pause: float
