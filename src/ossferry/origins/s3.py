"""URLs of S3 and what speaks it, signed with AWS Signature Version 4 in the query. Pure.

As in "Authenticating requests: using query parameters" of the S3 API reference: the payload is
unsigned, and a path is encoded once and never normalised.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Mapping
from hashlib import sha256
from urllib.parse import quote

from ..urls import Url
from .keys import Keys

_ALGORITHM = "AWS4-HMAC-SHA256"
LONGEST = 604_800  # seconds that a URL may be good for


def presigned(
    origin: str,
    path: str,
    keys: Keys,
    region: str,
    *,
    now: float,
    seconds: int,
    method: str = "GET",
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Url:
    """The URL for one request. ``origin`` is scheme and host, with the port if it is not the
    default; ``path`` begins with a slash and is not encoded.

    Whoever uses the URL has to send ``headers`` as they are given: S3 wants every ``x-amz-*``
    header signed.
    """
    signed = {"host": origin.partition("://")[2]}
    signed |= {name.lower(): value.strip() for name, value in (headers or {}).items()}
    names = ";".join(sorted(signed))
    moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    scope = f"{moment[:8]}/{region}/s3/aws4_request"
    asked = {
        **(query or {}),
        "X-Amz-Algorithm": _ALGORITHM,
        "X-Amz-Credential": f"{keys.id}/{scope}",
        "X-Amz-Date": moment,
        "X-Amz-Expires": str(max(1, min(seconds, LONGEST))),
        "X-Amz-SignedHeaders": names,
        **({"X-Amz-Security-Token": keys.token} if keys.token else {}),
    }
    where = quote(path, safe="/~")
    # Sorted by name: as texts, a-=1 would come before a=1.
    in_order = sorted((encoded(name), encoded(value)) for name, value in asked.items())
    pairs = "&".join(f"{name}={value}" for name, value in in_order)
    lines = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
    request = "\n".join((method, where, pairs, lines, names, "UNSIGNED-PAYLOAD"))
    to_sign = "\n".join((_ALGORITHM, moment, scope, sha256(request.encode()).hexdigest()))
    signature = hmac.digest(_key(keys.secret, scope), to_sign.encode(), "sha256").hex()
    return Url(f"{origin}{where}?{pairs}&X-Amz-Signature={signature}")


def encoded(text: str) -> str:
    """As both signatures want it: all but the unreserved characters of RFC 3986."""
    return quote(text, safe="~")


def _key(secret: str, scope: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for step in scope.split("/"):
        key = hmac.digest(key, step.encode(), "sha256")
    return key
