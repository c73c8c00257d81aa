"""Conditional requests (RFC 9110, section 13), as far as a file server needs them."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import formatdate, parsedate_to_datetime


def http_date(moment: float) -> str:
    """Return a moment as HTTP writes it, in whole seconds."""
    return formatdate(moment, usegmt=True)


def unmet_status(headers: Mapping[str, str], etag: str | None, modified: float) -> int | None:
    """Return 412 or 304 when a condition forbids the content, else None."""
    if "If-Match" in headers:
        if not _any_strong(headers["If-Match"], etag):
            return 412
    elif _before(headers.get("If-Unmodified-Since"), modified):
        return 412
    if "If-None-Match" in headers:
        return 304 if _any_weak(headers["If-None-Match"], etag) else None
    since = _moment(headers.get("If-Modified-Since"))
    return 304 if since is not None and int(modified) <= since else None


def same_content(if_range: str, etag: str | None, modified: float) -> bool:
    """Say whether an If-Range validator is that of the content; a weak one never is."""
    if if_range.startswith(('"', "W/")):
        return _strong(if_range) and if_range == etag
    return _moment(if_range) == int(modified)


def _strong(etag: str | None) -> bool:
    return etag is not None and not etag.startswith("W/")


def _listed(header: str) -> list[str]:
    return [each.strip() for each in header.split(",")]


def _any_strong(header: str, etag: str | None) -> bool:
    if header.strip() == "*":
        return True
    return _strong(etag) and etag in _listed(header)


def _any_weak(header: str, etag: str | None) -> bool:
    if header.strip() == "*":
        return True
    return etag is not None and etag.removeprefix("W/") in (
        each.removeprefix("W/") for each in _listed(header)
    )


def _moment(header: str | None) -> float | None:
    if header is None:
        return None
    try:
        return parsedate_to_datetime(header).timestamp()
    except ValueError:
        return None


def _before(header: str | None, modified: float) -> bool:
    moment = _moment(header)
    return moment is not None and int(modified) > moment
