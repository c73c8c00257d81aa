"""What is done with the outputs of a job of many items when it has ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..gathered.many import OfJob
from ..items.row import Tally
from ..jobs import BulkJob
from ..ledger.head import Head
from ..ledger.report import all_rows
from ..ledger.state import State
from ..records.attempts import id_of
from .replies import Reply, is_too_much

MOST = 100_000  # items that are gathered at once: a program reads the record of each


class _Ended(NamedTuple):
    """A job that has ended, or is about to; ``head`` is None if its records are gone."""

    state: State
    head: Head | None


def afterwards(of_job: OfJob | None, job: BulkJob, head: Head, tally: Tally, state: State) -> Reply:
    """What the reply has about it. For all of a job it is done unless too much has failed.

    Idempotent: whoever goes on with a job that was about to end does it again.
    """
    if of_job is None:
        return {}
    if of_job.then.when:
        return {"then": of_job.counted()}
    jobs = _with_those_before(_Ended(state, head))
    if reason := _why_not(job, tally, jobs):
        return {
            "then": of_job.all_done(()),
            "warnings": [f"{of_job.then.program} has not begun: {reason}"],
        }
    rows = (row for each in reversed(jobs) if each.head for row in all_rows(each.head, each.state))
    records = {str(row["key"]): str(row["record"]) for row in rows if "record" in row}
    return {"then": of_job.all_done([id_of(records[key]) for key in sorted(records)])}


def _with_those_before(last: _Ended) -> list[_Ended]:
    """The job, and those whose failed items were done again in turn."""
    jobs = [last]
    while (head := jobs[-1].head) and head.again_of:
        state = last.state.of(head.again_of)
        jobs.append(_Ended(state, state.head()))
    return jobs


def _why_not(job: BulkJob, tally: Tally, jobs: Sequence[_Ended]) -> str:
    """Why that is not all of it; "" if it is."""
    for each in jobs:
        if each.head is None:
            return f"the records of job {each.state.id} are gone, so send its event again"
        if (each.head.reply or {}).get("status") == "stopped":
            return f"job {each.state.id} was stopped, so send its event again with another id"
    items = sum(each.head.sum.items for each in jobs if each.head)
    if items > MOST:
        return f"{items:,} items are more than the {MOST:,} of one batch, so give when a number"
    if tally.failed and (job.fail_above is None or is_too_much(job, tally.failed, tally.items)):
        return (
            f"{tally.failed} of {tally.items} items failed, so do them once more with again, or"
            " allow that many by fail_above"
        )
    return ""
