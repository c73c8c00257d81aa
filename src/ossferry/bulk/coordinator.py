"""A job of many items from its event to its report.

    begin or go on -> supply -> slices -> gather -> report -> reply

Found again by its id, which follows from what is asked and from the request that asked it; or as
the last one of which the same was asked, if it has not ended.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from ..cloud import Cloud
from ..errors import BulkFailed, InvalidEvent, OutOfTime, Stopped, Unfinished
from ..events.bulk import bulk_of
from ..items.job import Item
from ..items.row import Row
from ..jobs import BulkJob
from ..log import lines_with, log
from ..settings import Settings
from .asked import event_of
from .gathering import Gathering, Own, Superseded
from .head import HANDED_OVER, RUNNING, Head
from .replies import dry_reply, reply_of, status_of, stop
from .report import all_rows, write_report
from .slices import most_for, slices_of
from .source import Opened, opened
from .state import State, last_of
from .supply import Supply

if TYPE_CHECKING:
    from ..oss.bucket import Bucket

_ALL = 1 << 62
_ALIVE = 10.0  # seconds within which a coordinator writes the head, whatever it is doing

Reply = dict[str, object]


class Begun(NamedTuple):
    """A job that this invocation does: ``known`` are rows on record beyond what the head sums up.
    Of items up to the number ``look`` there may be objects already."""

    head: Head
    known: tuple[Row, ...] = ()
    look: int = _ALL


def run(
    job: BulkJob,
    request_id: str,
    cloud: Cloud,
    own: Own,
    most_children: int,
) -> Reply:
    """Do the job, or what else it wants; the reply as JSON. ``request_id`` is that of the request
    that asked for it, which this invocation may go on with.

    ``own`` copies items in this instance. Raises ``Unfinished`` if time ends before: the same event
    goes on. ``BulkFailed`` if more items failed than ``fail_above`` allows.
    """
    bucket = cloud.bucket(job.target)
    if job.wants in ("stop", "status"):
        state = State(bucket, job.id or "")
        return stop(state) if job.wants == "stop" else status_of(state)
    most = most_children if job.max_children is None else min(most_children, job.max_children)
    if most:
        cloud.expect_children()
    failed: frozenset[object] | None = None
    if job.wants == "again":
        job, failed = _failed_before(job, cloud, bucket)
    with opened(job, cloud, bucket) as source:
        if job.dry_run:
            return dry_reply(job, source)
        state = _state_of(job, source, bucket, request_id)
        with lines_with(bulk_id=state.id):
            begun = _begin(job, source, state, cloud)
            if isinstance(begun, dict):
                _raise_if_too_many(job, begun)
                return begun
            return _do(job, begun, source, state, bucket, cloud, own, most, failed)


def _digest(job: BulkJob, source: Opened) -> str:
    """Of what is asked, secrets apart."""
    alike = repr(replace(job, id=None, fail_above=None, common={}))
    again = job.id if job.wants == "again" else None
    common = {**job.common, "source_headers": sorted(job.common.get("source_headers", {}))}
    asked = [alike, again, sorted(common.items()), source.version]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:12]


def _state_of(job: BulkJob, source: Opened, bucket: Bucket, request_id: str) -> State:
    """That of this request's job, or of an unfinished one of which the same was asked."""
    if job.id is not None and job.wants == "copy":
        return State(bucket, job.id)
    digest = _digest(job, source)
    own = State(bucket, f"{digest}-{hashlib.sha256(request_id.encode()).hexdigest()[:8]}")
    if own.head() is None:
        last = last_of(bucket, digest)
        if last and (head := last.head()) and not head.over:
            return last
        own.remember(digest)
    return own


def _begin(job: BulkJob, source: Opened, state: State, cloud: Cloud) -> Begun | Reply:
    """Begin the job, or go on with it; the reply if there is nothing to do."""
    fresh = Head(
        id=state.id,
        began=time.time(),
        request_ids=(cloud.request_id,),
        event=event_of(job),
        asked=_digest(job, source),
        version=source.version,
        format=source.format,
        items=source.items,
        bare=source.nothing_there,
    )
    head = state.head()
    if head is None:
        if state.create(fresh):
            log("bulk.begun", format=source.format, items=source.items)
            return Begun(fresh, look=0 if fresh.bare else _ALL)
        head = state.head() or fresh
    if head.asked != fresh.asked:
        raise InvalidEvent(
            f"job {head.id} was asked for something else, or its list has changed since: send this"
            " with another id"
        )
    if head.over:
        return dict(head.reply or {})
    alive = head.status == RUNNING and state.is_alive(_ALIVE)
    taken_over = None if alive else state.take_over(head, cloud.request_id)
    if taken_over is None:
        return _under_way(head)
    taken, known = taken_over
    # Of a crash nobody knows what was begun after the last head.
    surely = head.bare and head.status == HANDED_OVER
    return Begun(taken, tuple(known), look=head.handed_out if surely else _ALL)


def _do(
    job: BulkJob,
    begun: Begun,
    source: Opened,
    state: State,
    bucket: Bucket,
    cloud: Cloud,
    own: Own,
    most: int,
    failed: frozenset[object] | None,
) -> Reply:
    began, stopped = time.monotonic(), False
    head = begun.head
    supply = source.supply(head.cursor, begun.look)
    known_items = frozenset(_named(job, row) for row in begun.known)
    supply = _without(job, supply, known_items, failed)
    slices = slices_of(supply, head.next_slice, most_for(source.items, most))
    gathering = Gathering(job, head, state, cloud, own, most)
    try:
        gathering.run(slices)
    except Superseded as reason:
        if str(reason) != "stopped":
            return _under_way(gathering.head)
        stopped = True
        gathering.settle_open()
    except (OutOfTime, Stopped) as error:
        if state.is_taken_from(head):
            return _under_way(head)
        state.save(gathering.head._replace(status=HANDED_OVER))
        progress = gathering.tally.items > head.sum.items or gathering.partly > 0
        reused = head.sum.items + gathering.reused
        done = gathering.tally.items
        told = f"{error.message}; {done} items are done, and the same event goes on"
        if isinstance(error, Stopped):
            raise Stopped(told) from error
        raise Unfinished(told, progress=progress, reused=reused) from error
    return _end(job, gathering, state, bucket, time.monotonic() - began, stopped=stopped)


def _without(
    job: BulkJob, supply: Supply, known: frozenset[object], only: frozenset[object] | None
) -> Supply:
    """What is not on record yet; of a job that is done again only what failed."""
    for supplied in supply:
        name = _named(job, supplied.content)
        if name not in known and (only is None or name in only):
            yield supplied


def _named(job: BulkJob, content: Item | Row) -> object:
    """By what an item is known again: a listing may have changed, which changes its numbers."""
    if isinstance(content, Item):
        return content.number if job.list else content.event["target_object_name"]
    return content["item" if job.list else "key"]


def _end(
    job: BulkJob,
    gathering: Gathering,
    state: State,
    bucket: Bucket,
    seconds: float,
    *,
    stopped: bool,
) -> Reply:
    head = gathering.head
    if state.is_taken_from(head):
        return _under_way(head)
    files = write_report(job, head, state, bucket)
    reply = reply_of(job, head, gathering.tally, files, seconds, stopped=stopped)
    reply["invocations"] = gathering.invocations
    state.save(head._replace(status=str(reply["status"]), reply=reply))
    log("bulk.done", **{name: reply[name] for name in ("status", "id", "items", "seconds")})
    _raise_if_too_many(job, reply)
    return reply


def _under_way(head: Head) -> Reply:
    """What is said where somebody else is at it."""
    return {"status": "under_way", "id": head.id, "items": head.sum.items}


def _raise_if_too_many(job: BulkJob, reply: Mapping[str, Any]) -> None:
    """Also if the job had ended before: whoever asks again is told the same."""
    most, failed, items = job.fail_above, reply.get("failed", 0), reply["items"]
    if most is not None and failed > (most * items if isinstance(most, float) else most):
        raise BulkFailed(
            f"{failed} of {items} items failed, which is more than fail_above allows:"
            f" {reply['report']['failed_jsonl']} lists them"
        )


def _failed_before(job: BulkJob, cloud: Cloud, bucket: Bucket) -> tuple[BulkJob, frozenset[object]]:
    """The job that is done again, and what names its items that failed."""
    if job.id is None:
        raise InvalidEvent("id is missing: give that of the job whose failed items to do again")
    state = State(bucket, job.id)
    head = state.head()
    if head is None or not head.over:
        raise InvalidEvent(f"there is no job {job.id} that has ended in oss://{bucket.name}")
    if job.list is None and job.source is None:
        if head.event is None:
            raise InvalidEvent(
                "give the list, and source_headers, once more: they have secrets, which no record"
                " keeps"
            )
        before = bulk_of({**head.event}, Settings(), job.target.region)
        job = replace(before, id=job.id, wants="again", fail_above=job.fail_above)
    failed = (row for row in all_rows(head, state) if row["outcome"] == "failed")
    return job, frozenset(_named(job, row) for row in failed)
