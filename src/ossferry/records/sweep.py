"""Removes what transfers left behind that nobody went on with: by its records, and by age.

Only uploads that ossferry's own records name or announce are touched. OSS bills parts of open
uploads, and no listing of objects shows them.
"""

from __future__ import annotations

import time

from ..cloud import Cloud
from ..errors import TargetError
from ..jobs import SweepJob
from ..log import log
from ..names import FOLDER
from .leftovers import remove


def sweep(job: SweepJob, cloud: Cloud) -> dict[str, object]:
    """Abort the uploads of old records, and delete the records and old outcomes. Idempotent."""
    bucket = cloud.bucket(job.target)
    oldest = time.time() - job.older_than
    swept, kept, failed = 0, 0, 0
    for name, written in bucket.names(FOLDER):
        if written > oldest:
            kept += 1
            continue
        try:
            if remove(bucket, name, written):
                swept += 1
            else:
                failed += 1
        except TargetError as error:
            failed += 1
            log("sweep.failed", "warning", name=name, reason=str(error))
    log("sweep.done", swept=swept, kept=kept, failed=failed)
    return {"status": "swept", "swept": swept, "kept": kept, "failed": failed}
