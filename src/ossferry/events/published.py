"""The events of a published application that restores archived objects by CloudFlow. Pure.

Its flows call three functions: one lists, one restores, one asks for the state. All three are
understood as the article and the code of the application have them, and one function does them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..archived import MOST_DAYS, TIERS
from ..errors import InvalidEvent
from ..names import ObjectName
from ..settings import BUCKET
from .fields import Fields

LIST, RESTORE, STATE = "list_archived", "restore", "restore_state"
KINDS = (LIST, RESTORE, STATE)

_MOST_KEYS = 1000  # on a page of OSS's listing
_DEFAULT_KEYS = 100  # OSS's own
_MOST_FILES = 10_000  # far more than a flow can carry
_STREAMS = 10
_MOST_STREAMS = 1000  # as a number that is taken; how many there are is not up to an event
# Like oss-cn-hangzhou-internal.aliyuncs.com, or cn-hangzhou.oss.aliyuncs.com.
_ENDPOINT = re.compile(
    r"(?:https?://)?(?:oss-([a-z]{2,}-[a-z0-9-]+?)|([a-z]{2,}-[a-z0-9-]+)\.oss)"
    r"(?:-internal)?\.aliyuncs\.com/?"
)
_BEGINNING = r"(?![/\\]).{0,1023}"
# Flows hand on whatever they have, so what is not known is no error, unless it was meant for these.
_CHOICES = (
    *("kind", "days", "tier", "groupObjects", "failWhileRunning"),
    *("endpoint", "prefix", "marker", "maxKeys", "groupSize", "workers"),
)
_MEANT = {name.lower(): name for name in _CHOICES}


class ListArchived(NamedTuple):
    """One page of a listing; without a size of groups its keys are not grouped.

    ``objects``: a group is an object with its ``files``, which is what a state machine iterates.

    Of ``bucket``, here and below, only region and bucket matter.
    """

    bucket: ObjectName
    prefix: str
    marker: str
    max_keys: int
    group_size: int | None
    objects: bool = False


class RestoreFiles(NamedTuple):
    """``streams`` requests at once, at the most."""

    bucket: ObjectName
    keys: tuple[str, ...]
    streams: int
    days: int
    tier: str | None


class RestoreState(NamedTuple):
    """``fail_while_running``: what is not done yet is an error, which CloudFlow tries again."""

    bucket: ObjectName
    keys: tuple[str, ...]
    fail_while_running: bool


Published = ListArchived | RestoreFiles | RestoreState


def is_published(document: Mapping[str, Any]) -> bool:
    """No other event names a bucket in this way."""
    return "bucketName" in document or document.get("kind") in KINDS


def published_of(document: Mapping[str, Any], region: str) -> Published:
    """``region`` is the function's own, where the bucket is if no endpoint says it."""
    for name in document.keys() - {*_CHOICES}:
        if meant := _MEANT.get(re.sub(r"[^a-z]", "", name.lower())):
            raise InvalidEvent(f"unknown field {name[:80]!r}: it has to be {meant}")
    kind = _kind(document)
    fields = Fields(document)
    fields.choice("kind", KINDS)
    bucket = _bucket(fields, region)
    job: Published
    if kind == LIST:
        job = ListArchived(
            bucket=bucket,
            prefix=_beginning(fields, "prefix"),
            marker=_beginning(fields, "marker"),
            max_keys=fields.optional_whole("maxKeys", 1, _MOST_KEYS) or _DEFAULT_KEYS,
            group_size=fields.optional_whole("groupSize", 1, _MOST_KEYS),
            objects=fields.flag("groupObjects"),
        )
    elif kind == RESTORE:
        job = RestoreFiles(
            bucket=bucket,
            keys=_keys(fields),
            streams=fields.optional_whole("workers", 1, _MOST_STREAMS) or _STREAMS,
            days=fields.optional_whole("days", 1, MOST_DAYS) or 1,
            tier=fields.choice("tier", TIERS),
        )
    else:
        job = RestoreState(bucket, _keys(fields), fields.flag("failWhileRunning"))
    return job


def _kind(document: Mapping[str, Any]) -> str:
    """As the event says, or by its fields as they were published.

    A flow that hands all its data to each step makes events that look alike.
    """
    if (kind := document.get("kind")) is not None:
        return str(kind)
    given = {name for name, value in document.items() if value is not None}
    if "fileName" in given or {"files", "workers"} <= given:
        return RESTORE
    files, pages = given & {"files", "filesGroup"}, given & {"maxKeys", "marker"}
    if files and not pages:
        return STATE
    if not files and (pages or "prefix" in given):
        return LIST
    raise InvalidEvent(
        "the event does not tell whether to list, to restore or to ask for the state: give it a"
        f" kind, which is {', '.join(KINDS[:-1])} or {KINDS[-1]}"
    )


def _bucket(fields: Fields, own_region: str) -> ObjectName:
    """An endpoint tells the region, and no more: no event names the host that is asked."""
    meaning = "OSS's endpoint of a region, like oss-cn-hangzhou-internal.aliyuncs.com"
    endpoint = fields.optional_text("endpoint", pattern=_ENDPOINT.pattern, meaning=meaning)
    found = _ENDPOINT.fullmatch(endpoint or "")
    region = (found[1] or found[2]) if found else own_region
    if not region:
        raise InvalidEvent(f"endpoint is missing: give {meaning}")
    name = fields.text("bucketName", pattern=BUCKET, meaning="a bucket's name")
    return ObjectName(region, name, "")


def _beginning(fields: Fields, name: str) -> str:
    text = fields.optional_text(
        name, pattern=_BEGINNING, meaning="a key, or the beginning of one, without / before it"
    )
    if text and _bytes(text, name) > 1023:
        raise InvalidEvent(f"{name} must be at most 1023 bytes")
    return text or ""


def _keys(fields: Fields) -> tuple[str, ...]:
    """Each once. What is nearest counts: the group of a step, and not all groups of its flow."""
    for name in ("fileName", "files", "filesGroup"):
        value = fields.optional_any(name)
        if value is not None:
            keys = [value] if name == "fileName" else value
            if name == "filesGroup":
                keys = _flat(value)
            return _checked(keys, name)
    raise InvalidEvent("files is missing: give a list of keys")


def _flat(groups: object) -> object:
    """Of groups in either form."""
    several = groups if isinstance(groups, list) else [groups]
    keys: list[object] = []
    for each in several:
        group = each.get("files") if isinstance(each, Mapping) else each
        if not isinstance(group, list):
            raise InvalidEvent("filesGroup must be a list of lists of keys")
        keys += group
    return keys


def _checked(keys: object, name: str) -> tuple[str, ...]:
    wrong = f"{name} must have keys of 1 to 1023 bytes"
    if not isinstance(keys, list) or len(keys) > _MOST_FILES:
        raise InvalidEvent(f"{name} must be a list of at most {_MOST_FILES} keys")
    for key in keys:
        if not isinstance(key, str) or not 1 <= _bytes(key, name) <= 1023:
            raise InvalidEvent(wrong)
    return tuple(dict.fromkeys(keys))


def _bytes(text: str, name: str) -> int:
    try:
        return len(text.encode())
    except UnicodeEncodeError:
        raise InvalidEvent(f"{name} must be valid Unicode") from None
