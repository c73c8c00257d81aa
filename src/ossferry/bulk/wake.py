"""A job that waited, looked at again: by its id, or as one of those that are due."""

from __future__ import annotations

from ..jobs import WakeJob
from ..ledger.head import WAITING
from ..ledger.state import State
from .begin import recorded
from .coordinator import resume
from .replies import Reply, waiting_reply
from .wakeup import is_early, send_wake, wake_all
from .work import Instance, raise_if_too_many


def wake(job: WakeJob, instance: Instance) -> Reply:
    """Go on with what is due; too early, only wait once more. Idempotent."""
    bucket = instance.cloud.bucket(job.target)
    if job.id is None:
        return wake_all(bucket, instance.cloud)
    state = State(bucket, job.id)
    head = state.head()
    if head is None:
        return {"status": "gone", "id": job.id}
    if head.reply is not None:
        if instance.cloud.request_id in head.request_ids[-1:]:  # Function Compute tries again
            raise_if_too_many(recorded(head, bucket.region), head.reply)
        return dict(head.reply)
    now = bucket.now()
    if head.status == WAITING and now < head.due:
        if not is_early(job, head, now):
            send_wake(head, bucket, instance.cloud, now, job.hop + 1)
        return waiting_reply(head)
    return resume(head, state, bucket, instance)
