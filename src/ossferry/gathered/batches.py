"""Which items are gathered next, and what a batch of them is. Pure.

Items are known by the ids of their records; those that wait have each a name that says since when.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from ..errors import InvalidEvent, TargetRefused
from ..events.program import then_of
from ..jobs import Then
from ..names import ObjectName
from ..settings import Settings


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
        document = {
            "version": 1,
            "members": self.members,
            "by": self.by,
            "then": self.then.to_json(),
        }
        return json.dumps(document).encode()

    @classmethod
    def decode(cls, text: bytes, name: str) -> Batch:
        try:
            found = json.loads(text)
            return cls(recorded(found["then"]), tuple(map(str, found["members"])), str(found["by"]))
        except (KeyError, TypeError, ValueError, InvalidEvent):
            raise TargetRefused(f"{name} is no record of a batch: delete it") from None


def recorded(then: object) -> Then:
    """What ``Then.to_json`` gave; ``InvalidEvent`` or ``ValueError`` for anything else."""
    found = then_of(then, Settings(), "")
    if found is None:
        raise ValueError("nothing is to be done then")
    return found


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
