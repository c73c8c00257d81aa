"""The two signatures of OSS, V1 and V4: what is signed, and with which key.

Pure. This is an implementation of its own, so that an error in a client's signing shows.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

V4 = "OSS4-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"

# The query parameters that are part of a V1 signature; all others can be changed by anybody.
_SUBRESOURCE_NAMES = """
    acl append asyncFetch bucketArchiveDirectRead bucketInfo callback callback-var
    cleanRestoredObject cname comp continuation-token cors delete encryption endTime group
    inventory inventoryId lifecycle link live location logging metaQuery objectInfo objectMeta
    partNumber policy position publicAccessBlock qos qosInfo referer regionList replication
    replicationLocation replicationProgress requestPayment resourceGroup restore security-token
    sequential startTime stat status style styleName symlink tagging transferAcceleration uploadId
    uploads versionId versioning versions vod website worm wormExtend wormId httpsConfig
    redundancyTransition accessPoint accessPointPolicy x-oss-ac-forward-allow x-oss-ac-source-ip
    x-oss-ac-subnet-mask x-oss-ac-vpc-id x-oss-async-process x-oss-process x-oss-request-payer
    x-oss-traffic-limit x-oss-write-get-object-response response-cache-control
    response-content-disposition response-content-encoding response-content-language
    response-content-type response-expires
"""
SUBRESOURCES = frozenset(_SUBRESOURCE_NAMES.split())


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """The parts of a request that signatures are made of. Header names are in lower case.

    ``resource`` is ``/bucket/key``, or ``/`` where there is no bucket.
    """

    method: str
    resource: str
    query: dict[str, str]
    headers: dict[str, str]


def v1_text(request: SignedRequest, date: str) -> bytes:
    """Return V1's string to sign; ``date`` is the Date header, or a URL's Expires."""
    headers = request.headers
    lines = [
        request.method,
        headers.get("content-md5", ""),
        headers.get("content-type", ""),
        date,
        *(f"{name}:{value}" for name, value in _oss_headers(headers)),
        _v1_resource(request),
    ]
    return _bytes("\n".join(lines))


def v1_signature(secret: str, text: bytes) -> str:
    return base64.b64encode(hmac.new(secret.encode(), text, hashlib.sha1).digest()).decode()


def v4_request(request: SignedRequest, additional: Iterable[str]) -> bytes:
    """Return V4's canonical request; ``additional`` are the other headers that were signed."""
    additional = sorted(additional)
    signed = {"content-type", "content-md5", *additional}
    headers = sorted(
        (name, value)
        for name, value in request.headers.items()
        if name in signed or name.startswith("x-oss-")
    )
    lines = [
        request.method,
        _encoded(request.resource, safe="/"),
        _v4_query(request.query),
        "".join(f"{name}:{value}\n" for name, value in headers),
        ";".join(additional),
        request.headers.get("x-oss-content-sha256", UNSIGNED),
    ]
    return _bytes("\n".join(lines))


def v4_text(canonical_request: bytes, date: str, scope: str) -> bytes:
    """Return V4's string to sign."""
    digest = hashlib.sha256(canonical_request).hexdigest()
    return _bytes("\n".join([V4, date, scope, digest]))


def v4_signature(secret: str, scope: str, text: bytes) -> str:
    key = b"aliyun_v4" + secret.encode()
    for step in scope.split("/"):
        key = hmac.new(key, step.encode(), hashlib.sha256).digest()
    return hmac.new(key, text, hashlib.sha256).hexdigest()


def _oss_headers(headers: dict[str, str]) -> list[tuple[str, str]]:
    return sorted((name, value) for name, value in headers.items() if name.startswith("x-oss-"))


def _v1_resource(request: SignedRequest) -> str:
    signed = sorted((k, v) for k, v in request.query.items() if k in SUBRESOURCES)
    query = "&".join(f"{name}={value}" if value else name for name, value in signed)
    return f"{request.resource}?{query}" if query else request.resource


def _v4_query(query: dict[str, str]) -> str:
    encoded = sorted(
        (_encoded(name), _encoded(value))
        for name, value in query.items()
        if name != "x-oss-signature"
    )
    return "&".join(f"{name}={value}" if value else name for name, value in encoded)


def _encoded(text: str, safe: str = "") -> str:
    return quote(_bytes(text), safe=safe + "-_.~")


def _bytes(text: str) -> bytes:
    # Header values that are not UTF-8 were decoded with surrogates, so as to be signed unchanged.
    return text.encode("utf-8", "surrogateescape")
