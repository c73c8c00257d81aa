"""A page of a listing as a flow carries it on: its archived objects, in groups. Pure."""

from __future__ import annotations

import json

from ..archived import state_of
from ..entries import Entry, Page
from ..events.published import ListArchived

# CloudFlow's older language has 32 KiB for a step's input, result and output together, and keys are
# in two of them.
MOST_BYTES = 15_000


def page_reply(job: ListArchived, page: Page, now: float) -> dict[str, object]:
    """In the application's words. ``end`` and ``empty`` are compared as texts by its flows; the
    marker is the key to go on behind, "" at the end. ``now`` is in epoch seconds."""
    keys, last = _fitting(job, page.entries, now)
    truncated = page.truncated or last < len(page.entries)
    return {
        "bucketName": job.bucket.bucket,
        **_files(job, keys),
        "marker": page.entries[last - 1].key if truncated else "",
        "end": "false" if truncated else "true",
        "empty": "false" if keys else "true",
        "archiveFilesCount": len(keys),
    }


def _files(job: ListArchived, keys: list[str]) -> dict[str, object]:
    if (size := job.group_size) is None:
        return {"files": keys}
    groups = [keys[start : start + size] for start in range(0, len(keys), size)]
    return {"filesGroup": [{"files": group} for group in groups] if job.objects else groups}


def _fitting(job: ListArchived, entries: tuple[Entry, ...], now: float) -> tuple[list[str], int]:
    """The keys that fit, and how many entries of the page are done with."""
    keys: list[str] = []
    left = MOST_BYTES
    for index, entry in enumerate(entries):
        if not _is_wanted(entry, now):
            continue
        left -= len(json.dumps(entry.key, ensure_ascii=False).encode()) + len(", ")
        if job.group_size and len(keys) % job.group_size == 0:
            left -= len('{"files": []}, ')
        if left < 0:
            return keys, index
        keys.append(entry.key)
    return keys, len(entries)


def _is_wanted(entry: Entry, now: float) -> bool:
    """What is being restored already is waited for like all others."""
    return state_of(entry.storage_class, entry.restore, now) != "readable"
