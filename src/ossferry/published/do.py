"""Does what a step of the published flows asks for."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import closing

from ..archived import fitted, state_of
from ..cloud import Cloud
from ..context import Context
from ..entries import Entry
from ..errors import FerryError
from ..events.published import ListArchived, Published, RestoreFiles, RestoreState
from ..log import log
from ..settings import Settings
from ..thaw.look import found as looked
from ..thaw.restorer import Restorer
from ..thaw.wish import Wish
from .page import page_reply
from .state import state_reply

Reply = dict[str, object]


def do(job: Published, cloud: Cloud, context: Context, settings: Settings) -> Reply:
    pages, now = cloud.source_bucket(job.bucket).page, time.time()
    match job:
        case ListArchived():
            return page_reply(job, pages(job.prefix, job.marker, job.max_keys), now)
        case RestoreState():
            return state_reply(job, looked(pages, job.keys), now)
        case RestoreFiles():
            return _restore(job, looked(pages, job.keys), now, cloud, context, settings)


def _restore(
    job: RestoreFiles,
    found: dict[str, Entry],
    now: float,
    cloud: Cloud,
    context: Context,
    settings: Settings,
) -> Reply:
    """Only what is frozen is asked for: a second restore extends the first, and is paid for.

    The reply is empty, as that of the application: flows carry one for each group. What came of it
    is in the log.
    """
    states = Counter(_state(found.get(key), now) for key in job.keys)
    frozen = [found[key] for key in job.keys if _state(found.get(key), now) == "frozen"]
    wishes = [
        Wish(
            job.bucket._replace(key=each.key),
            fitted(each.storage_class, job.days, job.tier),
        )
        for each in frozen
    ]
    until = cloud.last_call
    with closing(Restorer(context, settings, cloud.stop, until, job.streams)) as restorer:
        answers = restorer.ask(wishes)
    gone = {
        wish.source.key for wish, answer in zip(wishes, answers, strict=True) if answer == "gone"
    }
    for key in job.keys:
        if key in gone or key not in found:
            log("restore.gone", key=key)
    for answer in answers:
        if isinstance(answer, FerryError):
            raise answer
    outcomes = Counter(map(str, answers))
    log(
        "restore.done",
        bucket=job.bucket.bucket,
        asked=outcomes["asked"],
        under_way=outcomes["under_way"] + states["restoring"],
        readable=outcomes["extended"] + outcomes["not_archived"] + states["readable"],
        gone=outcomes["gone"] + states["gone"],
    )
    return {}


def _state(entry: Entry | None, now: float) -> str:
    return "gone" if entry is None else state_of(entry.storage_class, entry.restore, now)
