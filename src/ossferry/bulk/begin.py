"""Which job an event means: a new one, one that has begun, or one whose failures are done again.

Found again by its id, which follows from what is asked and from the request that asked it; or as
the last one of which the same was asked, if it has not ended.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, cast

from ..cloud import Cloud
from ..errors import InvalidEvent
from ..events.bulk import bulk_of
from ..events.program import PROGRAM, program_of
from ..items.row import Row
from ..jobs import BulkJob
from ..ledger.head import HANDED_OVER, RUNNING, WAITING, Head
from ..ledger.report import all_rows
from ..ledger.state import State, last_of
from ..log import log
from ..settings import Settings
from ..small.item import Item
from .asked import event_of
from .replies import Reply, under_way, waiting_reply
from .source import Opened

if TYPE_CHECKING:
    from ..oss.bucket import Bucket

_ALL = 1 << 62
_FRUITLESS = 20
_ELSEWHERE = ("source_endpoint", "credentials")
# Seconds within which a coordinator writes the head, whatever it is doing: each three, by a
# request that may take ten.
_ALIVE = 15.0


class Begun(NamedTuple):
    """A job that this invocation does: ``known`` are rows on record beyond what the head sums up.
    Of items up to the number ``look`` there may be objects already."""

    head: Head
    known: tuple[Row, ...] = ()
    look: int = _ALL


def state_of(job: BulkJob, source: Opened, bucket: Bucket, request_id: str) -> State:
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


def begin(
    job: BulkJob, source: Opened, state: State, cloud: Cloud, confirm: Callable[[], None]
) -> Begun | Reply:
    """Begin the job, or go on with it; the reply if there is nothing to do. ``confirm`` raises if
    it must not begin."""
    fresh = Head(
        id=state.id,
        began=state.now(),
        request_ids=(cloud.request_id,),
        event=event_of(job),
        asked=_digest(job, source),
        version=source.version,
        format=source.format,
        items=source.items,
        bare=source.nothing_there,
        thaws=job.thaw is not None,
        program=job.program.name if job.program else "",
        again_of=job.id or "" if job.wants == "again" else "",
    )
    head = state.head()
    if head is None:
        confirm()
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
    if head.status == WAITING and state.now() < head.due:
        return waiting_reply(head)
    return go_on(head, state, cloud)


def go_on(head: Head, state: State, cloud: Cloud) -> Begun | Reply:
    """With a job that has begun, unless somebody else is at it."""
    if head.status == RUNNING:
        alive = state.is_alive(_ALIVE)
        head = state.head() or head
        if head.over:  # by now
            return dict(head.reply or {})
        if head.status == WAITING:
            return waiting_reply(head)
    else:
        alive = False
    taken_over = None if alive else state.take_over(head, cloud.request_id)
    if taken_over is None:
        return under_way(head)
    taken, known = taken_over
    # Of a crash nobody knows what was begun after the last head.
    surely = head.bare and head.status == HANDED_OVER
    return Begun(taken, tuple(known), look=head.handed_out if surely else _ALL)


def is_fruitless(head: Head) -> bool:
    """Whether so many in a row have gone on with it that got nothing done."""
    last = head.epochs[-_FRUITLESS:]
    return len(last) == _FRUITLESS and all(each[1:] == (1, head.round, False) for each in last)


def failed_before(job: BulkJob, bucket: Bucket) -> tuple[BulkJob, frozenset[object]]:
    """The job that is done again, and what names its items that failed."""
    if job.id is None:
        raise InvalidEvent("id is missing: give that of the job whose failed items to do again")
    state = State(bucket, job.id)
    head = state.head()
    if head is None or not head.over:
        raise InvalidEvent(f"there is no job {job.id} that has ended in oss://{bucket.name}")
    if job.list is None and job.source is None and not job.items:
        before = recorded(head, job.target.region)
        thaw = before.thaw
        if job.thaw:  # on the terms of this event
            thaw = replace(job.thaw, copies=thaw.copies if thaw else True)
        fail_above = job.fail_above
        before = replace(before, report=job.report)
        job = replace(before, id=job.id, wants="again", fail_above=fail_above, thaw=thaw)
    failed = (row for row in all_rows(head, state) if row["outcome"] == "failed")
    return job, frozenset(named(job, row) for row in failed)


def recorded(head: Head, region: str) -> BulkJob:
    """The job that a head is of."""
    if head.event is None:
        raise InvalidEvent(
            "give the list, and source_headers, once more: they have secrets, which no record keeps"
        )
    if head.event.get("kind") == PROGRAM:
        return cast(BulkJob, program_of(head.event, Settings(), region))
    return bulk_of({**head.event}, Settings(), region)


def named(job: BulkJob, content: Item | Row) -> object:
    """By what an item is known again: a listing may have changed, which changes its numbers."""
    if isinstance(content, Item):
        return content.event["target_object_name"] if job.source else content.number
    return content["key" if job.source else "item"]


def _digest(job: BulkJob, source: Opened) -> str:
    """Of what is asked, secrets apart."""
    alike = repr(replace(job, id=None, fail_above=None, common={}))
    again = job.id if job.wants == "again" else None
    common = {**job.common, "source_headers": sorted(job.common.get("source_headers", {}))}
    asked: list[object] = [alike, again, sorted(common.items()), source.version]
    # The region is in the job already, as that of sources in OSS.
    asked += [(name, job.elsewhere[name]) for name in _ELSEWHERE if name in job.elsewhere]
    if job.program:
        asked += [job.program.name, sorted(job.program.parameters.items())]
    if job.then:
        asked.append(job.then.to_json())
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:12]
