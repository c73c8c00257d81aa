"""One entry of OSS's own events: an object that is there now, and where it is to be copied.

FC user guide, "OSS trigger": the settings name the target, the entry only the source.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_plus

from ..errors import InvalidEvent
from ..jobs import BulkJob, ProgramJob, TransferJob
from ..names import FOLDER, ObjectName, checked_key, region_id
from ..settings import BUCKET, REGION, Settings

# One upload fires several ObjectCreated events, of which these say that an object is there.
_OBJECT_IS_THERE = re.compile(
    r"(oss:)?ObjectCreated:(PutObject|PostObject|CopyObject|CompleteMultipartUpload|AppendObject"
    r"|PutSymlink)"
)


# What a list that arrives is called; whatever else arrives beside it asks for nothing.
_LIST = re.compile(r".*(\.(urls|tsv|csv|jsonl)(\.gz)?|(^|/)manifest\.json)", re.DOTALL)


def triggered_job(entry: object, settings: Settings) -> TransferJob | BulkJob | ProgramJob | None:
    """What an entry asks for; None if it does not say that an object of somebody's is there."""
    if not isinstance(entry, Mapping) or _key_of(entry).startswith(FOLDER):
        return None
    if not _OBJECT_IS_THERE.fullmatch(str(entry.get("eventName"))):
        return None
    try:
        source = ObjectName(
            region=region_id(_matching(REGION, entry["region"])),
            bucket=_matching(BUCKET, entry["oss"]["bucket"]["name"]),
            key=checked_key(str(entry["oss"]["object"]["key"]), "the event's object key"),
        )
    except (KeyError, TypeError):
        raise InvalidEvent(
            "an OSS event names region, oss.bucket.name and oss.object.key"
        ) from None
    if settings.list_prefix and source.key.startswith(settings.list_prefix):
        return _items(source, settings) if _LIST.fullmatch(source.key) else None
    decoded = _decoded(source)
    if program := _program(source, decoded, settings):
        return program
    job = _transfer(source, settings)
    return job if decoded is None else _with_fallback(job, decoded, settings)


def _key_of(entry: Mapping[str, Any]) -> str:
    try:
        return str(entry["oss"]["object"]["key"])
    except (KeyError, TypeError):
        return ""


def _matching(pattern: str, value: object) -> str:
    """Region and bucket become host names, so nothing else may stand in them."""
    if not isinstance(value, str) or not re.fullmatch(pattern, value):
        raise InvalidEvent("an OSS event names a region and a bucket as OSS does")
    return value


def _with_fallback(job: TransferJob, decoded: ObjectName, settings: Settings) -> TransferJob:
    try:
        fallback = _transfer(decoded, settings)
    except InvalidEvent:
        return job
    return TransferJob(job.source, job.target, fallback=fallback)


def _decoded(source: ObjectName) -> ObjectName | None:
    """The other reading of a key: FC does not say whether event keys are percent-encoded.

    Never one of ossferry's records, which hold secrets: their copies would be anybody's to read.
    """
    key = unquote_plus(source.key)
    if not re.search(r"%[0-9A-Fa-f]{2}|\+", source.key) or key.startswith(FOLDER):
        return None
    return ObjectName(source.region, source.bucket, key)


def _program(
    source: ObjectName, decoded: ObjectName | None, settings: Settings
) -> ProgramJob | None:
    """What the first rule asks for that takes the object, by either reading of its key."""
    keys = [each.key for each in (source, decoded) if each]
    for rule in settings.program_rules:
        if not any(rule.takes(key) for key in keys):
            continue
        if rule.loops(source.bucket):
            raise InvalidEvent(
                f"outputs of the program {rule.program} would go to where {rule.pattern} in"
                " OSSFERRY_PROGRAM_RULES looks for inputs, which could loop: set another target"
            )
        region = region_id(settings.target_region or source.region)
        target = ObjectName(region, rule.bucket, rule.prefix)
        return ProgramJob(rule.program, source, target, otherwise=decoded)
    return None


def _items(listed: ObjectName, settings: Settings) -> BulkJob:
    """What a list asks for that has arrived."""
    if not settings.target_bucket:
        raise InvalidEvent("an OSS trigger needs the setting OSSFERRY_TARGET_BUCKET")
    region = region_id(settings.target_region or listed.region)
    target = ObjectName(region, settings.target_bucket, settings.target_prefix)
    inside = settings.target_prefix, settings.list_prefix
    if target[:2] == listed[:2] and (inside[0].startswith(inside[1]) or not inside[0]):
        raise InvalidEvent(
            f"what {listed} names would be copied to where lists are watched for, which could loop:"
            " set another OSSFERRY_TARGET_PREFIX or OSSFERRY_LIST_PREFIX"
        )
    return BulkJob(target, list=listed)


def _transfer(source: ObjectName, settings: Settings) -> TransferJob:
    if not settings.target_bucket:
        raise InvalidEvent("an OSS trigger needs the setting OSSFERRY_TARGET_BUCKET")
    region = region_id(settings.target_region or source.region)
    key = checked_key(settings.target_prefix + source.key, "the target key")
    target = ObjectName(region, settings.target_bucket, key)
    same_bucket = (target.region, target.bucket) == (source.region, source.bucket)
    if same_bucket and source.key.startswith(settings.target_prefix):
        raise InvalidEvent(
            f"{source} would be copied to where it came from, which would loop: set another"
            " OSSFERRY_TARGET_BUCKET, or an OSSFERRY_TARGET_PREFIX that the trigger does not watch"
        )
    return TransferJob(source=source, target=target)
