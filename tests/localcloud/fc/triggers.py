"""What fires a function without a caller: OSS events and timers, and the events they bring."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any


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
    """Fires when a test says so; its schedule is not kept."""

    name: str
    payload: str

    def event(self, moment: str) -> dict[str, str]:
        return {"triggerTime": moment, "triggerName": self.name, "payload": self.payload}


Trigger = OssTrigger | TimerTrigger
