"""A child of a job of many items: its share, as one invocation does it."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ..context import Context
from ..errors import InvalidEvent
from ..http.netguard import NetGuard
from ..jobs import TransferJob
from ..log import lines_with, log
from ..names import BULK_FOLDER, region_id
from ..oss.allowed import judge
from ..oss.endpoint import oss_endpoint
from ..oss.signing import object_address
from ..settings import BUCKET, REGION, Settings
from ..stop import Stop
from .copy import Copying, Transfer
from .job import ItemsJob, ItemsResult

_HEARD = 4.0  # seconds


def copy(
    job: ItemsJob,
    beat: Callable[[], bool] = lambda: True,
    *,
    context: Context,
    settings: Settings,
    stop: Stop,
) -> ItemsResult:
    """What came of the items; also those that are done before ``stop``, or the end of time."""
    if "program" in job.common:
        return _given(job, beat, context, settings, stop)
    copying = Copying(job, context, settings, NetGuard(settings.allow_networks), stop)
    # Nobody waits for a large item longer than for the others.
    context = context._replace(deadline=min(context.deadline, time.monotonic() + job.seconds))
    result = copying.run(_transfer(job.children, context, settings, stop), beat)
    log("items.done", **_told(result))
    return result


def _given(
    job: ItemsJob,
    beat: Callable[[], bool],
    context: Context,
    settings: Settings,
    stop: Stop,
) -> ItemsResult:
    """To a program; nothing of that is loaded by who copies."""
    from .over import Over

    # The coordinator hears of it a moment after it has said that all should end.
    until = time.monotonic() + job.seconds + _HEARD
    context = context._replace(deadline=min(context.deadline, until))
    result = Over(job, context, settings, stop).run(beat)
    log("items.done", **_told(result), done=result.tally.done, outputs=result.tally.outputs)
    return result


def answer(
    document: Mapping[str, Any], context: object, settings: Settings, started: float, stop: Stop
) -> dict[str, object]:
    """The reply of the invocation that was sent ``document``."""
    job, own = ItemsJob.decode(document), Context.read(context, os.environ, started)
    _require_own_records(job, own, settings)
    with lines_with(bulk_id=job.bulk):
        return copy(job, context=own, settings=settings, stop=stop).to_json()


def _require_own_records(job: ItemsJob, context: Context, settings: Settings) -> None:
    """What an event asks to be recorded goes to OSS, which tells by its signature whether a
    coordinator wrote the event, and to nobody else."""
    region = str(job.common.get("target_region"))
    bucket = str(job.common.get("target_bucket_name"))
    named = re.fullmatch(REGION, region) and re.fullmatch(BUCKET, bucket)
    if named:
        judge(settings, bucket, "")
    endpoint = oss_endpoint(region_id(region), context, settings)
    ours = object_address(bucket, BULK_FOLDER, endpoint).redacted if named else ""
    for url in (job.result, job.partial):
        if url is not None and not (named and url.redacted.startswith(ours)):
            raise InvalidEvent("a job of many items is only written by a coordinator")


def _transfer(children: int, context: Context, settings: Settings, stop: Stop) -> Transfer:
    """How a large item is copied; nothing of that is loaded before there is one."""

    def transfer(job: TransferJob) -> dict[str, object]:
        from ..cloud import Cloud
        from ..transfer.coordinator import transfer

        job = replace(job, max_children=children)
        if job.expected_md5 is not None:  # which one stream alone can tell
            job = replace(job, max_children=0, streams=1)
        with lines_with(transfer_id=job.id):
            return transfer(job, Cloud(context, settings, stop), settings)

    return transfer


def _told(result: ItemsResult) -> dict[str, object]:
    tally = result.tally
    causes = json.dumps(dict(tally.causes))
    return {
        "copied": tally.copied,
        "unchanged": tally.unchanged,
        "skipped": tally.skipped,
        "failed": tally.failed,
        "causes": causes,
        "bytes": tally.bytes,
        "left": len(result.left),
        "seconds": round(result.seconds, 3),
    }
