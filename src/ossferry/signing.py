"""Signed URLs for the parts of one upload, made from a single one that oss2 signed.

oss2 takes 0.4 ms for a URL with a security token, which is seconds for 10,000 parts. Only the part
number differs between them, so everything else of the canonical request is computed once; OSS API
reference, "Include a V4 signature in a URL".
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from urllib.parse import parse_qsl, quote, urlsplit

from .urls import Url


def part_url_signer(
    signed: str, bucket: str, key: str, access_key_secret: str
) -> Callable[[int], Url]:
    """The signer for all parts, given the URL of any one of them as oss2 signed it."""
    parts = urlsplit(signed)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    del query["partNumber"], query["x-oss-signature"]
    # What is signed is sorted; "partNumber" comes before all other names there are.
    rest = "&".join(f"{_encoded(name)}={_encoded(query[name])}" for name in sorted(query))
    scope = query["x-oss-credential"].partition("/")[2]
    head = f"PUT\n/{_encoded(bucket)}/{quote(key, safe='/')}\n"
    to_sign = f"OSS4-HMAC-SHA256\n{query['x-oss-date']}\n{scope}\n"
    signing_key = _signing_key(access_key_secret, scope)
    address = Url(signed)

    def sign(number: int) -> Url:
        signed_query = f"partNumber={number}&{rest}"
        request = f"{head}{signed_query}\n\n\nUNSIGNED-PAYLOAD".encode()
        text = f"{to_sign}{hashlib.sha256(request).hexdigest()}".encode()
        signature = hmac.digest(signing_key, text, "sha256").hex()
        return address.with_query(f"{signed_query}&x-oss-signature={signature}")

    return sign


def _signing_key(secret: str, scope: str) -> bytes:
    key = f"aliyun_v4{secret}".encode()
    for step in scope.split("/"):
        key = hmac.digest(key, step.encode(), "sha256")
    return key


def _encoded(text: str) -> str:
    return quote(text, safe="")
