"""When a signed URL stops to work, as far as the URL itself says it.

A URL may die earlier, with the credentials that signed it; it never lives longer.
"""

from __future__ import annotations

from datetime import datetime, timezone
from urllib.parse import parse_qsl

from ..errors import SourceRefused
from ..pace.model import NETWORK
from ..urls import Url
from .probe import Source

# (the moment of signing, seconds from then on), of AWS, Google and OSS
_DATED = (
    ("x-amz-date", "x-amz-expires"),
    ("x-goog-date", "x-goog-expires"),
    ("x-oss-date", "x-oss-expires"),
)
# An "expires" below this is no moment but a lifetime, from a moment that the URL does not say.
_LIFETIMES = 1e9


def expires_at(url: Url) -> float | None:
    """Epoch seconds, or None for a URL that does not say."""
    text = url.target.partition("?")[2]
    if not text:
        return None
    query = {name.lower(): value for name, value in parse_qsl(text)}
    for date, seconds in _DATED:
        if _is_count(query.get(seconds, "")):
            signed = _moment(query.get(date, ""), "%Y%m%dT%H%M%SZ")
            return None if signed is None else signed + int(query[seconds])
    start, _, end = query.get("q-sign-time", "").partition(";")
    if _is_count(start) and _is_count(end):  # COS
        return float(end)
    if "signature" in query and _is_count(query.get("expires", "")):
        moment = float(query["expires"])  # AWS V2, OSS V1, CloudFront
        return moment if moment > _LIFETIMES else None
    if "sig" in query and "se" in query:
        return _moment(query["se"], "%Y-%m-%dT%H:%M:%SZ")  # Azure
    return None


def _is_count(text: str) -> bool:
    return text.isdecimal() and len(text) <= 12


def _moment(text: str, form: str) -> float | None:
    try:
        return datetime.strptime(text, form).replace(tzinfo=timezone.utc).timestamp()
    except ValueError:
        return None


def refuse_if_hopeless(source: Source, now: float) -> None:
    """Raise ``SourceRefused`` for a URL that dies before even the whole account could read it."""
    moment = expires_at(source.ref.url)
    if moment is None or source.size is None:
        return
    needed = source.size / NETWORK.account
    if moment - now < needed:
        raise SourceRefused(
            f"the URL of {source.ref.url.redacted} expires in {max(0.0, moment - now):.0f} s, and"
            f" {source.size} bytes take {needed:.0f} s at the least: sign it for longer"
        )
