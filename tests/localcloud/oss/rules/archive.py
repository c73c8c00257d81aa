"""Frozen storage classes: what they refuse, how they are restored, and for how long."""

from __future__ import annotations

from dataclasses import dataclass

from tests.localcloud.oss.rules.refusals import Refusal, invalid_argument, malformed_xml

_HOUR = 3600.0
_DAY = 24 * _HOUR
# Seconds until a restored copy can be read, by class and tier; the tiers fastest first.
_DURATIONS: dict[str, dict[str, float]] = {
    "Archive": {"": 60.0},
    "ColdArchive": {"Expedited": _HOUR, "Standard": 5 * _HOUR, "Bulk": 12 * _HOUR},
    "DeepColdArchive": {"Expedited": 12 * _HOUR, "Standard": 48 * _HOUR},
}
_MOST_DAYS = {"Archive": 7, "ColdArchive": 365, "DeepColdArchive": 365}
_DAYS_EC = {"Archive": "0016-00000708"}
_DEFAULT_TIER = "Standard"


@dataclass(frozen=True, slots=True)
class RestoreRequest:
    """What a RestoreObject body asks for. No tier: the body had no JobParameters."""

    days: int = 1
    tier: str | None = None


@dataclass(frozen=True, slots=True)
class Restore:
    """A restored copy, from the moment it was asked for."""

    tier: str
    ready_at: float
    expires_at: float

    def ongoing(self, now: float) -> bool:
        return now < self.ready_at

    def readable(self, now: float) -> bool:
        return self.ready_at <= now < self.expires_at


def is_frozen(storage_class: str) -> bool:
    """Say whether objects of this class have to be restored before they can be read."""
    return storage_class in _DURATIONS


def check_readable(
    storage_class: str, restore: Restore | None, direct_read: bool, now: float
) -> None:
    """Refuse to read a frozen object; ``direct_read`` is the bucket's, for Archive alone."""
    readable = restore is not None and restore.readable(now)
    if (
        is_frozen(storage_class)
        and not readable
        and not (direct_read and _is_archive(storage_class))
    ):
        message = "The operation is not valid for the object's state"
        raise Refusal(403, "InvalidObjectState", message, "0016-00000330")


def restored(
    storage_class: str, current: Restore | None, request: RestoreRequest, now: float
) -> tuple[int, Restore]:
    """Return the status of a RestoreObject reply and what the object's restore becomes."""
    tier = _tier(storage_class, request)
    _check_days(storage_class, request.days)
    seconds = request.days * _DAY
    if current is not None and current.readable(now):
        # The Chinese page adds the days to what is left, up to the most that there may be; the
        # English one says no more than that they are extended. No page has them shortened.
        most = now + _MOST_DAYS[storage_class] * _DAY
        extended = min(current.expires_at + seconds, most)
        return 200, Restore(current.tier, current.ready_at, max(current.expires_at, extended))
    if current is not None and current.ongoing(now):
        _check_upgrade(storage_class, current.tier, tier)
    ready_at = now + _DURATIONS[storage_class][tier]
    return 202, Restore(tier, ready_at, ready_at + seconds)


def check_cleanable(storage_class: str, restore: Restore | None, now: float) -> None:
    """Refuse to end a restore that is not there, or not ready yet."""
    if storage_class not in ("ColdArchive", "DeepColdArchive"):
        message = "The operation is not supported for this resource"
        raise Refusal(400, "OperationNotSupported", message)
    if restore is not None and restore.ongoing(now):
        message = "The archive file's restore is not finished."
        raise Refusal(409, "ArchiveRestoreNotFinished", message, "0016-00000719")
    if restore is None or not restore.readable(now):
        message = "The archive file or restore info stale"
        raise Refusal(409, "ArchiveRestoreFileStale", message, "0016-00000718")


def _is_archive(storage_class: str) -> bool:
    return storage_class == "Archive"


def _tier(storage_class: str, request: RestoreRequest) -> str:
    if not is_frozen(storage_class):
        message = "The operation is not supported for this resource"
        raise Refusal(400, "OperationNotSupported", message, "0016-00000702")
    if _is_archive(storage_class):
        if request.tier is not None:
            raise malformed_xml()
        return ""
    tier = request.tier if request.tier is not None else _DEFAULT_TIER
    if tier not in _DURATIONS[storage_class]:
        raise invalid_argument("The restore tier is invalid.", "Tier", tier, "0016-00000703")
    return tier


def _check_days(storage_class: str, days: int) -> None:
    if not 1 <= days <= _MOST_DAYS[storage_class]:
        ec = _DAYS_EC.get(storage_class, "0016-00000704")
        raise invalid_argument("The restore days are out of range.", "Days", str(days), ec)


def _check_upgrade(storage_class: str, current: str, asked: str) -> None:
    order = list(_DURATIONS[storage_class])
    if order.index(asked) < order.index(current):
        return
    ec = "0016-00000715" if order.index(asked) > order.index(current) else ""
    message = "The restore operation is in progress."
    raise Refusal(409, "RestoreAlreadyInProgress", message, ec)
