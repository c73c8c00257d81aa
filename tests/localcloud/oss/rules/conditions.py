"""Conditional requests: If-Match and its family, on reads and on the source of a copy."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from tests.localcloud.oss.rules.refusals import Refusal, precondition_failed

COPY_SOURCE = "x-oss-copy-source-"


def check(headers: Mapping[str, str], etag: str, last_modified: float, prefix: str = "") -> None:
    """Refuse with 412 or 304 unless every condition holds; OSS lets them be combined."""
    # HTTP dates have whole seconds: an object is not newer than the second it was written in.
    modified = int(last_modified)
    if not _matches(headers.get(f"{prefix}if-match"), etag, default=True):
        raise precondition_failed("If-Match")
    unmodified_since = _time(headers.get(f"{prefix}if-unmodified-since"))
    if unmodified_since is not None and modified > unmodified_since:
        raise precondition_failed("If-Unmodified-Since")
    if _matches(headers.get(f"{prefix}if-none-match"), etag, default=False):
        raise _not_modified(etag)
    modified_since = _time(headers.get(f"{prefix}if-modified-since"))
    if modified_since is not None and modified <= modified_since:
        raise _not_modified(etag)


def _matches(header: str | None, etag: str, *, default: bool) -> bool:
    if header is None:
        return default
    return any(each.strip().strip('"') in ("*", etag) for each in header.split(","))


def _time(header: str | None) -> float | None:
    try:
        return parsedate_to_datetime(header).timestamp() if header else None
    except ValueError:
        return None


def _not_modified(etag: str) -> Refusal:
    return Refusal(304, "NotModified", "Not Modified", headers={"ETag": f'"{etag}"'})
