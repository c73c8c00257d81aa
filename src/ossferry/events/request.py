"""What people and their messages write: one transfer, or a sweep, field by field."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any, cast

from ..errors import InvalidEvent
from ..jobs import Overwrite, SweepJob, TransferJob
from ..names import KEY, ObjectName, checked_key, region_id
from ..origins.place import ForeignName, foreign_name, is_foreign
from ..parts import MAX_OBJECT, MAX_PART, MIN_PART
from ..settings import BUCKET, MOST_CHILDREN, MOST_STREAMS, REGION
from ..urls import Url
from .fields import A_BUCKET, A_REGION, CREDENTIALS, OF_CREDENTIALS, Fields
from .thaw import terms_of

SWEEP = "sweep"

STORAGE_CLASSES = ("Standard", "IA", "Archive", "ColdArchive", "DeepColdArchive")
OVERWRITE = ("different", "always", "never")

# What a transfer has to have, in the order in which people think of it.
_REQUIRED = {
    "source_url": "an http, https, oss, s3 or cos URL",
    "target_object_name": "a key like folder/file.iso",
    "target_region": A_REGION,
    "target_bucket_name": A_BUCKET,
}
_FIELDS = {
    *_REQUIRED,
    *(
        "source_region",
        "source_endpoint",
        "credentials",
        "source_headers",
        "part_size",
        "max_children",
        "streams",
    ),
    *("expected_size", "expected_crc64", "expected_md5", "expected_content_type"),
    *("content_type", "metadata", "storage_class", "overwrite"),
    *("direct_read", "thaw", "days", "tier", "confirm_above", "report"),
}
# How other stores and protocols are named, and what to give instead.
_PRESIGNED = "a presigned https URL of the object"
_SPEAKS_S3 = "s3://bucket/key with its source_endpoint"
_INSTEAD = {
    **dict.fromkeys(("s3", "cos", "tos"), _PRESIGNED),  # where only a URL will do, as for a list
    **dict.fromkeys(("gs", "obs", "bos"), f"{_SPEAKS_S3}, or {_PRESIGNED}"),
    **dict.fromkeys(("s3a", "s3n"), "s3://bucket/key"),
    "cosn": "cos://bucket-appid/key",
    **dict.fromkeys(("azure", "az", "abfs", "wasb"), "an https URL of the blob with a SAS token"),
    **dict.fromkeys(("ftp", "ftps", "sftp", "scp"), "an http or https URL of the same file"),
    "file": "an http or https URL: the function has no files of yours (ossutil uploads them)",
}

# RFC 9110 token, minus what the copy itself sets or what belongs to one hop.
_HEADER = (
    r"(?i:(?!(host|range|if-range|accept-encoding|content-length|transfer-encoding|connection|te"
    r"|upgrade|expect|proxy-.*|trailer)$)[-!#$%&'*+.^_`|~0-9a-z]+)"
)
_METADATA = r"(?i:(?!(x-oss-meta-)?ossferry)[a-z0-9][a-z0-9-]*)"
_HEADERS_AT_MOST = 16 * 1024
_TYPE = r"[-!#$&^_.+a-zA-Z0-9]{1,127}/([-!#$&^_.+a-zA-Z0-9]{1,127}|\*)"  # RFC 6838, 4.2
_META = r"(?i:^x-oss-meta-)"
# OSS takes 8 KB, of which our own marks need some.
_METADATA_AT_MOST = 8 * 1024 - 256
# OSS signs it, and what is not ASCII or begins with a blank never matches its signature.
_METADATA_VALUE = r"(?! )[\x20-\x7e]*(?<! )"


def transfer_of(document: Mapping[str, Any], region: str = "") -> TransferJob:
    """``region`` is the function's own, where objects are if the event does not say it."""
    fields = Fields(document, _FIELDS)
    fields.require(**_REQUIRED)
    job = TransferJob(
        source=(source := _source(fields, region)),
        credentials=_credentials(fields, source),
        target=ObjectName(
            region=_region(fields),
            bucket=_bucket(fields),
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
        expected_content_type=fields.optional_text(
            "expected_content_type",
            pattern=_TYPE,
            meaning="a media type like application/zip, or a kind like image/*",
        ),
        content_type=fields.optional_text(
            "content_type", pattern=r"[\x20-\x7e]{1,255}", meaning="a media type"
        ),
        metadata=_metadata(fields),
        storage_class=fields.choice("storage_class", STORAGE_CLASSES),
        overwrite=cast(Overwrite, fields.choice("overwrite", OVERWRITE) or "different"),
        direct_read=fields.flag("direct_read"),
        thaw=terms_of(fields),
        report=fields.flag("report"),
    )
    fields.finish()
    if job.thaw and not isinstance(job.source, ObjectName):
        raise InvalidEvent("thaw is for a source_url like oss://bucket/key: leave it out")
    if job.source == job.target:
        raise InvalidEvent(f"{job.target} would be copied onto itself: choose another target")
    return job


def sweep_of(document: Mapping[str, Any]) -> SweepJob:
    fields = Fields(document)
    fields.choice("kind", (SWEEP,))
    hours = fields.optional_whole("older_than_hours", 0, 24 * 365)
    job = SweepJob(
        target=ObjectName(region=_region(fields), bucket=_bucket(fields), key=""),
        older_than=3600.0 * (24 if hours is None else hours),
    )
    fields.finish()
    return job


def _region(fields: Fields) -> str:
    return region_id(fields.text("target_region", pattern=REGION, meaning=A_REGION))


def _bucket(fields: Fields) -> str:
    return fields.text("target_bucket_name", pattern=BUCKET, meaning=A_BUCKET)


def _key(fields: Fields) -> str:
    key = fields.text(
        "target_object_name",
        pattern=KEY,
        meaning="a key of 1 to 1023 bytes that does not start with / or \\",
    )
    return checked_key(key, "target_object_name")


def _metadata(fields: Fields) -> dict[str, str]:
    """By names as OSS lists them: without the beginning that they have as headers."""
    given = fields.optional_texts(
        "metadata",
        key_pattern=_METADATA,
        at_most=_METADATA_AT_MOST,
        pattern=_METADATA_VALUE,
        meaning="printable ASCII without blanks at its ends: percent-encode anything else",
    )
    named = {re.sub(_META, "", name): value for name, value in given.items()}
    # As headers, names in another case are the same.
    if "" in named or len({name.lower() for name in named}) < len(given):
        raise InvalidEvent("metadata has a name twice, or one that is only x-oss-meta-")
    return named


def _source(fields: Fields, own_region: str) -> Url | ObjectName | ForeignName:
    text = fields.text(
        "source_url",
        pattern=r".{1,8192}",
        meaning="an http, https, oss, s3 or cos URL of up to 8192 bytes",
    )
    foreign = is_foreign(text)
    region = fields.optional_text(
        "source_region", pattern=r".+" if foreign else REGION, meaning=A_REGION
    )
    endpoint = fields.optional_text("source_endpoint", pattern=".+", meaning="an endpoint's URL")
    if foreign:
        return foreign_name(text, region, endpoint)
    if endpoint:
        raise InvalidEvent("source_endpoint is for a source_url like s3://bucket/key: leave it out")
    if text.startswith("oss://"):
        return object_of(text, region or own_region, "source_url")
    if region:
        raise InvalidEvent(
            "source_region is for a source_url like oss://bucket/key or s3://bucket/key: leave it"
            " out"
        )
    return url_of(text, "source_url")


def _credentials(fields: Fields, source: object) -> str | None:
    name = fields.optional_text("credentials", pattern=CREDENTIALS, meaning=OF_CREDENTIALS)
    if name and isinstance(source, Url):
        raise InvalidEvent("credentials is for a source_url like s3://bucket/key: leave it out")
    return name


def object_of(text: str, region: str, name: str) -> ObjectName:
    """What oss://bucket/key names; ``name`` is that of the field."""
    found = re.fullmatch(rf"oss://({BUCKET})/(.+)", text, re.DOTALL)
    if not found:
        raise InvalidEvent(f"{name} must be like oss://bucket/key")
    if not region:
        raise InvalidEvent("source_region is missing: give the region of the source's bucket")
    return ObjectName(region_id(region), found[1], checked_key(found[2], f"the key of {name}"))


def url_of(text: str, name: str) -> Url:
    """The URL; ``name`` is that of the field."""
    no_control(text, name)
    scheme, colon, _ = text.strip().partition("://")
    instead = _INSTEAD.get(scheme.lower())
    if colon and instead:
        raise InvalidEvent(
            f"{name} begins with {scheme.lower()}://, which ossferry cannot read: give {instead}"
        )
    try:
        return Url(text)
    except ValueError as error:
        raise InvalidEvent(f"{name} is not usable: {_reason(error)}") from None


def no_control(text: str, name: str) -> None:
    """Most often the end of a line that came along; where it stands, and nothing of the text."""
    if found := re.search(r"[\x00-\x1f\x7f]", text):
        what = "a line break" if found[0] in "\r\n" else "a control character"
        at = found.start() + 1
        raise InvalidEvent(f"{name} has {what}, at its character {at} of {len(text)}: remove it")


def _reason(error: ValueError) -> str:
    """Our own reasons are safe to show; the library's may quote the URL."""
    ours = {
        "its scheme is neither http nor https": "begin it with https:// or http://",
        "it names no host": "it names no host, so write it like https://example.com/file.iso",
    }
    return ours.get(str(error), "it is not a valid http or https URL")


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
