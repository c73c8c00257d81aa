"""Reads an object back through oss2 and says what it is: size, SHA-256 and CRC64."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

import oss2
from fastcrc.crc64 import xz as crc64

from tests.localcloud.client import LocalCloud

_PIECE = 1 << 20


class NotTheSame(Exception):
    """The object is not what it has to be."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What an object is, computed from all of its bytes."""

    size: int
    sha256: str
    crc64: int


def read_back(
    cloud: LocalCloud,
    key: str,
    progressed: Callable[[int], None],
    into: BinaryIO | None = None,
) -> Fingerprint:
    """Read the whole object; ``progressed`` hears how many bytes, and ``into`` gets them all."""
    # A bucket of its own without oss2's CRC, which is slow and would prove nothing more.
    bucket = oss2.Bucket(
        cloud.bucket.auth,
        cloud.oss_endpoint,
        cloud.bucket_name,
        session=cloud.bucket.session,
        enable_crc=False,
        region=cloud.region,
    )
    digest, crc, size = hashlib.sha256(), 0, 0
    content = bucket.get_object(key)
    while piece := content.read(_PIECE):
        digest.update(piece)
        crc = crc64(piece, crc)
        size += len(piece)
        if into is not None:
            into.write(piece)
        progressed(size)
    return Fingerprint(size, digest.hexdigest(), crc)


def require_file(found: Fingerprint, size: int, sha256: str) -> None:
    """Raise NotTheSame unless the object is the file with this checksum."""
    if (found.size, found.sha256) != (size, sha256):
        raise NotTheSame(
            f"the object has {found.size} bytes with SHA-256 {found.sha256}, and the file has"
            f" {size} with {sha256}"
        )


def require_reply(found: Fingerprint, size: int, crc64: str | None) -> None:
    """Raise NotTheSame unless the object is what the function's reply says it stored."""
    if found.size != size or crc64 not in (None, str(found.crc64)):
        raise NotTheSame(
            f"the object has {found.size} bytes with CRC64 {found.crc64}, and the reply says"
            f" {size} with {crc64}"
        )
