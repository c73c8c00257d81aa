"""Which items are gathered next, and what a batch of them is. Pure.

Items are known by the ids of their records; those that wait have each a name that says since when.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from ..errors import TargetRefused
from ..jobs import Then
from ..names import ObjectName
from ..settings import PROGRAM


class Waiting(NamedTuple):
    """The id of an item's record, and since when it waits, in epoch seconds."""

    id: str
    since: float


class Batch(NamedTuple):
    """What a program that gathers is over: the ids of its members' records, in their order.

    ``by`` is the request that made it.
    """

    then: Then
    members: tuple[str, ...]
    by: str

    def encode(self) -> bytes:
        return json.dumps({"version": 1, **_plain(self), "then": then_as_json(self.then)}).encode()

    @classmethod
    def decode(cls, text: bytes, name: str) -> Batch:
        try:
            found = json.loads(text)
            then = then_from_json(found["then"])
            return cls(then, tuple(map(str, found["members"])), str(found["by"]))
        except (KeyError, TypeError, ValueError):
            raise TargetRefused(f"{name} is no record of a batch: delete it") from None


def _plain(batch: Batch) -> dict[str, Any]:
    return {"members": [*batch.members], "by": batch.by}


def then_as_json(then: Then) -> dict[str, Any]:
    return {
        **then._asdict(),
        "target": [*then.target],
        "parameters": dict(then.parameters),
    }


def then_from_json(found: Mapping[str, Any]) -> Then:
    """Raises ``KeyError``, ``TypeError`` or ``ValueError`` for what is none."""
    when, wait = found["when"], found["max_wait"]
    region, bucket, key = map(str, found["target"])
    if not re.fullmatch(PROGRAM, found["program"]):  # it becomes the name of a file
        raise ValueError("no name of a program")
    return Then(
        program=str(found["program"]),
        when=None if when is None else int(when),
        target=ObjectName(region, bucket, key),
        max_wait=None if wait is None else float(wait),
        parameters={str(name): str(each) for name, each in dict(found["parameters"]).items()},
    )


def group_id(
    program: str, parameters: Mapping[str, str], target: ObjectName, then: Then, job: str = ""
) -> str:
    """Whose outputs are gathered together: those of one program with the same parameters, below one
    target, for the same program, as one word. ``job`` is that of a job's own group.

    How many are waited for, and how long, is no part of that: it may be changed.
    """
    what = [
        *(program, sorted(parameters.items()), [*target]),
        *(then.program, sorted(then.parameters.items()), [*then.target], job),
    ]
    return hashlib.sha256(json.dumps(what).encode()).hexdigest()[:40]


def in_order(waiting: Collection[Waiting]) -> list[Waiting]:
    """Oldest first; of one moment, by id."""
    return sorted(waiting, key=lambda each: (each.since, each.id))


def is_due(waiting: Collection[Waiting], max_wait: float | None, now: float) -> bool:
    """Whether one has waited for as long as any may."""
    oldest = min((each.since for each in waiting), default=now)
    return bool(waiting) and max_wait is not None and now - oldest >= max_wait


def next_members(
    waiting: Collection[Waiting], used: Collection[str], when: int, *, short: bool = False
) -> tuple[str, ...]:
    """The ids of those that make the next batch: exactly ``when``, or none; if it may be ``short``
    all that there are, up to that. ``used`` are in batches already."""
    free = [each.id for each in in_order(waiting) if each.id not in used]
    members = tuple(free[:when])
    return members if short or len(members) == when else ()


def task_id(group: str, number: int, batch: bytes, attempt: str = "") -> str:
    """What Function Compute knows the run over a batch by, for a week. A group that was deleted may
    begin again with the same numbers, so that the batch itself is part of it."""
    digest = hashlib.sha256(batch).hexdigest()[:12]
    return f"then-{group[:16]}-{number}-{digest}{attempt and '-'}{attempt}"


def attempt_due(age: float, timeout: float, most: int = 3) -> int:
    """How often a batch without a result may have been submitted again after so many seconds: by
    then Function Compute has given it up. 0 is the first time."""
    return min(int(age // max(900.0, 4 * timeout)), most)


def numbered(number: int) -> str:
    return f"{number:06d}.json"


def number_of(name: str) -> int | None:
    """That of a batch, out of the end of its name."""
    word = name.rpartition("/")[2].removesuffix(".json")
    return int(word) if word.isdecimal() else None


def ids_of(names: Sequence[tuple[str, float]]) -> list[Waiting]:
    """What names with their moments say."""
    last = ((name.rpartition("/")[2], moment) for name, moment in names)
    return [Waiting(name.removesuffix(".json"), moment) for name, moment in last]
