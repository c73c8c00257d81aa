"""URLs of Tencent COS, signed in the query. Pure.

As in "Request signature" of the COS API documentation. The host is signed, so that a URL is good
for no other domain; a range is not.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from hashlib import sha1
from urllib.parse import quote

from ..urls import Url
from .keys import Keys
from .s3 import encoded

_EARLIER = 60  # seconds that a clock may be ahead of theirs


def presigned(
    origin: str,
    path: str,
    keys: Keys,
    *,
    now: float,
    seconds: int,
    method: str = "GET",
    query: Mapping[str, str] | None = None,
) -> Url:
    """The URL for one request; ``path`` begins with a slash and is not encoded."""
    asked = dict(query or {})
    if keys.token:
        asked["x-cos-security-token"] = keys.token
    host = {"host": origin.partition("://")[2]}
    when = f"{int(now) - _EARLIER};{int(now) + seconds}"
    signed = {
        "q-sign-algorithm": "sha1",
        "q-ak": keys.id,
        "q-sign-time": when,
        "q-key-time": when,
        "q-header-list": _names(host),
        "q-url-param-list": _names(asked),
        "q-signature": signature(method, path, asked, host, keys.secret, when),
    }
    pairs = "&".join(
        f"{encoded(name)}={encoded(value)}" for name, value in {**asked, **signed}.items()
    )
    return Url(f"{origin}{quote(path, safe='/~')}?{pairs}")


def signature(
    method: str,
    path: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    secret: str,
    when: str,
) -> str:
    """``when`` is ``<start>;<end>`` in epoch seconds."""
    key = hmac.digest(secret.encode(), when.encode(), "sha1").hex()
    request = f"{method.lower()}\n{path}\n{_pairs(query)}\n{_pairs(headers)}\n"
    to_sign = f"sha1\n{when}\n{sha1(request.encode()).hexdigest()}\n"  # noqa: S324, COS wants it
    return hmac.digest(key.encode(), to_sign.encode(), "sha1").hex()


def _lowered(values: Mapping[str, str]) -> dict[str, str]:
    pairs = ((encoded(name).lower(), encoded(value)) for name, value in values.items())
    return dict(sorted(pairs))


def _pairs(values: Mapping[str, str]) -> str:
    return "&".join(f"{name}={value}" for name, value in _lowered(values).items())


def _names(values: Mapping[str, str]) -> str:
    return ";".join(_lowered(values))
