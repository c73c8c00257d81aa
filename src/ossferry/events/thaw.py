"""What people and messages write about archived objects, and what wakes a job that waits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..archived import MOST_DAYS, TIERS
from ..errors import InvalidEvent
from ..jobs import Above, Thaw, WakeJob
from ..names import ObjectName, region_id
from ..origins.place import is_object
from ..settings import BUCKET, REGION, Settings
from ..urls import Url
from .fields import A_BUCKET, A_REGION, Fields

THAW, WAKE = "thaw", "wake"

JOB_ID = r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}"
# All of a mixed job are to be readable at the same time, and the slowest class takes two days.
_DAYS = 3
_UNITS = {"MB": 10**6, "GB": 10**9, "TB": 10**12}
_MOMENTS = (0.0, 2**40)


def terms_of(fields: Fields, kind: str | None = None, *, direct_read: bool = False) -> Thaw | None:
    """None if nothing is to be restored."""
    wanted = fields.flag("thaw") or kind == THAW
    days = fields.optional_whole("days", 1, MOST_DAYS)
    tier = fields.choice("tier", TIERS)
    confirm_above = _above(fields.optional_any("confirm_above"))
    if wanted:
        copies = kind != THAW
        return Thaw(days or _DAYS, tier, copies, direct_read and copies, confirm_above)
    given = {"days": days, "tier": tier, "confirm_above": confirm_above}
    for name, value in given.items():
        if value is not None:
            raise InvalidEvent(f"{name} is for what is restored: add thaw: true, or leave it out")
    return None


def has_no_secret(item: Mapping[str, Any]) -> bool:
    """Whether an item of an event may be on record as it is."""
    source = str(item.get("source_url"))
    if item.get("source_headers"):
        return False
    if is_object(source):
        return True
    try:
        url = Url(source)
    except ValueError:
        return False
    return url.reveal() == url.redacted and "#" not in source


def _above(value: object) -> Above | None:
    """A count of objects, or an amount of bytes like 500GB."""
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return Above(value, "objects")
    found = re.fullmatch(r"(\d{1,9}) ?([MGT]B)", value) if isinstance(value, str) else None
    if found is None:
        raise InvalidEvent('confirm_above must be a count of objects, or bytes like "500GB"')
    return Above(int(found[1]) * _UNITS[found[2]], "bytes")


def wake_of(document: Mapping[str, Any], settings: Settings, region: str) -> WakeJob:
    """``region`` is the function's own, where the bucket is if nothing says otherwise."""
    fields = Fields(document)
    fields.choice("kind", (WAKE,))
    named = fields.optional_text("target_region", pattern=REGION, meaning=A_REGION)
    bucket = fields.optional_text("target_bucket_name", pattern=BUCKET, meaning=A_BUCKET)
    where, bucket = named or settings.target_region or region, bucket or settings.target_bucket
    if not where or not bucket:
        raise InvalidEvent("target_bucket_name is missing: give it, or set OSSFERRY_TARGET_BUCKET")
    job = WakeJob(
        ObjectName(region_id(where), bucket, ""),
        id=fields.optional_text("id", pattern=JOB_ID, meaning="the id of a job"),
        sent=_seconds(fields, "sent"),
        delay=_seconds(fields, "delay"),
        hop=fields.optional_whole("hop", 0, 10**6) or 0,
    )
    fields.finish()
    return job


def _seconds(fields: Fields, name: str) -> float:
    value = fields.optional_any(name)
    if value is None:
        return 0.0
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidEvent(f"{name} is only written by ossferry itself: leave it out")
    least, most = _MOMENTS
    if not least <= value <= most:
        raise InvalidEvent(f"{name} is only written by ossferry itself: leave it out")
    return float(value)
