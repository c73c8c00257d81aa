"""What a source says that the checksum of its bytes is, in each cloud's own words. Pure.

Only a checksum of the whole counts. One that S3 composes of those of parts depends on where the
uploader cut them, and proves nothing about bytes that were cut elsewhere.
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from ..checksums import BESIDE_CRC64, Bytes, combine_all, second
from ..copying.copy_job import CopiedPart
from ..copying.judge import coding_of
from ..http.content_range import Headers

# CRC-64/XZ as decimal numbers: OSS, COS and TOS always, OBS if it was uploaded with one.
_DECIMAL = (
    "x-oss-hash-crc64ecma",
    "x-cos-hash-crc64ecma",
    "x-tos-hash-crc64ecma",
    "x-obs-checksum-crc64ecma",
    "x-amz-checksum-crc64ecma",  # OBS as S3
)

_NAMES = {"crc64": "CRC64", "crc64nvme": "CRC-64/NVME", "crc32c": "CRC-32C"}


class Check(NamedTuple):
    """The checksum of a whole: ``algorithm`` is "crc64", "crc64nvme" or "crc32c"."""

    algorithm: str
    value: int

    @property
    def name(self) -> str:
        """As people write it."""
        return _NAMES[self.algorithm]

    def __str__(self) -> str:
        """The value as catalogues of checksums have it."""
        return f"{self.value:0{8 if self.algorithm == 'crc32c' else 16}x}"


def checks_of(headers: Headers) -> tuple[Check, ...]:
    """Those of a reply, each algorithm once; what cannot be read is as good as not there."""
    found: dict[str, int] = {}
    for algorithm, value in _said(headers):
        if value is not None:
            found.setdefault(algorithm, value)
    return tuple(Check(*each) for each in found.items())


def value_of(checks: Iterable[Check], algorithm: str) -> int | None:
    return next((each.value for each in checks if each.algorithm == algorithm), None)


def second_of(checks: Iterable[Check]) -> str:
    """The algorithm that has to be computed as the bytes pass, beside CRC64; "" for none.

    Where the source tells CRC64 itself, that proves as much, and is computed anyway.
    """
    known = {each.algorithm for each in checks}
    if "crc64" in known:
        return ""
    return next((name for name in BESIDE_CRC64 if name in known), "")


def checked(algorithm: str, content: Bytes) -> Check | None:
    """The second checksum of a whole that is there, if there is to be one."""
    return Check(algorithm, second(algorithm)(content, 0)) if algorithm else None


def second_of_all(parts: Sequence[CopiedPart], algorithm: str) -> Check | None:
    """The second checksum of consecutive parts; None if there is none, or not of each of them:
    one that an earlier version copied, say."""
    if not algorithm or any(part.checksum != algorithm for part in parts):
        return None
    pieces = ((part.check, part.size) for part in parts)
    return Check(algorithm, combine_all(algorithm, pieces))


def _said(headers: Headers) -> Iterator[tuple[str, int | None]]:
    for name in _DECIMAL:
        yield "crc64", _decimal(headers.get(name))
    if (headers.get("x-amz-checksum-type") or "").strip().upper() == "FULL_OBJECT":
        yield "crc64nvme", _base64(headers.get("x-amz-checksum-crc64nvme"), 8)
        yield "crc32c", _base64(headers.get("x-amz-checksum-crc32c"), 4)
    if _is_as_stored(headers):
        yield "crc32c", _base64(_google(headers.get("x-goog-hash")), 4)


def _is_as_stored(headers: Headers) -> bool:
    """Whether Google gives the bytes that it stores, of which its checksum is: what was stored
    gzipped, it unpacks on the way to whoever does not want it like that."""
    stored = (headers.get("x-goog-stored-content-encoding") or "identity").strip().lower()
    return stored == (coding_of(headers) or "identity")


def _google(text: str | None) -> str | None:
    """The value of ``crc32c`` in a list like ``crc32c=n03x6A==,md5=Ojk9c3dhfxgoKVVHYwFbHQ==``."""
    found = re.search(r"(?:^|,)\s*crc32c=([0-9A-Za-z+/=]+)\s*(?:,|$)", text or "")
    return found[1] if found else None


def _decimal(text: str | None) -> int | None:
    if not text or not re.fullmatch(r"[0-9]{1,20}", text):
        return None
    value = int(text)
    return value if value < 1 << 64 else None


def _base64(text: str | None, size: int) -> int | None:
    """Bytes of a number with the highest in front; a composite one ends in ``-`` and a number."""
    try:
        content = b64decode((text or "").strip(), validate=True)
    except (Error, ValueError):
        return None
    return int.from_bytes(content, "big") if len(content) == size else None
