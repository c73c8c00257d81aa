"""What PutObject checks of a body before it is an object."""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Callable, Mapping

from fastcrc import crc32

from tests.localcloud.faces.credential import Message
from tests.localcloud.faces.refused import Refused
from tests.localcloud.faces.stored import Stored
from tests.localcloud.s3.sigv4 import UNSIGNED

_PREFIX = "x-amz-checksum-"
_SUMS: Mapping[str, Callable[[bytes], bytes]] = {
    "crc32": lambda body: zlib.crc32(body).to_bytes(4, "big"),
    "crc32c": lambda body: crc32.iscsi(body).to_bytes(4, "big"),
    "sha1": lambda body: hashlib.sha1(body).digest(),
    "sha256": lambda body: hashlib.sha256(body).digest(),
}


def received(message: Message, body: bytes) -> Stored:
    """Return the object that an upload makes; a wrong digest makes none."""
    headers = message.headers
    promised = headers.get("x-amz-content-sha256", UNSIGNED)
    if promised.startswith("STREAMING-") or "aws-chunked" in headers.get("content-encoding", ""):
        raise Refused(501, "NotImplemented", "Bodies in signed pieces are not implemented")
    if promised != UNSIGNED and promised != hashlib.sha256(body).hexdigest():
        text = "The provided 'x-amz-content-sha256' header does not match what was computed."
        raise Refused(400, "XAmzContentSHA256Mismatch", text)
    md5 = headers.get("content-md5")
    if md5 is not None and md5 != base64.b64encode(hashlib.md5(body).digest()).decode():
        raise Refused(400, "BadDigest", "The Content-MD5 you specified did not match")
    for name, value in headers.items():
        sums = _SUMS.get(name.removeprefix(_PREFIX)) if name.startswith(_PREFIX) else None
        if sums is not None and base64.b64encode(sums(body)).decode() != value:
            algorithm = name.removeprefix(_PREFIX).upper()
            text = f"The {algorithm} you specified did not match the calculated checksum."
            raise Refused(400, "BadDigest", text)
    kept = {"content-type", "content-encoding", "cache-control", "content-disposition"}
    told = {
        name.title(): value
        for name, value in headers.items()
        if name in kept or name.startswith("x-amz-meta-")
    }
    return Stored(
        body,
        # Without a checksum of the client's, S3 works one out itself.
        checksum=next(
            (name for name in ("crc32", "crc32c") if _PREFIX + name in headers), "crc64nvme"
        ),
        storage_class=headers.get("x-amz-storage-class", "STANDARD"),
        headers=told,
    )
