"""A job as an event again, for who has its id alone."""

from __future__ import annotations

from collections.abc import Mapping
from time import gmtime, strftime
from typing import Any

from ..events.bulk import BULK, OF_OSS
from ..events.program import PROGRAM
from ..events.thaw import THAW, has_no_secret
from ..jobs import BulkJob, ProgramCall, Thaw, TransferJob
from ..names import ObjectName
from ..origins.place import ForeignName
from ..urls import Url


def event_of(job: BulkJob) -> dict[str, Any] | None:
    """An event that asks for this job; None if it would have a secret."""
    listed, thaw = job.list, job.thaw
    if job.common.get("source_headers") or not all(map(has_no_secret, job.items)):
        return None
    if isinstance(listed, Url) and listed.reveal() != listed.redacted:
        return None
    chosen, share = job.selection, job.fail_above
    only_restores = thaw is not None and not thaw.copies
    event = {
        "kind": THAW if only_restores else BULK,
        "items": [*job.items],
        "list": str(listed) if listed else None,
        "source": str(job.source) if job.source else None,
        "source_region": _region(job),
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
        "report": job.report,
        **job.common,
        **job.elsewhere,
        **(_terms(thaw) if thaw else {}),
        **({"again": "failed", "id": job.id} if job.wants == "again" else {}),
    }
    if only_restores:
        del event["overwrite"], event["naming"]
    if job.program:
        then = {"then": job.then.to_json()} if job.then else {}
        event |= {"kind": PROGRAM, "target": str(job.target), **_call(job.program), **then}
        del event["overwrite"], event["target_bucket_name"], event["target_prefix"]
    return _given(event)


def _call(program: ProgramCall) -> dict[str, Any]:
    return {"program": program.name, "parameters": dict(program.parameters)}


def job_of_one(job: TransferJob) -> BulkJob:
    """A transfer of an object as a job that can wait for it."""
    common = {
        "content_type": job.content_type,
        "metadata": dict(job.metadata),
        "storage_class": job.storage_class,
        "direct_read": job.direct_read,
    }
    region = job.source.region if isinstance(job.source, ObjectName) else None
    item = {
        "source_url": str(job.source),
        "source_region": region,
        "target_object_name": job.target.key,
        "expected_size": job.expected_size,
        "expected_crc64": None if job.expected_crc64 is None else str(job.expected_crc64),
        "expected_md5": job.expected_md5,
        "expected_content_type": job.expected_content_type,
        "part_size": job.part_size,
        "streams": job.streams,
        "overwrite": job.overwrite,
    }
    return BulkJob(
        target=job.target._replace(key=""),
        items=(_given(item),),
        source_region=region or "",
        max_children=job.max_children,
        fail_above=0,  # a transfer that fails is an error
        thaw=job.thaw,
        common=_given(common),
        report=job.report,
    )


def _region(job: BulkJob) -> str | None:
    """That of sources in OSS. One that nobody gave is none for sources in other clouds."""
    if isinstance(job.source, ForeignName):
        return None
    if job.source or not job.source_region:
        return job.source_region
    return f"{OF_OSS}{job.source_region}"


def _given(fields: Mapping[str, Any]) -> dict[str, Any]:
    """A limit of 0 is one, and equals False."""
    return {name: each for name, each in fields.items() if each or type(each) is int}


def _terms(thaw: Thaw) -> dict[str, Any]:
    """Whoever goes on with it has it confirmed."""
    return {"thaw": thaw.copies, "days": thaw.days, "tier": thaw.tier}


def _written(moment: float | None) -> str | None:
    return None if moment is None else strftime("%Y-%m-%dT%H:%M:%SZ", gmtime(moment))
