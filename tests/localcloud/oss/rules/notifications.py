"""Bucket notifications: which happenings somebody wants to know of, and how they are told."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from tests.localcloud.oss.rules.documents import iso_time


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that was done to an object. ``name`` is the event's, as in the trigger's docs."""

    name: str
    bucket: str
    key: str
    size: int
    etag: str
    delta: int
    moment: float
    region: str
    account_id: str
    request_id: str
    address: str


@dataclass(frozen=True, slots=True)
class Rule:
    """Who wants to know what: events are names with or without ``oss:``, and may end in ``*``."""

    bucket: str
    url: str
    events: tuple[str, ...]
    prefix: str = ""
    suffix: str = ""

    def matches(self, happening: Happening) -> bool:
        return (
            self.bucket == happening.bucket
            and happening.key.startswith(self.prefix)
            and happening.key.endswith(self.suffix)
            and any(fnmatchcase(happening.name, name) for name in self.events)
        )

    @property
    def rule_id(self) -> str:
        return hashlib.md5(repr(self).encode()).hexdigest()


def read_rules(documents: Sequence[Mapping[str, Any]]) -> list[Rule]:
    """Read rules from JSON; a field that does not exist is an error."""
    return [
        Rule(**{**each, "events": tuple(e.removeprefix("oss:") for e in each["events"])})
        for each in documents
    ]


def event(happening: Happening, rule: Rule) -> dict[str, Any]:
    """Return the document that a function gets from its OSS trigger."""
    region, account = happening.region, happening.account_id
    arn = f"acs:oss:{region}:{account}:{happening.bucket}"
    details = {
        "bucket": {"arn": arn, "name": happening.bucket, "ownerIdentity": account},
        "object": {
            "deltaSize": happening.delta,
            "eTag": happening.etag,
            "key": happening.key,
            "size": happening.size,
        },
        "ossSchemaVersion": "1.0",
        "ruleId": rule.rule_id,
    }
    return {
        "events": [
            {
                "eventName": happening.name,
                "eventSource": "acs:oss",
                "eventTime": iso_time(happening.moment),
                "eventVersion": "1.0",
                "oss": details,
                "region": region,
                "requestParameters": {"sourceIPAddress": happening.address},
                "responseElements": {"requestId": happening.request_id},
                "userIdentity": {"principalId": account},
            }
        ]
    }
