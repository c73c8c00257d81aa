"""What the OSS triggers listen to, and what rules make of it. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ossferry.settings import ProgramRule

from .clients import Document


class Listens(NamedTuple):
    """An OSS trigger; ``bucket`` is "" if it names none."""

    name: str
    bucket: str
    prefix: str
    suffix: str

    def __str__(self) -> str:
        return f"{self.bucket}/{self.prefix}"

    def may_see(self, bucket: str, prefix: str) -> bool:
        """Whether it may tell of what goes below a prefix."""
        return bucket == self.bucket and _overlap(prefix, self.prefix)

    def may_fire(self, rule: ProgramRule) -> bool:
        """Whether it may tell of what a rule takes."""
        if "*" not in rule.pattern:
            return rule.pattern.startswith(self.prefix) and rule.pattern.endswith(self.suffix)
        begins, ends = rule.pattern.partition("*")[0], rule.pattern.rpartition("*")[2]
        fits = ends.endswith(self.suffix) or self.suffix.endswith(ends)
        return fits and _overlap(begins, self.prefix)


def listening(triggers: Sequence[Document]) -> list[Listens]:
    return [as_listens(each) for each in triggers if each.get("triggerType") == "oss"]


def as_listens(trigger: Document) -> Listens:
    key: Any = config_of(trigger)
    for name in ("filter", "key"):
        key = key.get(name) if isinstance(key, Mapping) else None
    prefix, suffix = (
        str(key.get(name) or "") if isinstance(key, Mapping) else ""
        for name in ("prefix", "suffix")
    )
    bucket = str(trigger.get("sourceArn") or "").rpartition(":")[2]
    return Listens(str(trigger.get("triggerName")), bucket, prefix, suffix)


def takes_all(rules: Sequence[ProgramRule], prefix: str) -> bool:
    """Whether whatever goes below a prefix is given to a program."""
    return any(rule.takes(f"{prefix}*") for rule in rules)


def config_of(trigger: Document) -> Mapping[str, Any]:
    """The API has it as a text of JSON."""
    config = trigger.get("triggerConfig")
    if isinstance(config, str):
        try:
            config = json.loads(config)
        except ValueError:
            return {}
    return config if isinstance(config, Mapping) else {}


def _overlap(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)
