"""Comes back to jobs that wait: by a delayed invocation of this function, and by a timer.

Neither is trusted. A delayed invocation waits for an hour at most, may be lost, or arrive at once
where Function Compute does not know delays; a timer is only there where it was deployed. Both only
look, and may look at the same job: whoever takes it over does it.
"""

from __future__ import annotations

from hashlib import sha256
from math import ceil
from typing import TYPE_CHECKING

from ..cloud import Cloud
from ..errors import FerryError
from ..events.thaw import WAKE
from ..jobs import WakeJob
from ..ledger.head import Head, read_due_name
from ..ledger.state import State
from ..log import log
from ..names import DUE_FOLDER

if TYPE_CHECKING:
    from ..oss.bucket import Bucket

_LONGEST = 3599  # seconds that an asynchronous invocation can be delayed, by all that is said
_TOLD_APART = 30.0  # seconds of a delay from which on it is seen whether it was kept


def send_wake(head: Head, bucket: Bucket, cloud: Cloud, now: float, hop: int = 0) -> None:
    """Be called when the job is due, or as late before that as can be. Who asks twice, in the same
    words, is called once."""
    delay = max(1, min(_LONGEST, ceil(head.due - now)))
    document = {**_event(head.id, bucket), "sent": now, "delay": delay, "hop": hop}
    # Ids of jobs are a bucket's, those of tasks a function's, for a week.
    named = f"{bucket.region}/{bucket.name}/{head.id}/{head.began}"
    task_id = f"wake-{sha256(named.encode()).hexdigest()[:12]}-{head.epoch}-{hop}"
    try:
        cloud.invoke_later(document, delay=delay, task_id=task_id)
    except FerryError as error:  # there is the timer
        log("wake.not_sent", "warning", error_type=error.type, error=error.message)


def is_early(job: WakeJob, head: Head, now: float) -> bool:
    """Whether Function Compute has not kept the delay, so that another one would be no use."""
    early = job.delay >= _TOLD_APART and now - job.sent < job.delay / 2
    if early:
        log("wake.early", "warning", seconds=round(now - job.sent), asked_for=round(job.delay))
    return early


def wake_all(bucket: Bucket, cloud: Cloud) -> dict[str, object]:
    """Have each job that is due looked after by an invocation of its own."""
    now, woken = bucket.now(), list[str]()
    for name, _ in bucket.names(DUE_FOLDER):
        found = read_due_name(name)
        if found is None:
            continue
        due, job_id = found
        if due > now:
            break
        state = State(bucket, job_id)
        head = state.head()
        if head is None and state.written():
            continue  # of another version, which may be deployed again
        if head is None or head.over or int(head.due) != int(due):
            bucket.delete(name)
            continue
        try:
            cloud.invoke_later(_event(job_id, bucket))
        except FerryError as error:  # the next look is soon
            log("wake.not_sent", "warning", error_type=error.type, error=error.message)
        else:
            woken.append(job_id)
    log("wake.done", woken=len(woken))
    return {"status": "woken", "ids": woken}


def _event(job_id: str, bucket: Bucket) -> dict[str, object]:
    return {
        "kind": WAKE,
        "id": job_id,
        "target_region": bucket.region,
        "target_bucket_name": bucket.name,
    }
