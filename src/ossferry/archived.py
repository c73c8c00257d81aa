"""Objects that have to be restored before they can be read. Pure.

OSS API reference, "RestoreObject", and user guide, "Restore objects". The class stays what it is
when an object has been restored, so what counts is the class and what OSS says of the restore.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple, Protocol

from .dates import seconds_of
from .errors import SourceArchived

State = Literal["readable", "restoring", "frozen"]

TIERS = ("Expedited", "Standard", "Bulk")  # the fastest, and dearest, first


class _Class(NamedTuple):
    most_days: int
    tiers: tuple[str, ...]  # the fastest first; none where there is no choice


_CLASSES = {
    "Archive": _Class(7, ()),
    "ColdArchive": _Class(365, TIERS),
    "DeepColdArchive": _Class(365, TIERS[:2]),
}
ARCHIVED = tuple(_CLASSES)
REFUSAL = "InvalidObjectState"  # the code of the error, of OSS and of S3
DIRECT = "Archive"  # the one class that a bucket may have read without a restore, for a price
MOST_DAYS = max(each.most_days for each in _CLASSES.values())


class Headers(Protocol):
    def get(self, name: str, /) -> str | None: ...


class Restore(NamedTuple):
    """What to ask of OSS for an object. A class without a choice of tiers must not be given one."""

    days: int
    tier: str | None


def is_archived(storage_class: str) -> bool:
    return storage_class in _CLASSES


def state_of(storage_class: str, restore: str, now: float = 0.0) -> State:
    """``restore`` is OSS's ``x-oss-restore`` or ``RestoreInfo``, "" if there is none.

    ``now`` is in epoch seconds by the clock of OSS, best from the ``Date`` of the same reply.
    Without it OSS is taken at its word: it says nothing of a restore that has ended.
    """
    if not is_archived(storage_class):
        return "readable"
    if _said(restore).get("ongoing-request") == "true":
        return "restoring"
    until = readable_until(restore)
    return "readable" if until is not None and now < until else "frozen"


def readable_until(restore: str) -> float | None:
    """In epoch seconds; None if it is not readable, or OSS does not say."""
    said = _said(restore)
    if said.get("ongoing-request") != "false":
        return None
    return seconds_of(said.get("expiry-date", ""))


def fitted(storage_class: str, days: int, tier: str | None) -> Restore:
    """What comes nearest to that of what OSS takes for the class: as many days as there may be,
    and the next faster tier for one that it lacks."""
    known = _CLASSES[storage_class]
    if not known.tiers:
        return Restore(min(days, known.most_days), None)
    wanted = tier or "Standard"
    return Restore(min(days, known.most_days), wanted if wanted in known.tiers else known.tiers[-1])


def refused(
    shown: str, storage_class: str, state: State, *, direct_read: bool = False
) -> SourceArchived:
    """What is said of an object that is not readable. ``direct_read``: the event allows that."""
    said = f"{shown} is in the class {storage_class}"
    if state == "restoring":
        return SourceArchived(
            f"{said} and a restore of it is under way: send this again when it is done, or with"
            " thaw: true"
        )
    if direct_read and storage_class == DIRECT:
        return SourceArchived(
            f"{said} and is not restored, and its bucket does not allow direct reads: send this"
            " with thaw: true, or restore it first"
        )
    never = ", which cannot be read directly," if direct_read else ""
    return SourceArchived(
        f"{said}{never} and is not restored, or not any more: send this with thaw: true, or restore"
        " it first"
    )


def refuse(headers: Headers, answer: bytes, shown: str) -> None:
    """Raise for a reply that says no, by what it says, or that costs what nobody wants to pay:
    what OSS has read out of its archive."""
    if f"<Code>{REFUSAL}</Code>".encode() in answer:
        raise SourceArchived(
            f"{shown} is archived and not restored, and cannot be restored through its URL: name it"
            " as oss://bucket/key with thaw: true, or restore it first"
        )
    storage_class = headers.get("x-oss-storage-class") or ""
    now = seconds_of(headers.get("Date") or "") or 0.0
    state = state_of(storage_class, headers.get("x-oss-restore") or "", now)
    if state != "readable":
        raise refused(shown, storage_class, state)


def _said(restore: str) -> dict[str, str]:
    return {name.lower(): value for name, value in _ATTRIBUTE.findall(restore)}


_ATTRIBUTE = re.compile(r'([A-Za-z-]+)\s*=\s*"([^"]*)"')
