"""An event of any trigger becomes a job; what cannot be read is a clear ``InvalidEvent``.

Triggers that may speak of several things at once make a batch, in which each message is read for
itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

from ..errors import InvalidEvent
from ..jobs import BatchJob, Job, Message, TransferJob
from ..names import ObjectName
from ..origins.place import ForeignName
from ..settings import Settings
from ..triggers.envelopes import opened
from ..triggers.oss_event import triggered_job
from .bulk import bulk_of
from .gather import flush_of, gather_of
from .program import alone_of, is_alone, program_of
from .published import Published, is_published, published_of
from .request import no_control, sweep_of, transfer_of
from .thaw import wake_of

MOST_MESSAGES = 1000
_LISTS = 4  # in one another


def parse(event: object, settings: Settings, region: str = "") -> Job | BatchJob | Published:
    """``event`` is JSON as a person or a trigger sends it, to a function in ``region``."""
    content = opened(event)
    if isinstance(content, Mapping) and is_published(content):
        return published_of(content, region)
    if isinstance(content, Mapping) and "events" not in content:
        return _asked(content, settings, region)
    messages = _messages(_several(content) or [content], settings, region)
    found = list(islice(messages, MOST_MESSAGES + 1))
    if len(found) > MOST_MESSAGES:
        raise InvalidEvent(
            f"an event may hold {MOST_MESSAGES} messages: let the trigger make smaller batches"
        )
    asking = tuple(
        replace(each, index=index) for index, each in enumerate(found) if each is not None
    )
    return BatchJob(asking, ignored=len(found) - len(asking))


def _messages(
    entries: list[Any], settings: Settings, region: str, depth: int = 1
) -> Iterator[Message | None]:
    """Each message by itself, out of lists in lists too; None for one that asks for nothing."""
    for entry in entries:
        document = entry if isinstance(entry, Mapping) else {"messages": [entry]}
        try:
            content = opened(entry)
            several = _several(content)
            if several is None:
                job = _wanted(content, settings, region)
                yield None if job is None else Message(job, document)
            elif depth < _LISTS:
                yield from _messages(several, settings, region, depth + 1)
            else:
                for _ in range(depth - 1):  # or it would be shallow enough when it is sent on
                    entry = [entry]
                document = {"messages": [entry]}
                raise InvalidEvent("lists of messages in lists of lists: send one flat list")
        except InvalidEvent as error:
            yield Message(error, document)


def _several(content: Mapping[str, Any] | list[Any]) -> list[Any] | None:
    """What has to be looked at one by one; OSS's events as events of one entry each."""
    if isinstance(content, Mapping):
        if "events" not in content:
            return None
        entries = content["events"]
        if not isinstance(entries, list) or not entries:
            raise InvalidEvent("events must be a list of OSS events")
        return [{"events": [entry]} for entry in entries] if len(entries) > 1 else None
    if not content:
        raise InvalidEvent("the list of messages is empty: give jobs as JSON")
    return content


def _wanted(content: Any, settings: Settings, region: str) -> Job | None:
    if "events" in content:
        return triggered_job(content["events"][0], settings)
    return _asked(content, settings, region)


def _written(job: TransferJob) -> TransferJob:
    """With a key that somebody means: an object of OSS may be called otherwise and keeps its name,
    and a list has to quote what it wants."""
    if isinstance(job.source, ForeignName):
        no_control(job.source.key, "source_url")
    if not isinstance(job.source, ObjectName):
        no_control(job.target.key, "target_object_name")
    return job


def _of_program(content: Mapping[str, Any], settings: Settings, region: str) -> Job:
    if "group" in content:
        return gather_of(content)
    if "flush" in content:
        return flush_of(content, settings, region)
    if is_alone(content):
        return alone_of(content, settings, region)
    return program_of(content, settings, region)


def _asked(content: Mapping[str, Any], settings: Settings, region: str) -> Job:
    match content.get("kind"):
        case None:
            return _written(transfer_of(content, region))
        case "sweep":
            return sweep_of(content)
        case "bulk" | "thaw":
            return bulk_of(content, settings, region)
        case "program":
            return _of_program(content, settings, region)
        case "wake":
            return wake_of(content, settings, region)
    raise InvalidEvent(
        "kind must be bulk, program, thaw, sweep or wake, or left out for a transfer"
    )
