"""What a coordinator is asked becomes a job; what cannot be read is a clear ``InvalidEvent``.

Forms: the transfer event of the console and of ``s invoke``, and OSS's ``{"events": [...]}``.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import unquote_plus

from .errors import InvalidEvent
from .fields import Fields
from .jobs import BatchJob, ObjectName, Overwrite, SweepJob, TransferJob
from .plan import MAX_OBJECT, MAX_PART, MIN_PART
from .settings import BUCKET, MOST_CHILDREN, MOST_STREAMS, REGION, Settings
from .urls import Url

STORAGE_CLASSES = ("Standard", "IA", "Archive", "ColdArchive", "DeepColdArchive")
OVERWRITE = ("different", "always", "never")

# OSS naming rules: user guide, "Bucket naming conventions" and "Object naming conventions".
_KEY = r"(?![/\\]).{1,1023}"
# RFC 9110 token, minus what the copy itself sets or what belongs to one hop.
_HEADER = (
    r"(?i:(?!(host|range|if-range|accept-encoding|content-length|transfer-encoding|connection|te"
    r"|upgrade|expect|proxy-.*|trailer)$)[-!#$%&'*+.^_`|~0-9a-z]+)"
)
_METADATA = r"(?i:(?!ossferry)[a-z0-9][a-z0-9-]*)"
_HEADERS_AT_MOST = 16 * 1024
_METADATA_AT_MOST = 8 * 1024  # OSS's own limit

# Where ossferry keeps its own records; whoever watches a target bucket is not to copy those.
FOLDER = ".ossferry/"

# One upload fires several ObjectCreated events, of which these say that an object is there.
_OBJECT_IS_THERE = re.compile(
    r"(oss:)?ObjectCreated:(PutObject|PostObject|CopyObject|CompleteMultipartUpload|AppendObject"
    r"|PutSymlink)"
)


def parse(document: Mapping[str, Any], settings: Settings) -> TransferJob | BatchJob | SweepJob:
    if document.get("kind") == "sweep":
        return _sweep(document)
    if "events" in document:
        return _from_oss(document["events"], settings)
    return _from_request(document)


def _from_request(document: Mapping[str, Any]) -> TransferJob:
    fields = Fields(document)
    job = TransferJob(
        source=_url(fields),
        target=ObjectName(
            region=_region(fields.text("target_region", pattern=REGION, meaning="a region id")),
            bucket=fields.text("target_bucket_name", pattern=BUCKET, meaning="a bucket's name"),
            key=_key(fields),
        ),
        part_size=fields.optional_whole("part_size", MIN_PART, MAX_PART),
        max_children=fields.optional_whole("max_children", 0, MOST_CHILDREN),
        streams=fields.optional_whole("streams", 1, MOST_STREAMS),
        source_headers=fields.optional_texts(
            "source_headers", key_pattern=_HEADER, at_most=_HEADERS_AT_MOST
        ),
        expected_size=fields.optional_whole("expected_size", 0, MAX_OBJECT),
        expected_crc64=fields.optional_whole("expected_crc64", 0, 2**64 - 1),
        expected_md5=_md5(fields),
        content_type=fields.optional_text(
            "content_type", pattern=r"[\x20-\x7e]{1,255}", meaning="a media type"
        ),
        metadata=fields.optional_texts(
            "metadata", key_pattern=_METADATA, at_most=_METADATA_AT_MOST
        ),
        storage_class=fields.choice("storage_class", STORAGE_CLASSES),
        overwrite=cast(Overwrite, fields.choice("overwrite", OVERWRITE) or "different"),
    )
    fields.finish()
    return job


def _sweep(document: Mapping[str, Any]) -> SweepJob:
    fields = Fields(document)
    fields.choice("kind", ("sweep",))
    hours = fields.optional_whole("older_than_hours", 0, 24 * 365)
    job = SweepJob(
        target=ObjectName(
            region=_region(fields.text("target_region", pattern=REGION, meaning="a region id")),
            bucket=fields.text("target_bucket_name", pattern=BUCKET, meaning="a bucket's name"),
            key="",
        ),
        older_than=3600.0 * (24 if hours is None else hours),
    )
    fields.finish()
    return job


def _url(fields: Fields) -> Url:
    text = fields.text("source_url", pattern=r".{1,8192}", meaning="an http or https URL")
    try:
        return Url(text)
    except ValueError as error:
        raise InvalidEvent(f"source_url is not usable: {_reason(error)}") from None


def _reason(error: ValueError) -> str:
    """Our own reasons are safe to show; the library's may quote the URL."""
    ours = ("its scheme is neither http nor https", "it names no host")
    return str(error) if str(error) in ours else "it is not a valid http or https URL"


def _key(fields: Fields) -> str:
    key = fields.text(
        "target_object_name",
        pattern=_KEY,
        meaning="a key of 1 to 1023 bytes that does not start with / or \\",
    )
    return _checked_key(key, "target_object_name")


def _checked_key(key: str, name: str) -> str:
    try:
        encoded = key.encode()
    except UnicodeEncodeError:
        raise InvalidEvent(f"{name} must be valid Unicode") from None
    if not re.fullmatch(_KEY, key, re.DOTALL) or len(encoded) > 1023:
        raise InvalidEvent(f"{name} must be 1 to 1023 bytes and not start with / or \\")
    if key.startswith(FOLDER):
        raise InvalidEvent(f"{name} must not start with {FOLDER}, where ossferry keeps its records")
    return key


def _matching(pattern: str, value: object) -> str:
    """Region and bucket become host names, so nothing else may stand in them."""
    if not isinstance(value, str) or not re.fullmatch(pattern, value):
        raise InvalidEvent("an OSS event names a region and a bucket as OSS does")
    return value


def _region(text: str) -> str:
    return text.removeprefix("oss-")


def _md5(fields: Fields) -> str | None:
    text = fields.optional_text(
        "expected_md5",
        pattern=r"[0-9a-fA-F]{32}|[A-Za-z0-9+/]{22}==",
        meaning="an MD5 in hexadecimal or base64",
    )
    if text is None or len(text) == 32:
        return text and text.lower()
    try:
        return base64.b64decode(text, validate=True).hex()
    except binascii.Error:
        raise InvalidEvent("expected_md5 must be an MD5 in hexadecimal or base64") from None


def _from_oss(entries: object, settings: Settings) -> BatchJob:
    """FC user guide, "OSS trigger": one entry per change of an object."""
    if not isinstance(entries, list) or not entries:
        raise InvalidEvent("events must be a list of OSS events")
    there = [entry for entry in entries if _says_object_is_there(entry)]
    return BatchJob(
        transfers=tuple(_from_entry(entry, settings) for entry in there),
        ignored=len(entries) - len(there),
    )


def _says_object_is_there(entry: object) -> bool:
    if not isinstance(entry, dict) or _key_of(entry).startswith(FOLDER):
        return False
    return bool(_OBJECT_IS_THERE.fullmatch(str(entry.get("eventName"))))


def _key_of(entry: Mapping[str, Any]) -> str:
    try:
        return str(entry["oss"]["object"]["key"])
    except (KeyError, TypeError):
        return ""


def _from_entry(entry: Mapping[str, Any], settings: Settings) -> TransferJob | InvalidEvent:
    try:
        source = ObjectName(
            region=_region(_matching(REGION, entry["region"])),
            bucket=_matching(BUCKET, entry["oss"]["bucket"]["name"]),
            key=_checked_key(str(entry["oss"]["object"]["key"]), "the event's object key"),
        )
        job = _triggered(source, settings)
        decoded = _decoded(source)
        if decoded is None:
            return job
        return _with_fallback(job, decoded, settings)
    except (KeyError, TypeError):
        return InvalidEvent("an OSS event names region, oss.bucket.name and oss.object.key")
    except InvalidEvent as error:
        return error


def _with_fallback(job: TransferJob, decoded: ObjectName, settings: Settings) -> TransferJob:
    try:
        fallback = _triggered(decoded, settings)
    except InvalidEvent:
        return job
    return TransferJob(job.source, job.target, fallback=fallback)


def _decoded(source: ObjectName) -> ObjectName | None:
    """The other reading of a key: FC does not say whether event keys are percent-encoded."""
    if not re.search(r"%[0-9A-Fa-f]{2}|\+", source.key):
        return None
    return ObjectName(source.region, source.bucket, unquote_plus(source.key))


def _triggered(source: ObjectName, settings: Settings) -> TransferJob:
    if not settings.target_bucket:
        raise InvalidEvent("an OSS trigger needs the setting OSSFERRY_TARGET_BUCKET")
    region = _region(settings.target_region or source.region)
    key = _checked_key(settings.target_prefix + source.key, "the target key")
    target = ObjectName(region, settings.target_bucket, key)
    same_bucket = (target.region, target.bucket) == (source.region, source.bucket)
    if same_bucket and source.key.startswith(settings.target_prefix):
        raise InvalidEvent(
            f"{source} would be copied to where it came from, which would loop: set another"
            " OSSFERRY_TARGET_BUCKET, or an OSSFERRY_TARGET_PREFIX that the trigger does not watch"
        )
    return TransferJob(source=source, target=target)
