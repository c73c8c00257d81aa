"""What is told of a job: what it would do, how far it is, and what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..cloud import Cloud
from ..errors import InvalidEvent
from ..items.row import Tally
from ..items.waiting import moment_of
from ..jobs import BulkJob
from ..ledger.head import WAITING, Cursor, Head
from ..ledger.state import State
from ..names import ObjectName
from ..thaw.plan import terms_of
from .source import Opened
from .thawing import looker, planned

if TYPE_CHECKING:
    from ..oss.bucket import Bucket

Reply = dict[str, object]


def reply_of(
    job: BulkJob,
    head: Head,
    tally: Tally,
    files: Mapping[str, str],
    seconds: float,
    now: float,
    *,
    stopped: bool,
) -> Reply:
    """Its length does not depend on how many items there were, or failed."""
    status = "completed"
    if tally.failed:
        status = "completed_with_failures" if tally.failed < tally.items else "failed"
    requests = {"source": tally.source_requests, "oss": tally.oss_requests}
    return {
        "status": "stopped" if stopped else status,
        **_counted(head, tally),
        "format": head.format,
        "target": str(job.target),
        "report": dict(files),
        **({} if job.program else {"requests": requests}),
        "seconds": round(max(seconds, now - head.began), 3),
        "busy_seconds": round(seconds, 3),
        **({"restore": terms_of(job.thaw)} if job.thaw else {}),
    }


def is_too_much(job: BulkJob, failed: int, items: int) -> bool:
    """Whether more items failed than ``fail_above`` allows."""
    most = job.fail_above
    if most is None:
        return False
    return failed > (most * items if isinstance(most, float) else most)


def under_way(head: Head) -> Reply:
    """What is said where somebody else is at it."""
    return {"status": "under_way", "id": head.id, "items": head.sum.items}


def waiting_reply(head: Head) -> Reply:
    return {
        "status": "waiting",
        **_counted(head, head.sum),
        "waits": dict(head.sum.waits),
        "due": moment_of(head.due),
    }


def _counted(head: Head, tally: Tally) -> Reply:
    if head.program:
        return _given_to_program(head, tally)
    thawed = {"restored": tally.restored, "waiting": tally.waiting} if head.thaws else {}
    return {
        "id": head.id,
        "items": tally.items,
        "copied": tally.copied,
        **thawed,
        "unchanged": tally.unchanged,
        "skipped": tally.skipped,
        "failed": tally.failed,
        "causes": dict(tally.causes),
        "bytes": tally.bytes,
    }


def _given_to_program(head: Head, tally: Tally) -> Reply:
    return {
        "id": head.id,
        "program": head.program,
        "items": tally.items,
        "done": tally.done,
        "unchanged": tally.unchanged,
        "skipped": tally.skipped,
        "failed": tally.failed,
        "causes": dict(tally.causes),
        "outputs": tally.outputs,
        "bytes": tally.bytes,
    }


def status_of(state: State) -> Reply:
    """From its head alone, which is a few seconds old at the most."""
    head = _head_of(state)
    if head.reply is not None:
        return dict(head.reply)
    if head.status == WAITING:
        return waiting_reply(head)
    seconds = max(0.001, state.now() - head.began)
    rate = head.sum.items / seconds
    left = None if head.items is None else max(0, head.items - head.sum.items)
    return {
        "status": head.status,
        **_counted(head, head.sum),
        "of": head.items,
        "seconds": round(seconds, 1),
        "items_per_second": round(rate, 2),
        "seconds_left": round(left / rate, 1) if left is not None and rate else None,
    }


def stop(state: State) -> Reply:
    """Ask whoever does it to end; what is done is kept, and reported."""
    head = _head_of(state)
    if head.over:
        return dict(head.reply or {})
    state.ask_to_stop()
    return {"status": "stopping", **_counted(head, head.sum)}


def _head_of(state: State) -> Head:
    head = state.head()
    if head is None:
        raise InvalidEvent(f"there is no job {state.id}: its id is in the reply that began it")
    return head


def dry_reply(job: BulkJob, source: Opened, cloud: Cloud, bucket: Bucket) -> Reply:
    """What a job would do, found out by listing alone: nothing is copied, and nothing written.

    ``look`` counts items of which only a request each would tell whether they are to be copied;
    bytes are those that are known."""
    plan: Reply = {}
    if job.thaw:
        all_of_it = source.supply(Cursor(), 0)
        plan = planned(
            all_of_it, job, job.thaw, looker(cloud, job.target.region), bucket.now()
        ).to_json()
    if job.program:
        return _dry_run_of_program(job, source)
    counts, size = Counter[str](), 0
    for supplied in source.supply(Cursor(), 0 if source.nothing_there else 1 << 62):
        item = supplied.item
        if item is None:
            counts[str(supplied.content["outcome"])] += 1  # type: ignore[call-overload]
            continue
        if job.thaw and not job.thaw.copies:
            counts["look"] += 1
            continue
        may_stay = item.look and item.event["overwrite"] != "always"
        counts["look" if may_stay else "copy"] += 1
        size += item.size or 0
    inside = isinstance(job.source, ObjectName) and job.source.region == job.target.region
    copies = counts["copy"] + counts["look"]
    return {
        "status": "dry_run",
        "items": sum(counts.values()),
        **{name: counts[name] for name in ("copy", "look", "unchanged", "skipped", "failed")},
        "bytes": size,
        "format": source.format,
        "target": str(job.target),
        **plan,
        "requests": {
            "source": 0 if inside else copies,
            "oss": copies + counts["look"] * (2 if inside else 1),
        },
    }


def _dry_run_of_program(job: BulkJob, source: Opened) -> Reply:
    """Which of them it has been run over before, nobody looks at."""
    counts, size = Counter[str](), 0
    for supplied in source.supply(Cursor(), 0):
        counts["run" if supplied.item else str(supplied.content["outcome"])] += 1  # type: ignore[call-overload]
        size += supplied.size
    return {
        "status": "dry_run",
        "program": job.program.name if job.program else "",
        "items": sum(counts.values()),
        **{name: counts[name] for name in ("run", "skipped", "failed")},
        "bytes": size,
        "format": source.format,
        "target": str(job.target),
    }
