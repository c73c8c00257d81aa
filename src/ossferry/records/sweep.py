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
from ..names import BULK_FOLDER, FOLDER, REPORT_FILES
from .leftovers import Fate, remove
from .record import record_of

if TYPE_CHECKING:
    from ..oss.bucket import Bucket


def sweep(job: SweepJob, cloud: Cloud) -> dict[str, object]:
    """Abort the uploads of old records, and delete the records and old outcomes. Idempotent.

    A receipt goes with its record, and by its own age where that is gone. A job of many items goes
    as a whole, by the age of what it wrote last, and counts as one.
    """
    bucket = cloud.bucket(job.target)
    oldest = time.time() - job.older_than
    fates = {"swept": 0, "kept": 0, "failed": 0}
    names = dict(bucket.names(FOLDER))
    jobs: dict[str, list[str]] = {}
    for name in [name for name in names if name.startswith(BULK_FOLDER)]:
        jobs.setdefault(_job_of(name), []).append(name)
    for several in jobs.values():
        newest = max(names.pop(name) for name in several)
        fates["kept" if newest > oldest else _removed_all(bucket, several)] += 1
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


def _job_of(name: str) -> str:
    """The folder that holds all of one job; a name that points to a job stands for itself."""
    folder, slash, _ = name.removeprefix(BULK_FOLDER).partition("/")
    return name if folder == "last" else f"{BULK_FOLDER}{folder}{slash}"


def _removed_all(bucket: Bucket, names: list[str]) -> Fate:
    try:
        for folder in {_job_of(name) for name in names if name.startswith(BULK_FOLDER)}:
            for report in (f"{folder}{file}" for file in REPORT_FILES):
                for upload_id, _ in bucket.open_uploads(report):
                    bucket.abort(report, upload_id)
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
