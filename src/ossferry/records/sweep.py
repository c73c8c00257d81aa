"""Removes what transfers left behind that nobody went on with: by its records, and by age.

Only uploads that ossferry's own records name or announce are touched. OSS bills parts of open
uploads, and no listing of objects shows them.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ..cloud import Cloud
from ..errors import TargetError
from ..jobs import SweepJob
from ..log import log
from ..names import FOLDER
from .leftovers import Fate, remove

if TYPE_CHECKING:
    from ..oss.bucket import Bucket


def sweep(job: SweepJob, cloud: Cloud) -> dict[str, object]:
    """Abort the uploads of old records, and delete the records and old outcomes. Idempotent."""
    bucket = cloud.bucket(job.target)
    oldest = time.time() - job.older_than
    fates = {"swept": 0, "kept": 0, "failed": 0}
    for name, written in bucket.names(FOLDER):
        fates["kept" if written > oldest else _removed(bucket, name, oldest)] += 1
    log("sweep.done", **fates)
    return {"status": "swept", **fates}


def _removed(bucket: Bucket, name: str, oldest: float) -> Fate:
    try:
        return remove(bucket, name, oldest)
    except TargetError as error:
        log("sweep.failed", "warning", name=name, reason=str(error))
        return "failed"
