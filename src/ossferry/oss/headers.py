"""What OSS's headers say of an object, and what ours ask of OSS."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ..archived import Headers, is_archived
from ..dates import seconds_of
from ..entries import ObjectInfo
from ..errors import TargetUnavailable
from ..names import UPLOAD_MARK

_META = "x-oss-meta-"
CRC64 = "x-oss-hash-crc64ecma"


def info_of(headers: Mapping[str, str], etag: str) -> ObjectInfo:
    """OSS API reference, "HeadObject"; ``etag`` is without its quotes."""
    size = headers.get("Content-Length") or ""
    if not size.isdecimal():
        raise TargetUnavailable("OSS described an object without its size")
    return ObjectInfo(
        size=int(size),
        etag=etag,
        crc64=crc64_of(headers),
        metadata={
            name.lower().removeprefix(_META): value
            for name, value in headers.items()
            if name.lower().startswith(_META)
        },
        content_type=headers.get("Content-Type") or "",
        **archive_of(headers),
    )


def archive_of(headers: Headers) -> dict[str, Any]:
    """What ``ObjectInfo`` has of an object's class and restore."""
    storage_class = headers.get("x-oss-storage-class") or "Standard"
    if not is_archived(storage_class):
        return {"storage_class": storage_class}
    return {
        "storage_class": storage_class,
        "restore": headers.get("x-oss-restore") or "",
        "at": seconds_of(headers.get("Date") or "") or 0.0,
    }


def crc64_of(headers: Mapping[str, str]) -> int | None:
    text = headers.get(CRC64) or ""
    return int(text) if text.isdecimal() else None


def new_mark() -> str:
    return os.urandom(16).hex()


def marked(mark: str) -> dict[str, str]:
    """By which an object is known again as the work of one request, or of one upload."""
    return {f"{_META}{UPLOAD_MARK}": mark}


def if_still(etag: str | None) -> dict[str, str]:
    """Copy only this version of a source."""
    return {"x-oss-copy-source-if-match": f'"{etag}"'} if etag else {}
