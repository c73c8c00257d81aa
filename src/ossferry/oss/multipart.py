"""A multipart upload from the moment it is open to the moment it is an object, or gone."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol
from xml.etree import ElementTree

from ..context import Credentials, Signing
from ..copying.copy_job import CopiedPart
from ..entries import ObjectInfo
from ..errors import (
    ChecksumMismatch,
    NoSuchUpload,
    ObjectExists,
    TargetError,
    TargetUnavailable,
)
from ..log import log
from ..names import ObjectName
from ..parts import Part
from ..retry import DEFAULT_POLICY, call
from ..urls import Url
from .signing import object_url, part_url_signer


class Target(Protocol):
    """A bucket as an upload sees it."""

    deadline: float

    def made_with(self, mark: str, key: str) -> ObjectInfo | None: ...

    def complete(
        self, key: str, upload_id: str, parts: Sequence[CopiedPart], headers: Mapping[str, str]
    ) -> ObjectInfo: ...

    def copy_part(
        self, source: ObjectName, etag: str | None, key: str, upload_id: str, part: Part
    ) -> CopiedPart: ...

    def abort(self, key: str, upload_id: str) -> None: ...


class ListedPart(NamedTuple):
    """A part as OSS lists it; ``crc64`` is None where OSS leaves it out."""

    size: int
    etag: str
    crc64: int | None


class PartsPage(NamedTuple):
    parts: dict[int, ListedPart]
    next_marker: str | None


def listed_parts(document: bytes) -> PartsPage:
    """Read one page of OSS API reference, "ListParts"."""
    page = ElementTree.fromstring(document)  # noqa: S314, it comes from OSS
    parts = {}
    for part in page.iterfind("Part"):
        crc64 = part.findtext("HashCrc64ecma") or ""
        parts[int(part.findtext("PartNumber") or 0)] = ListedPart(
            size=int(part.findtext("Size") or 0),
            etag=(part.findtext("ETag") or "").strip('"'),
            crc64=int(crc64) if crc64.isdecimal() else None,
        )
    more = page.findtext("IsTruncated") == "true"
    return PartsPage(parts, page.findtext("NextPartNumberMarker") if more else None)


def part_urls(
    name: ObjectName, upload_id: str, endpoint: str, signing: Signing, lifetime: Callable[[], int]
) -> Callable[[int], Url]:
    """Where to PUT each part, by whatever keys there are when it is asked for."""
    signers: dict[Credentials, Callable[[int], Url]] = {}
    params = {"partNumber": "1", "uploadId": upload_id}

    def signer(credentials: Credentials) -> Callable[[int], Url]:
        first = object_url(
            name,
            endpoint,
            credentials,
            date=time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()),
            lifetime=lifetime(),
            parameters=params,
            method="PUT",
        )
        secret = credentials.access_key_secret
        return part_url_signer(first.reveal(), name.bucket, name.key, secret)

    def sign(number: int) -> Url:
        credentials = signing()
        if credentials not in signers:
            signers[credentials] = signer(credentials)
        return signers[credentials](number)

    return sign


class Upload:
    """A multipart upload that is open.

    ``part_url`` is where to PUT a part; a part that is PUT again replaces itself. ``mark`` is in
    the metadata that it was opened with, and in no other's.
    """

    def __init__(
        self, bucket: Target, key: str, upload_id: str, mark: str, part_url: Callable[[int], Url]
    ) -> None:
        self._bucket = bucket
        self._key = key
        self.id = upload_id
        self.mark = mark
        self.part_url = part_url

    def complete(
        self, parts: Sequence[CopiedPart], crc64: int | None, headers: Mapping[str, str]
    ) -> ObjectInfo:
        """Make the object visible; ``ChecksumMismatch`` if it is not what the parts make up.

        ``crc64`` is None where nobody knows it: parts that OSS copied from an object without one.

        Not idempotent at OSS: when an answer is lost, or OSS no longer knows the upload, the
        object is looked at before the error is believed. Only its mark tells whose it is: equal
        bytes may be older than this upload, and have other headers.
        """

        def attempt() -> ObjectInfo:
            try:
                return self._bucket.complete(self._key, self.id, parts, headers)
            except (TargetUnavailable, NoSuchUpload, ObjectExists):
                found = self._bucket.made_with(self.mark, self._key)
                if found is None:
                    raise
                return found

        done = call(attempt, DEFAULT_POLICY, deadline=self._bucket.deadline)
        size = sum(part.size for part in parts)
        if done.size != size or (None not in (done.crc64, crc64) and done.crc64 != crc64):
            raise ChecksumMismatch(
                f"OSS reports {done.size} bytes with CRC64 {done.crc64} for the object, and its"
                f" parts have {size} with {crc64}"
            )
        return done

    def copy_part(self, source: ObjectName, etag: str | None, part: Part) -> CopiedPart:
        """Fill a part from an object of this region, inside OSS."""
        return self._bucket.copy_part(source, etag, self._key, self.id, part)

    def abort(self) -> bool:
        """Give the upload up; whether it is gone. Never raises: an error is already under way."""
        try:
            self._bucket.abort(self._key, self.id)
        except TargetError as failure:
            log(
                "upload.abort_failed",
                "warning",
                key=self._key,
                upload_id=self.id,
                reason=str(failure),
            )
            return False
        return True
