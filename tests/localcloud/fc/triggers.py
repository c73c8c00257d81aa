"""What fires a function without a caller: OSS events and timers, and the events they bring."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from fnmatch import fnmatchcase
from typing import Any

from . import fields
from .schedule import InvalidSchedule, Schedule, read_schedule
from .template import InvalidTemplate


@dataclass(frozen=True, slots=True)
class OssTrigger:
    """Fires for events of one bucket; ``events`` as configured, ``oss:ObjectCreated:*`` say."""

    name: str
    bucket: str
    prefix: str
    suffix: str
    events: tuple[str, ...]

    def wants(self, event: Mapping[str, Any]) -> bool:
        """Say whether an event, as OSS words it, is one of this trigger's."""
        key = event["oss"]["object"]["key"]
        return (
            event["oss"]["bucket"]["name"] == self.bucket
            and key.startswith(self.prefix)
            and key.endswith(self.suffix)
            # The event's own name lacks the prefix that the configuration needs.
            and any(fnmatchcase(f"oss:{event['eventName']}", pattern) for pattern in self.events)
        )

    def notification(self, url: str) -> dict[str, Any]:
        """Return what OSS has to know, to tell FC."""
        return {
            "bucket": self.bucket,
            "prefix": self.prefix,
            "suffix": self.suffix,
            "events": list(self.events),
            "url": url,
        }


@dataclass(frozen=True, slots=True)
class TimerTrigger:
    """Fires by its schedule, unless it is not enabled."""

    name: str
    payload: str
    schedule: Schedule
    enabled: bool = True

    def event(self, moment: float) -> dict[str, str]:
        """Return what the function gets when the timer fires at ``moment``, in epoch seconds."""
        time = datetime.fromtimestamp(moment, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {"triggerTime": time, "triggerName": self.name, "payload": self.payload}


Trigger = OssTrigger | TimerTrigger


def read_triggers(documents: list[Any]) -> Iterator[Trigger]:
    """Read the triggers of a function; kinds that nothing here fires are left out."""
    for document in documents:
        if not isinstance(document, Mapping):
            raise InvalidTemplate(f"triggers: {document!r} is no mapping")
        name, kind = fields.text(document, "triggerName"), fields.text(document, "triggerType")
        details = fields.mapping(document, "triggerConfig")
        try:
            if kind == "oss":
                yield _oss(name, fields.text(document, "sourceArn"), details)
            elif kind == "timer":
                yield _timer(name, details)
        except InvalidTemplate as error:
            raise InvalidTemplate(f"the trigger {name}: {error}") from error


def _oss(name: str, source: str, details: Mapping[str, Any]) -> OssTrigger:
    key = fields.mapping(fields.mapping(details, "filter"), "key")
    if not {"prefix", "suffix"} <= set(key):
        raise InvalidTemplate("filter.key needs prefix and suffix, which may be empty")
    return OssTrigger(
        name=name,
        bucket=source.rpartition(":")[2],
        prefix=str(key["prefix"] or ""),
        suffix=str(key["suffix"] or ""),
        events=tuple(map(str, fields.sequence(details, "events"))),
    )


def _timer(name: str, details: Mapping[str, Any]) -> TimerTrigger:
    try:
        schedule = read_schedule(fields.text(details, "cronExpression"))
    except InvalidSchedule as error:
        raise InvalidTemplate(f"cronExpression: {error}") from error
    if not isinstance(details.get("enable"), bool):
        raise InvalidTemplate("enable: it is neither true nor false")
    return TimerTrigger(name, str(details.get("payload") or ""), schedule, details["enable"])
