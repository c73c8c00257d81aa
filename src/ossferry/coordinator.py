"""A transfer from probe to verified reply.

    probe -> already there? -> plan -> create -> copy -> check -> complete -> reply

A target object either stays as it was or becomes the whole, verified source: once an upload is
open, an error of any kind aborts it, after everything in flight has ended.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .by_parts import copy_by_parts
from .cloud import Cloud
from .context import Context
from .copy_job import SourceRef
from .errors import BatchFailed, FerryError, InvalidEvent, ObjectExists, SourceGone
from .events import parse
from .expectations import Expectations, is_source
from .inside_oss import copy_inside_oss
from .jobs import BatchJob, ObjectName, TransferJob
from .log import log
from .one_pass import copy_in_one_pass
from .origin import Source, probe
from .plan import WHOLE_AT_MOST, Plan, make_plan
from .reply import copied_reply, unchanged_reply
from .retry import DEFAULT_POLICY, call
from .settings import Settings
from .transfer import Copied, Phases, Transfer


def answer(
    document: Mapping[str, Any],
    context: object,
    environ: Mapping[str, str],
    settings: Settings,
    started: float,
) -> dict[str, object]:
    """What an invocation that is no child's answers; ``context`` is FC's own."""
    job = parse(document, settings)
    return run(job, Cloud(Context.read(context, environ, started), settings), settings)


def run(job: TransferJob | BatchJob, cloud: Cloud, settings: Settings) -> dict[str, object]:
    """The transfer, or those of a trigger event: one that fails does not stop the others."""
    if isinstance(job, TransferJob):
        return transfer(job, cloud, settings)
    replies: list[dict[str, object]] = []
    errors: list[FerryError] = []
    for entry in job.transfers:
        try:
            if isinstance(entry, FerryError):
                raise entry
            replies.append(transfer(entry, cloud, settings))
        except FerryError as error:
            errors.append(error)
            log("transfer.failed", error_type=error.type, error=error.message)
    if len(errors) == 1:
        raise errors[0]
    if errors:
        told = "; ".join(f"{error.type}: {error}" for error in errors[:5])
        raise BatchFailed(f"{len(errors)} of {len(job.transfers)} transfers failed: {told}")
    return {"status": "done", "transfers": replies, "ignored": job.ignored}


def transfer(job: TransferJob, cloud: Cloud, settings: Settings) -> dict[str, object]:
    """Do the job; the reply as JSON. Idempotent: what is there already is not copied again."""
    phases = Phases()
    bucket = cloud.bucket(job.target)
    with phases("probe"):
        try:
            source = look_at(job, cloud)
        except SourceGone:
            if job.fallback is None:
                raise
            return transfer(job.fallback, cloud, settings)
        existing = None if job.overwrite == "always" else bucket.head(job.target.key)
    if existing and is_source(existing, job, source):
        return unchanged_reply(job, source, existing, phases)
    if existing and job.overwrite == "never":
        raise ObjectExists(f"{job.target} exists and overwrite is never: nothing was changed")
    expected = Expectations.of(job, source)
    expected.check_size(source.size)
    under_way = Transfer(job, source, bucket, cloud, expected, phases)
    copied = copy_inside_oss(under_way) or copy_bytes(under_way, settings)
    log("transfer.done", key=job.target.key, size=copied.info.size, **phases.seconds)
    return copied_reply(under_way, copied)


def copy_bytes(under_way: Transfer, settings: Settings) -> Copied:
    plan = plan_of(under_way.job, under_way.source, settings)
    return copy_by_parts(under_way, plan) if plan else copy_in_one_pass(under_way)


def look_at(job: TransferJob, cloud: Cloud) -> Source:
    """Probe the source; a private object is read through a URL that is signed for it."""
    if isinstance(job.source, ObjectName):
        url = cloud.bucket(job.source).get_url(job.source.key)
    else:
        url = job.source
    ref = SourceRef(url, job.source_headers)
    return call(lambda: probe(ref, cloud.guard), DEFAULT_POLICY, deadline=cloud.deadline)


def plan_of(job: TransferJob, source: Source, settings: Settings) -> Plan | None:
    """How to split the source; None if one stream copies it in one pass."""
    most = settings.max_children
    children = most if job.max_children is None else min(most, job.max_children)
    streams = job.streams or settings.streams
    if not source.splittable or source.size is None:
        return None
    if source.size <= (job.part_size or WHOLE_AT_MOST):
        return None
    if job.expected_md5 is not None:
        if (children, streams) == (0, 1):
            return None
        raise InvalidEvent(
            "expected_md5 can only be checked by one stream: set max_children to 0 and streams to"
            " 1, or give expected_crc64 instead"
        )
    return make_plan(
        source.size,
        part_size=job.part_size,
        max_children=children,
        streams=streams,
        fan_out_from=settings.fan_out_from,
    )
