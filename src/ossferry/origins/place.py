"""Where an object of another cloud is: its bucket's address. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

from ..errors import InvalidEvent

STORES = ("s3", "cos")

# S3 user guide, "Bucket naming rules"; a COS bucket ends in the id of its account.
_BUCKETS = {"s3": r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "cos": r"[a-z0-9][a-z0-9-]{0,49}-\d{5,}"}
_EXAMPLES = {"s3": "s3://my-bucket/videos/a.mp4", "cos": "cos://my-bucket-1250000000/videos/a.mp4"}
_REGIONS = {"s3": "us-east-1", "cos": "ap-guangzhou"}
_REGION = r"[a-z0-9][a-z0-9-]{0,30}"
_ENDPOINT = r"https?://[A-Za-z0-9.{}\[\]:-]+"
BUCKET_HERE = "{bucket}"


class ForeignName(NamedTuple):
    """An object in another cloud, as an event names it. A region or endpoint that it leaves out,
    the settings may know of its bucket."""

    store: str
    bucket: str
    key: str
    region: str | None = None
    endpoint: str | None = None

    def __str__(self) -> str:
        return f"{self.store}://{self.bucket}/{self.key}"


class Place(NamedTuple):
    """``origin`` is scheme and host; ``root`` what its paths begin with: a slash, or the bucket
    between two, where that is not in the host."""

    region: str
    origin: str
    root: str


def is_foreign(text: str) -> bool:
    return text.partition("://")[0].lower() in STORES


def is_object(text: str) -> bool:
    """Whether it names an object, here or there, and is no URL: nothing of it is a secret."""
    return text.startswith("oss://") or is_foreign(text)


def is_endpoint(text: str) -> bool:
    return re.fullmatch(_ENDPOINT, text) is not None


def is_region(text: str) -> bool:
    return re.fullmatch(_REGION, text) is not None


def foreign_name(
    text: str,
    region: str | None,
    endpoint: str | None,
    field: str = "source_url",
    *,
    prefix: bool = False,
) -> ForeignName:
    """The object that ``s3://bucket/key`` or ``cos://bucket-appid/key`` stands for; with
    ``prefix``, what all keys below it begin with, which may be nothing.

    ``endpoint`` is for whatever else speaks S3: with ``{bucket}`` where its host names the bucket,
    without where the path does. ``InvalidEvent`` says what is wrong.
    """
    scheme, _, rest = text.partition("://")
    store = scheme.lower()
    bucket, _, key = rest.partition("/")
    if not re.fullmatch(_BUCKETS[store], bucket) or not (key or prefix):
        raise InvalidEvent(f"{field} must be like {_EXAMPLES[store]}")
    if endpoint is not None and not is_endpoint(endpoint):
        raise InvalidEvent(
            "source_endpoint must be scheme and host, such as https://minio.example.org:9000, or"
            " https://{bucket}.obs.cn-north-4.myhuaweicloud.com"
        )
    if region is not None and not is_region(region):
        raise InvalidEvent(f"source_region must be a region such as {_REGIONS[store]}")
    return ForeignName(store, bucket, key, region, endpoint)


def place_of(name: ForeignName) -> Place:
    """``InvalidEvent`` if nobody said where that is."""
    if name.region is None and name.endpoint is None:
        raise InvalidEvent(
            f"source_region is missing: give the region of {name.store}://{name.bucket}, such as"
            f" {_REGIONS[name.store]}"
        )
    template = name.endpoint or _endpoint(name.store, name.bucket, name.region or "")
    # A domain of one's own stands for one bucket at COS.
    in_host = BUCKET_HERE in template or name.store == "cos"
    root = "/" if in_host else f"/{name.bucket}/"
    # What speaks S3 elsewhere and has no regions takes this one.
    region = name.region or _REGIONS["s3"]
    return Place(region, template.replace(BUCKET_HERE, name.bucket), root)


def _endpoint(store: str, bucket: str, region: str) -> str:
    if store == "cos":
        return f"https://{BUCKET_HERE}.cos.{region}.myqcloud.com"
    host = f"s3.{region}.amazonaws.com" + ".cn" * region.startswith("cn-")
    # A certificate for *.s3 is none for names with dots.
    return f"https://{host}" if "." in bucket else f"https://{BUCKET_HERE}.{host}"
