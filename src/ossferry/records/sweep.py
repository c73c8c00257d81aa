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
from .record import record_of

if TYPE_CHECKING:
    from ..oss.bucket import Bucket


def sweep(job: SweepJob, cloud: Cloud) -> dict[str, object]:
    """Abort the uploads of old records, and delete the records and old outcomes. Idempotent.

    A receipt goes with its record, and by its own age where that is gone.
    """
    bucket = cloud.bucket(job.target)
    oldest = time.time() - job.older_than
    fates = {"swept": 0, "kept": 0, "failed": 0}
    names = dict(bucket.names(FOLDER))
    orphans = []
    for name, written in names.items():
        record = record_of(name)
        if record in names:
            continue
        if written > oldest:
            fates["kept"] += 1
        elif record:
            orphans.append(name)
        else:
            fates[_removed(bucket, name, oldest)] += 1
    if orphans:
        fates[_removed_all(bucket, orphans)] += len(orphans)
    log("sweep.done", **fates)
    return {"status": "swept", **fates}


def _removed_all(bucket: Bucket, names: list[str]) -> Fate:
    try:
        bucket.delete_all(names)
    except TargetError as error:
        log("sweep.failed", "warning", name=names[0], reason=str(error))
        return "failed"
    return "swept"


def _removed(bucket: Bucket, name: str, oldest: float) -> Fate:
    try:
        return remove(bucket, name, oldest)
    except TargetError as error:
        log("sweep.failed", "warning", name=name, reason=str(error))
        return "failed"
