"""Objects of archive classes as sources: which may be read, and what is said of the others.

A refusal of OSS names neither class nor restore. So whoever is refused asks OSS about the object,
once, to tell its owner what to do.
"""

from __future__ import annotations

from collections.abc import Callable

from ..archived import DIRECT, refused, state_of
from ..entries import ObjectInfo
from ..errors import FerryError, SourceArchived
from ..names import ObjectName

Head = Callable[[str], ObjectInfo | None]


def require_readable(name: ObjectName, found: ObjectInfo, *, direct_read: bool) -> None:
    """Raise ``SourceArchived`` unless it can be read, for the price that the event allows."""
    error = _refused(name, found, direct_read=direct_read)
    paid = direct_read and found.storage_class == DIRECT
    if error is not None and not paid:
        raise error


def told(error: FerryError, name: ObjectName, head: Head, *, direct_read: bool) -> SourceArchived:
    """The error in words about the object; ``head`` is of its bucket."""
    try:
        found = head(name.key)
    except FerryError:
        found = None
    known = found and _refused(name, found, direct_read=direct_read)
    sentence = known.message if known else f"{name} was not restored when it was read: try again"
    # What follows in the error of a transfer is how much of it is kept.
    kept = error.message.partition("; ")[2] if isinstance(error, SourceArchived) else ""
    return SourceArchived("; ".join(filter(None, (sentence, kept))))


def _refused(name: ObjectName, found: ObjectInfo, *, direct_read: bool) -> SourceArchived | None:
    state = state_of(found.storage_class, found.restore, found.at)
    if state == "readable":
        return None
    return refused(str(name), found.storage_class, state, direct_read=direct_read)
