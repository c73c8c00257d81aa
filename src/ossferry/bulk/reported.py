"""Leaves the report of a job as one document beside its files, for those who ask for it.

What is in it, and how it is made of a job that left none, the room below knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..cloud import Cloud
from ..jobs import BulkJob
from ..ledger.reported import Known, document, report_name
from ..ledger.state import State
from ..transfer.reported import left

if TYPE_CHECKING:
    from ..oss.bucket import Bucket

__all__ = ["document", "report_left"]


def report_left(
    job: BulkJob,
    state: State,
    bucket: Bucket,
    cloud: Cloud,
    reply: Mapping[str, Any],
    child_seconds: float,
) -> dict[str, str]:
    """Its name as the reply has those of the other files; nothing if it could not be written."""
    name, known = report_name(state), Known(reply, child_seconds, cloud.memory_mb)
    if not left(
        cloud, job.target._replace(key=""), name, lambda: document(bucket, state.id, known)
    ):
        return {}
    return {"report_json": f"oss://{bucket.name}/{name}"}
