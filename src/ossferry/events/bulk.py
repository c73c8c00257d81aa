"""What people and their messages write for many items: a list or a prefix, field by field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

from ..errors import InvalidEvent
from ..jobs import BulkJob, BulkOverwrite, Naming, Selection
from ..names import FOLDER, ObjectName, region_id
from ..origins.place import ForeignName, foreign_name, is_foreign
from ..parts import MAX_OBJECT
from ..settings import BUCKET, MOST_CHILDREN, REGION, Settings
from ..urls import Url
from .fields import A_BUCKET, A_REGION, CREDENTIALS, OF_CREDENTIALS, Fields
from .request import object_of, transfer_of, url_of
from .thaw import JOB_ID, THAW, has_no_secret, terms_of

BULK = "bulk"
OF_OSS = "oss-"  # before the id of a region, as OSS's endpoints have it
MOST_ITEMS = 1000  # that an event has itself

# What lies with a job as a list: of its failed items, and the one that the command put there. No
# other record is read as one.
_OWN_LIST = re.compile(
    rf"oss://({BUCKET})/({re.escape(FOLDER)}bulk/{JOB_ID}/"
    r"(?:failed\.jsonl|list(?:\.(?:urls|txt|tsv|csv|jsonl|ndjson)(?:\.gz)?)?))"
)
# Of a transfer, what can hold for all items alike.
_COMMON = ("source_headers", "content_type", "metadata", "storage_class", "direct_read")
# All that an event of the first kind may have, so that a slip is found before what it left out.
_FIELDS = (
    *("kind", "list", "source", "source_region", "source_endpoint", "credentials", "items"),
    *("target_region", "target_bucket_name", "target_prefix", "naming", "overwrite", "strict"),
    *("include", "exclude", "min_size", "max_size", "modified_after", "modified_before"),
    *("thaw", "days", "tier", "confirm_above", "max_children", "fail_above", "dry_run", "report"),
    *("id", "again", "stop", "status", *_COMMON),
)


def bulk_of(document: Mapping[str, Any], settings: Settings, region: str) -> BulkJob:
    """``region`` is the function's own, where objects are if the event does not say it.

    Also for the kind that only restores, which has no target, but a bucket for its records.
    """
    only_restores = document.get("kind") == THAW
    shared = () if only_restores else _COMMON
    common = {name: document[name] for name in shared if document.get(name) is not None}
    if common.get("direct_read") is False:
        del common["direct_read"]  # the same is asked without it
    own = {name: value for name, value in document.items() if name not in shared}
    fields = Fields(own, () if only_restores else _FIELDS)
    kind = fields.choice("kind", (BULK, THAW))
    source = _from(fields, region)
    if isinstance(source["source"], ForeignName) and (only_restores or document.get("thaw")):
        raise InvalidEvent(
            "thaw is for objects in OSS: leave it out, and have what is archived in another cloud"
            " restored there first"
        )
    target = _records(fields, settings, source) if only_restores else _target(fields, settings)
    job = BulkJob(
        target=target,
        **source,
        thaw=terms_of(fields, kind, direct_read=bool(common.get("direct_read"))),
        id=fields.optional_text(
            "id", pattern=JOB_ID, meaning="at most 64 letters, digits, - and _"
        ),
        wants=_wants(fields),
        selection=Selection(
            include=fields.texts("include", "a pattern like *.gz"),
            exclude=fields.texts("exclude", "a pattern like *.gz"),
            min_size=fields.optional_whole("min_size", 0, MAX_OBJECT),
            max_size=fields.optional_whole("max_size", 0, MAX_OBJECT),
            modified_after=fields.moment("modified_after"),
            modified_before=fields.moment("modified_before"),
        ),
        overwrite="always" if only_restores else _overwrite(fields),
        naming=_naming(fields, only_restores and source["source"] is None),
        strict=fields.flag("strict"),
        dry_run=fields.flag("dry_run"),
        fail_above=_fail_above(fields),
        max_children=fields.optional_whole("max_children", 0, MOST_CHILDREN),
        common=common,
        report=fields.flag("report"),
    )
    fields.finish()
    _require_sense(job)
    return job


def _overwrite(fields: Fields) -> BulkOverwrite:
    choices = ("different", "newer", "always", "never")
    return cast(BulkOverwrite, fields.choice("overwrite", choices) or "different")


def _naming(fields: Fields, whole: bool) -> Naming | None:
    """``whole``: what is listed is only named, by all that tells it from the others."""
    if whole:
        return "host"
    return cast(Naming | None, fields.choice("naming", ("name", "path", "host")))


def _records(fields: Fields, settings: Settings, source: Mapping[str, Any]) -> ObjectName:
    """Where the records of a job are that writes nothing else: beside what it restores."""
    region = fields.optional_text("target_region", pattern=REGION, meaning=A_REGION)
    bucket = fields.optional_text("target_bucket_name", pattern=BUCKET, meaning=A_BUCKET)
    named = source["source"] or source["list"]
    where = region or source["source_region"]
    if bucket is None and isinstance(named, ObjectName):
        bucket = named.bucket
    bucket = bucket or settings.target_bucket
    if not bucket or not where:
        raise InvalidEvent("target_bucket_name is missing: give a bucket for the records")
    return ObjectName(region_id(where), bucket, "")


def _target(fields: Fields, settings: Settings) -> ObjectName:
    region = fields.optional_text("target_region", pattern=REGION, meaning=A_REGION)
    bucket = fields.optional_text("target_bucket_name", pattern=BUCKET, meaning=A_BUCKET)
    region, bucket = region or settings.target_region, bucket or settings.target_bucket
    if not region or not bucket:
        raise InvalidEvent(
            f"{'target_bucket_name' if region else 'target_region'} is missing: give it, or set"
            " OSSFERRY_TARGET_REGION and OSSFERRY_TARGET_BUCKET"
        )
    prefix = fields.optional_text(
        "target_prefix", pattern=r"(?![/\\]).{0,1000}", meaning="the beginning of keys, without /"
    )
    if prefix and (prefix.startswith(FOLDER) or FOLDER.startswith(prefix)):
        raise InvalidEvent(f"target_prefix must not lead to {FOLDER}, where ossferry's records are")
    return ObjectName(region_id(region), bucket, prefix or "")


def _from(fields: Fields, own_region: str) -> dict[str, Any]:
    region = fields.optional_text("source_region", pattern=REGION, meaning=A_REGION)
    where = region_id(region or own_region)
    listed = fields.optional_text(
        "list", pattern=r".{1,8192}", meaning="a URL, oss://bucket/key or s3://bucket/key"
    )
    source = fields.optional_text("source", pattern=r".{1,2048}", meaning="oss://bucket/prefix")
    elsewhere = _elsewhere(fields, region)
    prefix = None if source is None else _prefix(source, where, elsewhere)
    if isinstance(prefix, ObjectName):
        elsewhere.pop("source_region", None)
    return {
        "source_region": "" if isinstance(prefix, ForeignName) else where,
        "list": None if listed is None else _list(listed, where, elsewhere),
        "source": prefix,
        "items": _items(fields.optional_any("items")),
        "elsewhere": elsewhere,
    }


def _elsewhere(fields: Fields, region: str | None) -> dict[str, str]:
    """What holds for sources in other clouds. A region that is written as OSS's is none of it."""
    given = {
        "source_region": None if region and region.startswith(OF_OSS) else region,
        "source_endpoint": fields.optional_text(
            "source_endpoint", pattern=".+", meaning="an endpoint's URL"
        ),
        "credentials": fields.optional_text(
            "credentials", pattern=CREDENTIALS, meaning=OF_CREDENTIALS
        ),
    }
    return {name: value for name, value in given.items() if value is not None}


def _items(given: object) -> tuple[Mapping[str, Any], ...]:
    """Rows of a list in the event itself."""
    several = [] if given is None else given
    if not isinstance(several, list) or len(several) > MOST_ITEMS:
        raise InvalidEvent(f"items must be a list of at most {MOST_ITEMS} transfers")
    if not all(isinstance(each, dict) for each in several) or several != (given or []):
        raise InvalidEvent("items must be objects, each with the fields of a transfer")
    return tuple(several)


def _list(text: str, region: str, elsewhere: Mapping[str, str]) -> Url | ObjectName | ForeignName:
    if found := _OWN_LIST.fullmatch(text):
        return ObjectName(region, found[1], found[2])
    if text.startswith("oss://"):
        return object_of(text, region, "list")
    return _there(text, elsewhere, "list") if is_foreign(text) else url_of(text, "list")


def _there(text: str, elsewhere: Mapping[str, str], field: str) -> ForeignName:
    region, endpoint = elsewhere.get("source_region"), elsewhere.get("source_endpoint")
    return foreign_name(text, region, endpoint, field, prefix=field == "source")


def _prefix(text: str, region: str, elsewhere: Mapping[str, str]) -> ObjectName | ForeignName:
    if is_foreign(text):
        return _there(text, elsewhere, "source")
    found = re.fullmatch(rf"oss://({BUCKET})(?:/(.*))?", text, re.DOTALL)
    if not found:
        raise InvalidEvent(
            "source must be like oss://bucket/prefix, or s3://bucket/prefix; for one URL, use"
            " source_url"
        )
    if not region:
        raise InvalidEvent("source_region is missing: give the region of the source's bucket")
    prefix = found[2] or ""
    if prefix.startswith(FOLDER):
        raise InvalidEvent(f"source must not lead to {FOLDER}, where ossferry's records are")
    return ObjectName(region, found[1], prefix)


def _wants(fields: Fields) -> Any:
    if fields.choice("again", ("failed",)):
        return "again"
    stop, status = fields.flag("stop"), fields.flag("status")
    return "stop" if stop else "status" if status else "copy"


def _fail_above(fields: Fields) -> int | float | None:
    """A count, or a share in per cent."""
    text = fields.optional_any("fail_above")
    if isinstance(text, int) and not isinstance(text, bool) and text >= 0:
        return text
    if isinstance(text, str) and (found := re.fullmatch(r"(\d{1,2}(?:\.\d+)?|100)%", text)):
        return float(found[1]) / 100
    if text is None:
        return None
    raise InvalidEvent('fail_above must be a count of items, or a share like "5%"')


def _require_sense(job: BulkJob) -> None:
    if job.wants in ("stop", "status") and job.id is None:
        raise InvalidEvent(f"id is missing: give that of the job whose {job.wants} is wanted")
    given = sum(each is not None for each in (job.list, job.source, job.items or None))
    if job.wants == "copy" and given != 1:
        raise InvalidEvent(
            "give either list or source: a list of items, or oss://bucket/prefix; or a few items"
        )
    if job.wants == "again" and job.id is None and not given:
        raise InvalidEvent("id is missing: give that of the job whose failed items to do again")
    if job.source is not None and (job.naming or job.strict):
        raise InvalidEvent("naming and strict are for lists: leave them out for a prefix")
    if job.source is None and given:
        _require_nothing_of_prefixes(job)
    if isinstance(job.source, ObjectName):
        _require_apart(job, job.source)
    if job.thaw:
        _require_no_secrets(job)
    # What holds for each item is looked at here, before there are any.
    transfer_of(
        {
            "source_url": "https://example.invalid/",
            "target_region": job.target.region,
            "target_bucket_name": job.target.bucket,
            "target_object_name": "any",
            **job.common,
        }
    )


def _require_apart(job: BulkJob, source: ObjectName) -> None:
    if job.elsewhere:
        raise InvalidEvent(
            "source_endpoint and credentials are for sources in other clouds, such as"
            " s3://bucket/prefix: leave them out"
        )
    copies = job.thaw is None or job.thaw.copies
    if copies and source[:2] == job.target[:2] and _overlap(source.key, job.target.key):
        raise InvalidEvent(
            f"{source} and {job.target} lie in each other, so that copies would be copied again:"
            " choose another target_prefix"
        )


def _require_nothing_of_prefixes(job: BulkJob) -> None:
    if job.selection != Selection():
        raise InvalidEvent("include, exclude, sizes and dates are for prefixes, not for lists")
    if job.overwrite == "newer":
        raise InvalidEvent("overwrite newer is for a prefix: the dates of a list's sources differ")


def _require_no_secrets(job: BulkJob) -> None:
    """Who goes on with it later knows what is on record, which has none."""
    if not all(map(has_no_secret, job.items)):
        raise InvalidEvent(
            "items with queries, passwords or headers have secrets, which nobody could use later:"
            " put them in a list in OSS"
        )
    if isinstance(job.list, Url) and job.list.reveal() != job.list.redacted:
        raise InvalidEvent(
            "the list's URL has a secret, which nobody could use later: put it in OSS"
        )
    if job.common.get("source_headers"):
        raise InvalidEvent("source_headers are of no use to what is restored: leave them out")


def _overlap(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)
