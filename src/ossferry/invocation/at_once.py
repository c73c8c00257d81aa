"""The small transfers of a batch, many at once: each is what a transfer would make of it.

What one look at a source does not make certain is not told of: a transfer is to decide it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

from ..byte_range import MIB
from ..cloud import Cloud
from ..context import Context
from ..errors import FerryError, SourceArchived, SourceGone, SourceRefused, TargetRefused
from ..jobs import TransferJob
from ..names import ObjectName
from ..settings import Settings
from ..small.done import Done
from ..small.held import Memory
from ..small.item import Item
from ..small.many import Asked, Many, Tried
from ..spread.tally import Tally
from ..transfer.reply import reply_of, there_reply, warnings
from ..transfer.transfer import Copied
from .batch import Hear, Reply
from .logged import tell_done, tell_failed

# What a second attempt would be told as well; of any other error a transfer may know better.
_CERTAIN = (SourceGone, SourceRefused, TargetRefused)
_HELD = 32 * MIB  # bytes of all sources at once: a coordinator has SDKs to hold as well
# Seconds in which nothing came of any: no host is left alone for longer. Then those that are under
# way only hold up what comes after them.
_IDLE = 65.0

Warnings = Mapping[ObjectName, list[str]]  # by bucket


def copy_at_once(
    jobs: Mapping[int, TransferJob], hear: Hear, context: Context, settings: Settings, cloud: Cloud
) -> None:
    """``hear`` is told of each by its number, by any thread, as soon as it is certain. Returns when
    nothing is under way any more: at ``last_call`` at the latest."""
    warnings = _warnings(jobs, cloud)
    asked = [
        Asked(Item(number, {}), job)
        for number, job in jobs.items()
        if job.overwrite != "never" or _bucket(job) in warnings
        if not (job.report or settings.report)  # which only a transfer leaves
    ]
    latest = [time.monotonic()]

    def came(asked: Asked, outcome: Done | FerryError | None, tried: Tried) -> None:
        latest[0] = time.monotonic()
        job = asked.job
        waits = isinstance(outcome, SourceArchived) and job.thaw is not None
        if isinstance(outcome, _CERTAIN) and not waits:
            tell_failed(job, outcome, tried.in_all, transfer_id=job.id)
            hear(asked.item.number, outcome)
        elif isinstance(outcome, Done):
            reply = _reply(job, outcome, tried, warnings.get(_bucket(job), []))
            if reply is not None:
                tell_done(job, reply, transfer_id=job.id)
                hear(asked.item.number, reply)

    many = Many(
        came,
        context,
        settings,
        cloud.guard,
        cloud.last_call,
        cloud.stop,
        most=settings.streams,
        memory=Memory(_HELD),
        as_transfer=True,
    )
    many.run(asked, lambda: time.monotonic() - latest[0] < _IDLE)


def _reply(job: TransferJob, done: Done, tried: Tried, warnings: list[str]) -> Reply | None:
    """As that of a transfer; None for what was skipped."""
    if done.info is None or done.source is None:
        return None
    seconds = {**done.seconds, "total": max(tried.in_all, 1e-4)}
    if done.outcome == "unchanged":
        return there_reply("unchanged", job, done.source, done.info, seconds)
    copied, tally = Copied(done.info, [*done.proof]), Tally(parts_retried=tried.attempts - 1)
    return reply_of(job, done.source, copied, tally, seconds, warnings)


def _warnings(jobs: Mapping[int, TransferJob], cloud: Cloud) -> Warnings:
    """What OSS cannot promise of ``never``, of each bucket that can be asked."""
    found: dict[ObjectName, list[str]] = {}
    for bucket in {_bucket(job) for job in jobs.values() if job.overwrite == "never"}:
        try:
            found[bucket] = warnings("never", cloud.bucket(bucket))
        except FerryError:
            continue  # a transfer will say why
    return found


def _bucket(job: TransferJob) -> ObjectName:
    return job.target._replace(key="")
