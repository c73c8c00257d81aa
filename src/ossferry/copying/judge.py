"""Whether a reply is what was asked for. Pure, because servers are inventive.

Servers answer 206 with another range, 200 with the whole file, 200 with the right slice; OSS
itself answers 200 with the whole object to a range that runs past the end. So a reply is judged by
what it says about its own content, and the caller counts the bytes.
"""

from __future__ import annotations

import re

from ..byte_range import ByteRange
from ..errors import (
    FerryError,
    RangeNotHonoured,
    SourceBusy,
    SourceChanged,
    SourceGone,
    SourceRefused,
    SourceUnavailable,
)
from ..http.content_range import ContentRange, Headers, content_range, empty_total
from ..http.retry_after import retry_after
from .copy_job import Pin


def content_length(headers: Headers) -> int | None:
    """The length of the body in bytes, if the reply says it beforehand."""
    text = (headers.get("Content-Length") or "").strip()
    if not re.fullmatch(r"[0-9]{1,19}", text) or headers.get("Transfer-Encoding"):
        return None
    return int(text)


def normal_etag(headers: Headers) -> str | None:
    """The ETag without weakness mark and quotes: gateways add and drop both."""
    return (headers.get("ETag") or "").strip().removeprefix("W/").strip('"') or None


def coding_of(headers: Headers) -> str | None:
    """Content-Encoding, None for the bytes as they are; RFC 9110, section 8.4.1."""
    text = (headers.get("Content-Encoding") or "").strip().lower()
    return None if text in ("", "identity") else text.replace("x-gzip", "gzip")


def pin_of(headers: Headers, size: int | None) -> Pin:
    return Pin(size, normal_etag(headers), headers.get("Last-Modified") or None, coding_of(headers))


def refusal(status: int, headers: Headers, shown: str) -> FerryError:
    """The error that a status other than success stands for. ``shown`` is the redacted URL."""
    if status in (404, 410):
        return SourceGone(f"{shown} answered {status}: there is nothing at this URL")
    if status in (401, 403):
        return SourceRefused(
            f"{shown} answered {status}: check its signature, expiry and source_headers"
        )
    if status in (429, 503):
        return SourceBusy(f"{shown} answered {status}", retry_after(headers))
    if status in (408, 425) or status >= 500:
        return SourceUnavailable(f"{shown} answered {status}", retry_after(headers))
    return SourceRefused(f"{shown} answered {status}, which cannot be copied")


def judge_whole(status: int, headers: Headers, shown: str) -> None:
    """Raise unless a reply to a request without a range is the whole source, whatever that is by
    now: 200, or 206 that says that it is all there is."""
    said = content_range(headers)
    if status == 206 and said and said.range == ByteRange(0, said.total or 0):
        length = content_length(headers)
        if length is not None and length != said.range.size:
            raise _contradiction(said, length, shown)
    elif status == 206:
        raise RangeNotHonoured(f"{shown} was asked for everything and answered with a part")
    elif status != 200:
        raise refusal(status, headers, shown)


def judge(status: int, headers: Headers, wanted: ByteRange, pin: Pin, shown: str) -> int:
    """How many bytes of ``wanted``, from its start, the reply carries; raise if none it can be.

    Fewer bytes than wanted are fine: the rest is asked for again.
    """
    if status not in (200, 206):
        raise _unexpected(status, headers, pin, shown)
    _same_source(headers, pin, shown)
    said = content_range(headers)
    if said is None:
        return _whole(status, headers, wanted, pin, shown)
    if said.total is not None and pin.size is not None and said.total != pin.size:
        raise SourceChanged(f"{shown} had {pin.size} bytes and now has {said.total}")
    if pin.size is not None and said.range.stop > pin.size:
        raise SourceChanged(
            f"{shown} had {pin.size} bytes, and its answer to a range goes to byte"
            f" {said.range.stop}"
        )
    if said.range.start != wanted.start:
        raise RangeNotHonoured(
            f"{shown} was asked for {wanted.header} and answered from byte {said.range.start}"
        )
    length = content_length(headers)
    if length is not None and length != said.range.size:
        raise _contradiction(said, length, shown)
    return min(said.range.size, wanted.size)


def _contradiction(said: ContentRange, length: int, shown: str) -> RangeNotHonoured:
    return RangeNotHonoured(
        f"{shown} says {said.range.size} bytes in Content-Range and {length} in Content-Length"
    )


def _unexpected(status: int, headers: Headers, pin: Pin, shown: str) -> FerryError:
    total = empty_total(headers) if status == 416 else None
    if total is not None and pin.size is not None and total != pin.size:
        return SourceChanged(f"{shown} had {pin.size} bytes and now has {total}")
    if status == 416:
        return RangeNotHonoured(f"{shown} refuses a range inside its own size (416)")
    return refusal(status, headers, shown)


def _same_source(headers: Headers, pin: Pin, shown: str) -> None:
    """A reply has to prove that it is of this source: what says nothing proves nothing.

    One ETag is proof, whatever the date: nodes of a CDN know different dates.
    """
    coding = coding_of(headers)
    if coding != pin.coding:
        raise RangeNotHonoured(
            f"{shown} answers with Content-Encoding {coding or 'identity'}, and had"
            f" {pin.coding or 'identity'} before"
        )
    etag, modified = normal_etag(headers), headers.get("Last-Modified")
    if pin.etag and (etag or modified):
        if etag != pin.etag:
            raise SourceChanged(f"{shown} changed while it was copied: its ETag is another")
    elif pin.last_modified and modified:
        if modified != pin.last_modified:
            raise SourceChanged(f"{shown} changed while it was copied: it was modified {modified}")
    elif pin.etag or pin.last_modified:
        raise RangeNotHonoured(
            f"{shown} answers without the ETag or date that it had: nothing proves that the range"
            " is of the same source"
        )


def _whole(status: int, headers: Headers, wanted: ByteRange, pin: Pin, shown: str) -> int:
    """A reply without a usable Content-Range is the whole source, or of no use."""
    length = content_length(headers)
    if status == 200 and wanted.start == 0 and (pin.size is None or wanted.stop == pin.size):
        if pin.size is not None and length is not None and length != pin.size:
            raise SourceChanged(f"{shown} had {pin.size} bytes and now has {length}")
        return wanted.size
    raise RangeNotHonoured(f"{shown} was asked for {wanted.header} and answered without a range")
