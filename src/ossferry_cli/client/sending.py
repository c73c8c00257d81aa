"""Sends an event that is asked for, and gives the task that it is: what copies, programs and
restores have in common. A list of this machine goes with it."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from ..asked.events import Event, described, encoded
from ..asked.ids import ID, id_of
from ..asked.sources import without_secrets
from ..asked.submit import Submitted, submit
from ..buckets import bucket_of
from ..fc.api import FunctionApi
from ..function import Function
from ..problems import Misuse, Problem
from ..watching.look import Ended
from ..watching.transfers import mark_of
from .going_on import AGAIN, next_job
from .lists import LocalList, put
from .task import Task


class Sending(NamedTuple):
    """An event, and where its records are: None without a target. ``many``: it is a job, which has
    an id of its own. ``own`` is a list of this machine, ``id`` one that somebody chose, ``name``
    what goes before the one that follows from the event."""

    event: Event
    many: bool
    bucket: str | None
    region: str
    own: LocalList | None = None
    id: str | None = None
    name: str = ""
    dry_run: bool = False

    def __repr__(self) -> str:
        return f"Sending({described(self.event)})"


def sent(sending: Sending, function: Function, api: FunctionApi) -> Task:
    """Of a dry run the task has ended: the function was invoked, and waited for."""
    event, own = sending.event, sending.own
    if own:
        event = {name: value for name, value in event.items() if name != "list"}
    if sending.dry_run:
        return rehearsed(function, api, sending._replace(event=event))
    base = _id(sending.id) or sending.name + id_of(event, own.content if own else b"")
    mark, before = "", None
    bucket = bucket_of(function, sending.bucket, sending.region) if sending.bucket else None
    if bucket and sending.many:
        base, mark = next_job(bucket, base), AGAIN
        event = {**event, "id": base, **put(own, bucket, base)}
    elif bucket and "target_object_name" in event:
        before = mark_of(bucket, event["target_object_name"])
    submitted = submit(api, event, base, mark)
    if sending.id:
        _require_same(submitted, event)
    return Task(function, api, submitted, before=before)


def rehearsed(function: Function, api: FunctionApi, sending: Sending) -> Task:
    """Asked of the function, and waited for; a list is read where a job would read it."""
    event, own = sending.event, sending.own
    if own is not None and sending.bucket:
        target = bucket_of(function, sending.bucket, sending.region)
        key = own.key(f"dry-run-{hashlib.sha256(own.content).hexdigest()[:16]}")
        target.write(key, own.content)
        try:
            reply = api.invoke(encoded({**event, "list": f"oss://{sending.bucket}/{key}"}))
        finally:
            target.delete(key)
    else:
        reply = api.invoke(encoded(event))
    ended = Ended(str(reply.get("status", "")), reply)
    return Task(function, api, Submitted("", event), rehearsed=ended)


def _id(given: str | None) -> str | None:
    if given is not None and not ID.fullmatch(given):
        raise Misuse("--id is a letter, then up to 63 letters, digits, - and _")
    return given


def _require_same(submitted: Submitted, event: Event) -> None:
    """An id that somebody chose may be that of something else."""
    if submitted.attached and without_secrets(submitted.event) != without_secrets(event):
        raise Problem(
            f"{submitted.id} runs already, and is something else: choose another --id, or look at"
            f" ossferry status {submitted.id}"
        )
