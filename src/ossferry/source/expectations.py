"""What the bytes have to be, according to the event and to the source itself."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from ..copying.copy_job import CopiedPart
from ..errors import ChecksumMismatch, SourceChanged
from ..jobs import ObjectInfo, TransferJob
from .probe import Source

IDENTITY = "ossferry-source"  # the metadata in which an object remembers its source


@dataclass(frozen=True, slots=True)
class Expectations:
    """Checked before an object becomes visible: a mismatch changes nothing."""

    size: int | None
    crc64: int | None
    md5: str | None
    source_crc64: int | None

    @classmethod
    def of(cls, job: TransferJob, source: Source) -> Expectations:
        return cls(job.expected_size, job.expected_crc64, job.expected_md5, source.crc64)

    def check_size(self, size: int | None) -> None:
        if self.size is not None and size is not None and size != self.size:
            raise ChecksumMismatch(
                f"the source has {size} bytes, and expected_size is {self.size}: nothing was copied"
            )

    def check(self, size: int, crc64: int, md5: str | None) -> None:
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

    def proof(self, parts: Sequence[CopiedPart], info: ObjectInfo, md5: str | None) -> list[str]:
        """What proves the object, for the reply: OSS's checksums, and the checks that held."""
        held = {
            "parts": bool(parts) and all(part.confirmed for part in parts),
            "object": info.crc64 is not None,
            "source_crc64": self.source_crc64 is not None,
            "expected_size": self.size is not None,
            "expected_crc64": self.crc64 is not None,
            "expected_md5": self.md5 is not None and md5 is not None,
        }
        return [name for name, holds in held.items() if holds]


def identity(source: Source) -> str | None:
    """What an object remembers of its source; None if the source has nothing to know it by.

    Without the query of the URL, so that a URL that is signed anew is still the same source.
    """
    pin = source.ref.pin
    if pin.size is None or not (pin.etag or pin.last_modified):
        return None
    text = "\n".join((source.ref.url.redacted, str(pin.size), pin.etag or pin.last_modified or ""))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def is_source(info: ObjectInfo, job: TransferJob, source: Source) -> bool:
    """Whether an existing object already is this source: by checksum, or by what it remembers."""
    if source.size is None or info.size != source.size:
        return False
    known = job.expected_crc64 if job.expected_crc64 is not None else source.crc64
    if known is not None and info.crc64 is not None:
        return info.crc64 == known
    return info.metadata.get(IDENTITY) is not None and info.metadata[IDENTITY] == identity(source)
