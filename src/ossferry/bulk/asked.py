"""A job as an event again, for who has its id alone."""

from __future__ import annotations

from time import gmtime, strftime
from typing import Any

from ..events.bulk import BULK
from ..jobs import BulkJob
from ..urls import Url


def event_of(job: BulkJob) -> dict[str, Any] | None:
    """An event that asks for this job; None if it would have a secret."""
    listed = job.list
    if job.common.get("source_headers"):
        return None
    if isinstance(listed, Url) and listed.reveal() != listed.redacted:
        return None
    chosen, share = job.selection, job.fail_above
    event = {
        "kind": BULK,
        "list": str(listed) if listed else None,
        "source": str(job.source) if job.source else None,
        "source_region": job.source_region,
        "target_region": job.target.region,
        "target_bucket_name": job.target.bucket,
        "target_prefix": job.target.key,
        "include": list(chosen.include),
        "exclude": list(chosen.exclude),
        "min_size": chosen.min_size,
        "max_size": chosen.max_size,
        "modified_after": _written(chosen.modified_after),
        "modified_before": _written(chosen.modified_before),
        "overwrite": job.overwrite,
        "naming": job.naming,
        "strict": job.strict,
        "fail_above": f"{share * 100:g}%" if isinstance(share, float) else share,
        "max_children": job.max_children,
        **job.common,
    }
    return {name: value for name, value in event.items() if value not in (None, [], "", False)}


def _written(moment: float | None) -> str | None:
    return None if moment is None else strftime("%Y-%m-%dT%H:%M:%SZ", gmtime(moment))
