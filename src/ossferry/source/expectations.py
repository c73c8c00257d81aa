"""What the bytes have to be, according to the event and to the source itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..copying.copy_job import CopiedPart
from ..entries import ObjectInfo
from ..errors import ChecksumMismatch, SourceChanged
from ..jobs import TransferJob
from ..names import MD5_MARK, SOURCE_MARK
from .checks import Check
from .identity import Identity
from .probe import Source


@dataclass(frozen=True, slots=True)
class Expectations:
    """Checked before an object becomes visible: a mismatch changes nothing.

    ``checks`` are the checksums that the source tells of itself, besides its CRC64.
    """

    size: int | None
    crc64: int | None
    md5: str | None
    source_crc64: int | None
    content_type: str | None = None
    checks: tuple[Check, ...] = ()

    @classmethod
    def of(cls, job: TransferJob, source: Source) -> Expectations:
        return cls(
            job.expected_size,
            job.expected_crc64,
            job.expected_md5,
            source.crc64,
            job.expected_content_type,
            source.checks,
        )

    def check_source(self, source: Source) -> None:
        """What the source itself says, before anything is copied."""
        self.check_size(source.size)
        said = source.headers.get("Content-Type", "").partition(";")[0].strip()
        if self.content_type is not None and not _is_of(said, self.content_type):
            raise ChecksumMismatch(
                f"the source has the Content-Type {said[:80] or 'of nothing'}, and"
                f" expected_content_type is {self.content_type}: nothing was copied"
            )

    def check_size(self, size: int | None) -> None:
        if self.size is not None and size is not None and size != self.size:
            raise ChecksumMismatch(
                f"the source has {size} bytes, and expected_size is {self.size}: nothing was copied"
            )

    def check(self, size: int, crc64: int, md5: str | None, second: Check | None = None) -> None:
        """``second`` is the checksum that was computed beside CRC64, if one was."""
        self.check_size(size)
        if self.crc64 is not None and crc64 != self.crc64:
            raise ChecksumMismatch(
                f"the source has CRC64 {crc64}, and expected_crc64 is {self.crc64}: the object"
                " was left as it was"
            )
        if self.md5 is not None and md5 is not None and md5 != self.md5:
            raise ChecksumMismatch(
                f"the source has MD5 {md5}, and expected_md5 is {self.md5}: the object was left"
                " as it was"
            )
        if self.source_crc64 is not None and crc64 != self.source_crc64:
            raise SourceChanged(
                f"the source says its CRC64 is {self.source_crc64}, and the bytes it gave have"
                f" {crc64}: the object was left as it was"
            )
        said = self._said_of(second)
        if second and said and said != second:
            raise SourceChanged(
                f"the source says its {said.name} is {said}, and the bytes it gave have {second}:"
                " the object was left as it was"
            )

    def proof(
        self,
        parts: Sequence[CopiedPart],
        info: ObjectInfo,
        md5: str | None,
        second: Check | None = None,
    ) -> list[str]:
        """What proves the object, for the reply: OSS's checksums, and the checks that held."""
        said = self._said_of(second)
        held = {
            "parts": bool(parts) and all(part.confirmed for part in parts),
            "object": info.crc64 is not None,
            "source_crc64": self.source_crc64 is not None,
            **({f"source_{said.algorithm}": True} if said else {}),
            "expected_size": self.size is not None,
            "expected_crc64": self.crc64 is not None,
            "expected_md5": self.md5 is not None and md5 is not None,
        }
        return [name for name, holds in held.items() if holds]

    def _said_of(self, second: Check | None) -> Check | None:
        """What the source tells of what was computed."""
        found = (each for each in self.checks if second and each.algorithm == second.algorithm)
        return next(found, None)


def is_source(info: ObjectInfo, job: TransferJob, source: Source) -> bool:
    """Whether an existing object already is this source: by checksum, or by what it remembers.

    Never against an expectation that the object cannot confirm: then it has to be copied, and read.
    """
    if source.size is None or info.size != source.size or not _confirms(info, job):
        return False
    if source.crc64 is not None and info.crc64 is not None:
        return info.crc64 == source.crc64
    if job.expected_crc64 is not None or job.expected_md5 is not None:
        return True
    return remembered(info).is_same(Identity.of(source))


def _is_of(said: str, expected: str) -> bool:
    """Whether a media type is the expected one, or of its kind; letters of both cases are one."""
    said, expected = said.lower(), expected.lower()
    return said == expected or (expected.endswith("/*") and said.startswith(expected[:-1]))


def remembered(info: ObjectInfo) -> Identity:
    """The source that an object was made of."""
    return Identity.read(info.metadata.get(SOURCE_MARK))


def _confirms(info: ObjectInfo, job: TransferJob) -> bool:
    """The ETag of an object that was PUT in one request is its MD5; PutObject's page."""
    md5 = (info.etag.lower(), info.metadata.get(MD5_MARK))
    return (
        job.expected_size in (None, info.size)
        and job.expected_crc64 in (None, info.crc64)
        and (job.expected_md5 is None or job.expected_md5 in md5)
    )
