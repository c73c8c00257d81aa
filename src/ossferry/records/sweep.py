"""Removes what transfers left behind that nobody went on with: by its records, and by age.

Only uploads that ossferry's own records name or announce are touched. OSS bills parts of open
uploads, and no listing of objects shows them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..cloud import Cloud
from ..errors import TargetError
from ..jobs import SweepJob
from ..log import log
from ..names import (
    ATTEMPTS_FOLDER,
    BULK_FOLDER,
    DONE_FOLDER,
    DUE_FOLDER,
    FOLDER,
    LAST_FOLDER,
    REPORT_FILES,
    THEN_FOLDER,
)
from . import attempts
from .leftovers import Fate, remove
from .record import record_of

if TYPE_CHECKING:
    from ..oss.bucket import Bucket

_FOR_GOOD = (DONE_FOLDER, THEN_FOLDER)


def sweep(job: SweepJob, cloud: Cloud) -> dict[str, object]:
    """Abort the uploads of old records, and delete the records and old outcomes. Idempotent.

    A receipt goes with its record, and by its own age where that is gone. A job of many items goes
    as a whole, by the age of what it wrote last, and counts as one; what points to it
    stays as long. That a program is done with an object stays for good, as does what was gathered.
    """
    bucket = cloud.bucket(job.target)
    oldest = bucket.now() - job.older_than
    fates = {"swept": 0, "kept": 0, "failed": 0}
    listed = bucket.names(FOLDER)
    names = {name: moment for name, moment in listed if not name.startswith(_FOR_GOOD)}
    due = {name: names.pop(name) for name in [*names] if _due(name) > oldest}
    waiting = {_digest_of(_due_job(name)) for name in due}
    fates["kept"] += len(due)
    jobs: dict[str, list[str]] = {}
    for name in [name for name in names if name.startswith(BULK_FOLDER)]:
        jobs.setdefault(_job_of(name), []).append(name)
    written = _written({each: max(map(names.pop, jobs[each])) for each in jobs})
    for each, several in jobs.items():
        kept = written[each] > oldest or _digest_of(each) in waiting
        fates["kept" if kept else _removed_all(bucket, several)] += 1
    orphans = []
    for name, moment in names.items():
        record = record_of(name)
        if record in names:
            continue
        if moment > oldest:
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


def _due(name: str) -> float:
    """The moment at which somebody has to look after a job; 0 if that is none's name."""
    moment = name.removeprefix(DUE_FOLDER).partition("-")[0]
    return float(moment) if name.startswith(DUE_FOLDER) and moment.isdecimal() else 0.0


def _due_job(name: str) -> str:
    job = name.removeprefix(DUE_FOLDER).removesuffix(".json").partition("-")[2]
    return f"{BULK_FOLDER}{job}/"


def _written(newest: dict[str, float]) -> dict[str, float]:
    """When each job wrote last; of what points to a job, when that did."""
    jobs: dict[str, float] = {}
    for each, moment in newest.items():
        jobs[_digest_of(each)] = max(moment, jobs.get(_digest_of(each), 0.0))
    pointing = {each: jobs[_digest_of(each)] for each in newest if each.startswith(LAST_FOLDER)}
    return {**newest, **pointing}


def _digest_of(job: str) -> str:
    """What a job's id begins with if nobody chose it, and what points to the last one is called."""
    last = job.removesuffix("/").rpartition("/")[2]
    return last.removesuffix(".json") if job.startswith(LAST_FOLDER) else last.partition("-")[0]


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
    removing = attempts.remove if name.startswith(ATTEMPTS_FOLDER) else remove
    try:
        return removing(bucket, name, oldest)
    except TargetError as error:
        log("sweep.failed", "warning", name=name, reason=str(error))
        return "failed"
