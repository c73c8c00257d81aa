"""What can be done with something that was asked for: end it, go on with it, do it once more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..asked.events import encoded
from ..asked.ids import base_of, id_of
from ..asked.programs import is_program
from ..asked.submit import Submitted, job_id_of, submit
from ..buckets import bucket_of
from ..fc.api import FunctionApi
from ..function import Function
from ..problems import NotEnded, Problem
from ..watching.jobs import read_head
from ..watching.known import Known
from .lists import kept_list

if TYPE_CHECKING:
    from ossferry.oss.bucket import Bucket

AGAIN = "r"  # before the number of what goes on with a job


def next_job(bucket: Bucket, base: str) -> str:
    """The id of a job that has not ended."""

    def is_over(job_id: str) -> bool:
        head = read_head(bucket, job_id)
        return head is not None and head.over

    return job_id_of(base, is_over)


def job_id_in(found: Known) -> str | None:
    """That of its records, once a look has seen them."""
    return getattr(found.watched, "id", None)


def stopped(api: FunctionApi, found: Known) -> None:
    """It is told to end: that takes a moment."""
    look = found.watched.look()
    if look.ended is not None:
        raise Problem(f"{found.id} has ended already: {look.ended.status}")
    job_id = job_id_in(found)
    if found.is_job and job_id and look.state != "Enqueued":
        # The job, not one of its invocations: it goes on in others.
        target = {"target_region": found.region, "target_bucket_name": found.bucket}
        api.invoke(encoded({"kind": "bulk", "id": job_id, "stop": True, **target}))
    elif found.task is not None and found.task.live:
        api.stop(found.id)
    elif found.task is not None:
        later = api.going_on(found.task.request_id)
        if not later:
            raise Problem(
                f"nothing of {found.id} runs just now: look at ossferry status {found.id}"
            )
        for task in later:
            api.stop(task.id)


def resumed(function: Function, api: FunctionApi, found: Known) -> Submitted:
    """The same event again; what is still under way is attached to."""
    if found.event is None:
        raise Problem(f"the event of {found.id} is not on record: give the same command again")
    event = {name: value for name, value in found.event.items() if name != "handover"}
    if found.task is not None and found.watched.look().ended is None:
        return Submitted(found.id, event, found.task.request_id, attached=True)
    base, mark = base_of(found.id), ""
    if found.is_job and not event.get("again"):
        # One that has ended only answers with its reply, so what is left is a new one.
        records = bucket_of(function, found.bucket, found.region)
        base, mark = next_job(records, base_of(found.job_id or found.id)), AGAIN
        event = {**event, "id": base, **kept_list(records, event, base)}
    return submit(api, event, base, mark)


def done_again(api: FunctionApi, found: Known) -> Submitted:
    """The failed items of a job that has ended, as a job of their own."""
    ended = found.watched.look().ended
    if not found.is_job:
        one = "one program" if found.is_program else "one copy"
        raise Problem(f"{found.id} is {one}: send it again with ossferry resume {found.id}")
    if ended is None:
        raise NotEnded(
            f"{found.id} has not ended: wait for it with ossferry status {found.id} --wait"
        )
    # With all that it had: a record has no secrets, so a list with some has to be given once more.
    before = {name: value for name, value in (found.event or {}).items() if name != "handover"}
    event = {
        "kind": "bulk",
        **before,
        "id": job_id_in(found) or found.id,
        "again": "failed",
        "target_region": found.region,
    }
    if not is_program(event):
        event["target_bucket_name"] = found.bucket
    base = f"again-{base_of(found.id)[:30].rstrip('-_')}-{id_of(event)[-10:]}"
    return submit(api, event, base)
