"""Which messages of a batch depend on no other, and how many of them an event holds. Pure.

Two that write one object, or of which one reads what the other writes, are done in the order in
which they came. As far as can be told: what a URL leads to is nobody's to know.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from ..jobs import BulkJob, Message, ProgramJob, SweepJob, TransferJob, as_event
from ..names import ObjectName

_Place = tuple[str, str]  # a bucket, whose name no other region has, and a key in it

_MANY = (BulkJob, ProgramJob)  # jobs that may write many objects
_BESIDES = 1024  # bytes of an event that are no message


def small_and_free(messages: Sequence[Message]) -> dict[int, TransferJob]:
    """By their place, those that may be copied at any moment, if they are small: transfers that
    depend on no other message, and ask for nothing that only one by one has."""
    bound = _bound(messages)
    jobs = {place: each.job for place, each in enumerate(messages) if place not in bound}
    return {
        place: job
        for place, job in jobs.items()
        if isinstance(job, TransferJob)
        and (job.part_size, job.streams, job.fallback) == (None, None, None)
    }


def in_events(messages: Sequence[Message], at_most: int) -> list[dict[str, Any]]:
    """Events of at most so many bytes that together ask for these, and may be done side by side.
    What does not fit is by itself in one that is too large."""
    bound = _bound(messages)
    if any(isinstance(each.job, SweepJob) and not each.job.older_than for each in messages):
        bound = set(range(len(messages)))  # it would end what goes on beside it
    groups = [[each] for place, each in enumerate(messages) if place not in bound]
    if bound:
        groups.insert(0, [messages[place] for place in sorted(bound)])
    events: list[list[Message]] = []
    free = 0
    for group in groups:
        size = sum(len(as_event(each.document)) + 2 for each in group)
        if size > free:
            events.append([])
            free = at_most - _BESIDES
        events[-1] += group
        free -= size
    return [{"messages": [each.document for each in event]} for event in events]


def _bound(messages: Sequence[Message]) -> set[int]:
    """The places of those that write what another one writes or reads, and of those others."""
    written = [{each.target[1:] for each in _transfers(message.job)} for message in messages]
    read = [{*_sources(message.job)} for message in messages]
    writers = Counter(place for places in written for place in places)
    readers = Counter(place for places in read for place in places)
    bulks = [message.job for message in messages if isinstance(message.job, _MANY)]
    return {
        number
        for number, message in enumerate(messages)
        if isinstance(message.job, _MANY)
        or any(writers[each] > 1 or readers[each] for each in written[number])
        or any(writers[each] for each in read[number])
        or any(_touches(bulk, each) for bulk in bulks for each in written[number] | read[number])
    }


def _transfers(job: object) -> Iterator[TransferJob]:
    if isinstance(job, TransferJob):
        yield job
        yield from _transfers(job.fallback)


def _sources(job: object) -> Iterator[_Place]:
    sources = (each.source for each in _transfers(job))
    return (source[1:] for source in sources if isinstance(source, ObjectName))


def _touches(job: BulkJob | ProgramJob, place: _Place) -> bool:
    """Whether a job of many items may write or read this, or a program."""
    if isinstance(job, BulkJob) and isinstance(job.list, ObjectName) and job.list[1:] == place:
        return True
    prefixes = [job.target, *([job.source] if isinstance(job.source, ObjectName) else [])]
    return any(each.bucket == place[0] and place[1].startswith(each.key) for each in prefixes)
