"""Probed sources and what is made of them, as tests of pure rules need them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ossferry.copying.copy_job import Pin, SourceRef
from ossferry.copying.judge import coding_of
from ossferry.entries import ObjectInfo
from ossferry.jobs import TransferJob
from ossferry.names import SOURCE_MARK, ObjectName
from ossferry.source.checks import Check
from ossferry.source.identity import Identity
from ossferry.source.probe import Source
from ossferry.urls import Url

URL = Url("https://u:C4n4ry@example.com/a?sig=C4n4ry")
TARGET = ObjectName("cn-hangzhou", "my-bucket", "a.bin")


def source(
    size: int | None = 5,
    etag: str | None = "tag",
    last_modified: str | None = "then",
    crc64: int | None = None,
    url: Url = URL,
    checks: tuple[Check, ...] = (),
    **headers: str,
) -> Source:
    named = {name.replace("_", "-").title(): value for name, value in headers.items()}
    pin = Pin(size, etag, last_modified, coding_of(named))
    ref = SourceRef(url, {}, pin)
    return Source(ref, splittable=True, headers=named, crc64=crc64, checks=checks)


def job(**fields: Any) -> TransferJob:
    return TransferJob(source=URL, target=TARGET, **fields)


def info(
    size: int = 5,
    crc64: int | None = None,
    of: Source | None = None,
    etag: str = "ABC",
    more: Mapping[str, str] | None = None,
) -> ObjectInfo:
    """An object that remembers the source that it was made of, if any."""
    mark = Identity.of(of).text if of else ""
    metadata = {SOURCE_MARK: mark} if mark else {}
    return ObjectInfo(size, etag=etag, crc64=crc64, metadata={**metadata, **(more or {})})
