"""What becomes of items whose sources may be archived: copied, asked for, waited for, or done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ..archived import fitted, is_archived, readable_until, state_of
from ..entries import Entry
from ..errors import FerryError, SourceArchived, SourceGone
from ..items.job import asked_besides
from ..items.row import Row, row_of
from ..items.waiting import history, moment_of, waiting_row
from ..jobs import Thaw
from ..names import ObjectName
from ..small.item import Item
from .wish import Answer, Wish

_SOON = 3600.0  # seconds, within which an item that was looked at is copied
RESTORES = 2  # that an object gets: what is frozen again after that was not copied in time


# Asks OSS, and gives an answer to each wish.
Ask = Callable[[Sequence[Wish]], list[Answer | FerryError]]


class Candidate(NamedTuple):
    """An item whose source is ``entry``, as it was just listed; None if it was not there, or if
    ``refused`` kept it from being listed. ``waits`` is whether it was waited for before."""

    item: Item
    source: ObjectName
    target: ObjectName
    entry: Entry | None
    waits: bool = False
    refused: FerryError | None = None


def settle(candidates: Sequence[Candidate], thaw: Thaw, ask: Ask, now: float) -> list[Item | Row]:
    """What each is now: an item that can be copied, or a row, which may be one that waits. Those
    that are frozen have been asked for. ``now`` is OSS's time."""
    settled = [_as_listed(each, thaw, now) for each in candidates]
    frozen = [at for at, each in enumerate(settled) if each is None]
    answers = ask([_wish(candidates[at], thaw) for at in frozen])
    for at, answer in zip(frozen, answers, strict=True):
        settled[at] = _as_answered(candidates[at], thaw, answer)
    return [each for each in settled if each is not None]


def _as_listed(each: Candidate, thaw: Thaw, now: float) -> Item | Row | None:
    """None if it is to be restored."""
    entry = each.entry
    if entry is None:
        return _gone(each, thaw)
    match state_of(entry.storage_class, entry.restore, now):
        case "readable":
            return _as_known(each.item, entry, now) if thaw.copies else _readable(each, entry)
        case "restoring":
            return waiting_row(each.item, _waits(entry, thaw), entry.storage_class)
    if each.item.restores >= RESTORES:
        return _row(each, "failed", error=_never_in_time(each, entry))
    direct = thaw.direct_read and entry.storage_class == "Archive" and not each.waits
    return each.item if direct else None


def _as_known(item: Item, entry: Entry, now: float) -> Item:
    """With what was just listed, so that nobody has to look again; unless a restore ends soon, and
    what is read after that would be paid for."""
    until = readable_until(entry.restore)
    surely = not is_archived(entry.storage_class) or (until or 0.0) > now + _SOON
    return item._replace(size=entry.size, etag=entry.etag if surely else "")


def _wish(each: Candidate, thaw: Thaw) -> Wish:
    entry = each.entry
    assert entry is not None  # noqa: S101  # else it would have been settled
    overwrite = each.item.event.get("overwrite")
    may_stay = thaw.copies and each.item.look and overwrite != "always"
    restore = fitted(entry.storage_class, thaw.days, thaw.tier)
    target = each.target if may_stay else None
    return Wish(each.source, restore, target, keeps=overwrite == "never")


def _as_answered(each: Candidate, thaw: Thaw, answer: Answer | FerryError) -> Item | Row:
    entry = each.entry
    if isinstance(answer, FerryError):
        return _row(each, "failed", error=answer)
    match answer:
        case "gone":
            return _gone(each, thaw)
        case "same":
            return _row(each, "unchanged")
        case "not_archived" | "kept" if thaw.copies:
            return each.item  # who copies says what is kept
        case "not_archived" | "kept":
            return _row(each, "skipped", reason="it is not archived")
    assert entry is not None  # noqa: S101  # else nobody would have asked
    item = each.item._replace(restores=each.item.restores + 1)
    return waiting_row(item, _waits(entry, thaw), entry.storage_class)


def _waits(entry: Entry, thaw: Thaw) -> str:
    tier = fitted(entry.storage_class, thaw.days, thaw.tier).tier
    return f"{entry.storage_class}/{tier}" if tier else entry.storage_class


def _gone(each: Candidate, thaw: Thaw) -> Item | Row:
    """Who copies finds out, and says it as ever."""
    if thaw.copies and not (each.waits and each.refused):
        return each.item
    gone = SourceGone(f"{each.source} is gone: there is no such object")
    return _row(each, "failed", error=each.refused or gone)


def _readable(each: Candidate, entry: Entry) -> Row:
    if not is_archived(entry.storage_class):
        return _row(each, "skipped", reason=f"its class is {entry.storage_class or 'Standard'}")
    until = readable_until(entry.restore)
    row = _row(each, "restored" if each.waits else "unchanged")
    return row | ({} if until is None else {"restored_until": moment_of(until)})


def _never_in_time(each: Candidate, entry: Entry) -> SourceArchived:
    return SourceArchived(
        f"{each.source} was restored {each.item.restores} times, and was frozen again"
        f" ({entry.storage_class}) before its turn came: give more days"
    )


def _row(each: Candidate, outcome: str, **told: Any) -> Row:
    item, entry = each.item, each.entry
    key = str(item.event["target_object_name"])
    asked = asked_besides(item) if outcome == "failed" else None
    size = entry.size if entry else item.size
    row = row_of(item.number, str(each.source), key, outcome, size=size, asked=asked, **told)
    return row | history(item, entry.storage_class if entry else "")
