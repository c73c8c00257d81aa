"""How far the restores of some objects are. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from ..archived import state_of
from ..entries import Entry
from ..errors import SourceArchived, SourceUnavailable
from ..events.published import RestoreState


def state_reply(job: RestoreState, found: Mapping[str, Entry], now: float) -> dict[str, object]:
    """``success`` once all can be read; what has been deleted meanwhile is done with.

    An object that nobody restores would be waited for for ever, and to restore it once more costs
    money that nobody has agreed to: ``SourceArchived``. ``now`` is in epoch seconds.
    """
    states = {
        key: state_of(entry.storage_class, entry.restore, now) for key, entry in found.items()
    }
    frozen = sorted(key for key in job.keys if states.get(key) == "frozen")
    if frozen:
        raise SourceArchived(
            f"{len(frozen)} of {len(job.keys)} objects are neither restored nor being restored, the"
            f" first is oss://{job.bucket.bucket}/{frozen[0]}: start the flow again, with more days"
            " if the restore has expired"
        )
    running = sum(states.get(key) == "restoring" for key in job.keys)
    if running and job.fail_while_running:
        raise SourceUnavailable(
            f"{running} of {len(job.keys)} objects of oss://{job.bucket.bucket} are still being"
            " restored: ask again later"
        )
    return {"status": "running" if running else "success"}
