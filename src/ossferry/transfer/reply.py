"""What a transfer answers: JSON, every field of which docs/events.md explains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from ..entries import ObjectInfo
from ..jobs import TransferJob
from ..pace.limits import Measured
from ..source.probe import Source
from ..spread.tally import Tally
from .transfer import Copied, Transfer

if TYPE_CHECKING:
    from ..oss.bucket import Bucket


def copied_reply(transfer: Transfer, copied: Copied, warnings: Sequence[str]) -> dict[str, object]:
    seconds = transfer.phases.with_total
    return reply_of(transfer.job, transfer.source, copied, transfer.tally, seconds, warnings)


def reply_of(
    job: TransferJob,
    source: Source,
    copied: Copied,
    tally: Tally,
    seconds: Mapping[str, float],
    warnings: Sequence[str],
) -> dict[str, object]:
    """``seconds`` by phase, the last of which is their ``total``."""
    told = [*warnings, *_page(job, source)]
    return {
        "status": "copied",
        **_subject(job, source, copied.info),
        "proof": copied.proof,
        "parts": {
            "count": copied.count,
            "size": copied.part_size,
            "reused": copied.reused,
            "retried": tally.parts_retried,
            "hedged": tally.parts_hedged,
        },
        "children": {
            "invocations": tally.invocations,
            "peak": tally.peak,
            "throttled": tally.throttled,
            "retried": tally.retried,
            "hedged": tally.hedged,
        },
        **({"pace": _pace(tally.streams, tally.measured)} if tally.measured else {}),
        "seconds": {**seconds, "total": round(seconds["total"], 4)},
        "bytes_per_second": round(copied.info.size / seconds["total"]),
        **({"warnings": told} if told else {}),
    }


def _pace(streams: int, measured: Measured) -> dict[str, object]:
    """What was measured of a source that was split, and why there were no more connections."""
    return {
        "connections": streams,
        "connection_bytes_per_second": round(measured.connection),
        "instance_bytes_per_second": round(measured.instance),
        "limit": measured.limit,
    }


def there_reply(
    status: Literal["unchanged", "updated"],
    job: TransferJob,
    source: Source,
    info: ObjectInfo,
    seconds: Mapping[str, float],
    warnings: Sequence[str] = (),
) -> dict[str, object]:
    """For an object that already was the source; no byte was copied."""
    return {
        "status": status,
        **_subject(job, source, info),
        "seconds": {**seconds, "total": round(seconds["total"], 4)},
        **({"warnings": [*warnings]} if warnings else {}),
    }


def _subject(job: TransferJob, source: Source, info: ObjectInfo) -> dict[str, object]:
    return {
        "object": {
            "bucket": job.target.bucket,
            "key": job.target.key,
            "size": info.size,
            "etag": info.etag,
            # As text: JSON numbers lose what is beyond 53 bits in many a reader.
            "crc64": None if info.crc64 is None else str(info.crc64),
        },
        "source": {
            "url": source.ref.url.redacted,
            "size": source.size,
            "etag": source.ref.pin.etag,
            "known_by": source.known_by,
        },
    }


def _page(job: TransferJob, source: Source) -> list[str]:
    """Servers give a page where a file is no more, or wants a login, and often with status 200."""
    said = source.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    _, dot, suffix = job.target.key.rpartition("/")[2].rpartition(".")
    if said != "text/html" or not dot or suffix.lower() in ("html", "htm"):
        return []
    return [
        f"the source is a page (text/html) and was stored as .{suffix[:20]}: look whether it is"
        " what you meant, or give expected_content_type"
    ]


def warnings(overwrite: str, bucket: Bucket) -> list[str]:
    """What OSS cannot promise; PutObject's page: versioning switches forbid-overwrite off."""
    if overwrite != "never":
        return []
    unguarded = "under which OSS guards overwrite never only by looking before"
    status = bucket.versioning()
    if status is None:
        return [f"the role may not read whether the bucket has versioning, {unguarded}"]
    if status in ("Enabled", "Suspended"):
        return [f"the bucket has versioning, {unguarded}"]
    return []
