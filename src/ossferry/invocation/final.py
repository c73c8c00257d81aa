"""An event that cannot succeed, sent so that it reaches the failure destination.

Function Compute reports events, and only those that failed as often as it tries. So a message that
would fail in the same way until somebody changes something is sent on with its error: each try
then costs a moment, and none the source. What the destination gets can be sent again as it is: the
error holds for longer than Function Compute tries, and no longer.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from ..errors import (
    ERROR_TYPES,
    FerryError,
    InvalidEvent,
    NoSuchUpload,
    ObjectExists,
    RangeNotHonoured,
    SourceGone,
    SourceRefused,
    TargetRefused,
    error_of,
)

_FIELD = "final"
_HOLDS = 900  # seconds
_FINAL = (
    InvalidEvent,
    SourceRefused,
    SourceGone,
    RangeNotHonoured,
    TargetRefused,
    ObjectExists,
)


def is_final(error: FerryError) -> bool:
    """Whether trying again is useless until somebody changes the event, a permission or an
    object; a source that has changed, say, can be copied as it is now. An archived one is readable
    by itself at best hours from now, when Function Compute has long given up."""
    return isinstance(error, _FINAL) and not isinstance(error, NoSuchUpload)


def with_error(document: Mapping[str, Any], error: FerryError) -> dict[str, Any]:
    """The event that fails with this error, for a while."""
    return {**document, _FIELD: [error.type, error.message, int(time.time()) + _HOLDS]}


def without_error(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The event itself; its error is raised as long as it holds."""
    given = document.get(_FIELD)
    match given:
        case None:
            return document
        case [str(kind), str(message), int(until)] if kind in ERROR_TYPES:
            # No longer than it may hold: the clock of whoever wrote it may be wrong.
            if time.time() < until <= time.time() + _HOLDS:
                raise error_of(kind, message)
            return {name: value for name, value in document.items() if name != _FIELD}
    raise InvalidEvent(f"{_FIELD} is only written by ossferry itself: leave it out")
