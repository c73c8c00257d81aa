"""The fault language that the servers of a local cloud share.

A fault says which requests it is for (server, operation, key, part, the nth one) and what then
goes wrong. This module only matches and counts: it knows no HTTP, and ``wire`` does the damage.
Everything is counted by request and every random choice is seeded, so a run can be repeated.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from fnmatch import fnmatchcase
from typing import Any

SERVERS = ("oss", "fc", "origin")
# Stores of other clouds: a test starts them by itself, they are no part of `up`.
FACES = ("s3", "cos")
_NUMBER = (int, float)
_TYPES: dict[str, tuple[type, ...]] = {
    "server": (str,),
    "operation": (str,),
    "key": (str,),
    "part": (int,),
    "nth": (int,),
    "times": (int,),
    "probability": _NUMBER,
    "status": (int,),
    "code": (str,),
    "message": (str,),
    "headers": (dict,),
    "delay": _NUMBER,
    "trickle_head": _NUMBER,
    "cut_after": (int,),
    "corrupt_at": (int,),
    "stall_after": (int,),
    "bytes_per_second": (int,),
    "drop_reply": (bool,),
    "kill": (bool,),
}


class InvalidFault(ValueError):
    """A fault that could never do what its author meant."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One rule: the requests it is for, and what happens to them.

    ``operation`` and ``key`` are globs; ``key`` is an object's key, a URL's path or a function's
    role, decoded. ``nth`` counts matching requests from 1; ``times`` bounds how often the rule is
    taken. ``cut_after``, ``corrupt_at`` and ``stall_after`` are offsets in the body that carries
    the data: of the request for an upload, of the reply for a download.
    """

    server: str
    operation: str = "*"
    key: str = "*"
    part: int | None = None
    nth: int | None = None
    times: int | None = None
    probability: float = 1.0

    # Answer with this error and do nothing.
    status: int | None = None
    code: str | None = None
    message: str | None = None
    # Set on the answer, whichever it is; None removes the header.
    headers: Mapping[str, str | None] = field(default_factory=dict)
    # Seconds before anything else happens.
    delay: float = 0.0
    # Seconds over which the head of the answer comes, byte by byte.
    trickle_head: float = 0.0
    # Abort the connection (TCP reset) after so many bytes.
    cut_after: int | None = None
    # Flip one bit of the byte at this offset.
    corrupt_at: int | None = None
    # Go silent after so many bytes, until the peer gives up.
    stall_after: int | None = None
    bytes_per_second: int | None = None
    # Do the work, then reset the connection instead of answering.
    drop_reply: bool = False
    # FC only: kill the instance while it runs this request.
    kill: bool = False

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if value is not None and not _fits(value, _TYPES[name]):
                raise InvalidFault(f"{name}: {value!r} has the wrong type")
        if self.server not in (*SERVERS, *FACES):
            known = ", ".join((*SERVERS, *FACES))
            raise InvalidFault(f"server: {self.server!r} is none of {known}")
        if not self._does_something():
            raise InvalidFault("a fault needs an action (status, delay, cut_after, ...)")
        if not 0 <= self.probability <= 1:
            raise InvalidFault(f"probability: {self.probability} is not between 0 and 1")
        if self.bytes_per_second is not None and self.bytes_per_second <= 0:
            raise InvalidFault("bytes_per_second: must be positive (stall_after sends nothing)")

    @property
    def alters_body(self) -> bool:
        """Whether the data on its way is cut, damaged, held up or slowed down."""
        return (
            self.cut_after is not None
            or self.corrupt_at is not None
            or self.stall_after is not None
            or self.bytes_per_second is not None
        )

    def matches(self, server: str, operation: str, key: str, part: int | None) -> bool:
        """Say whether a request is one that this fault is about, whatever its number."""
        return (
            self.server == server
            and (self.part is None or self.part == part)
            and fnmatchcase(operation, self.operation)
            and fnmatchcase(key, self.key)
        )

    def to_json(self) -> dict[str, Any]:
        """Return the fields that are not at their defaults."""
        return {name: value for name, value in asdict(self).items() if value != _DEFAULTS.get(name)}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Fault:
        """Read one rule; a field that does not exist is an error, not a silent no-op."""
        unknown = set(document) - set(_TYPES)
        if unknown:
            raise InvalidFault(f"unknown field: {', '.join(sorted(unknown))}")
        if "server" not in document:
            raise InvalidFault("server: missing")
        return cls(**document)

    def _does_something(self) -> bool:
        return bool(
            self.status is not None
            or self.headers
            or self.delay
            or self.trickle_head
            or self.alters_body
            or self.drop_reply
            or self.kill
        )


_DEFAULTS = {f.name: f.default for f in fields(Fault)} | {"headers": {}}


@dataclass(slots=True)
class _Rule:
    fault: Fault
    chance: random.Random
    matched: int = 0
    taken: int = 0

    def fires(self) -> bool:
        """Decide about the request that was just counted."""
        # Drawn for every match, so that one request's fate never shifts another's.
        lucky = self.chance.random() < self.fault.probability
        return (
            lucky
            and self.fault.nth in (None, self.matched)
            and (self.fault.times is None or self.taken < self.fault.times)
        )


class FaultTable:
    """The rules in force in one server, and how often each has matched.

    Every rule that a request matches counts it; the first that fires is the one that is taken.
    """

    def __init__(self, faults: Iterable[Fault] = (), seed: int = 0) -> None:
        self._rules: list[_Rule] = []
        self.replace(faults, seed)

    @classmethod
    def from_json(cls, documents: Sequence[Mapping[str, Any]], seed: int = 0) -> FaultTable:
        return cls(read_faults(documents), seed)

    @classmethod
    def from_text(cls, text: str) -> FaultTable:
        """Read a JSON list of rules; empty text is an empty table."""
        return cls.from_json(json.loads(text) if text.strip() else [])

    def replace(self, faults: Iterable[Fault], seed: int = 0) -> None:
        """Forget all rules and counts and start with these."""
        self._rules = [
            _Rule(fault, random.Random(f"{seed}:{index}")) for index, fault in enumerate(faults)
        ]

    def take(self, server: str, operation: str, key: str, part: int | None = None) -> Fault | None:
        """Count a request and return what is to go wrong with it, if anything."""
        taken: Fault | None = None
        for rule in self._rules:
            if not rule.fault.matches(server, operation, key, part):
                continue
            rule.matched += 1
            if rule.fires() and taken is None:
                rule.taken += 1
                taken = rule.fault
        return taken

    def to_json(self) -> list[dict[str, Any]]:
        """Return the rules with their counts, for tests to look at."""
        return [
            rule.fault.to_json() | {"matched": rule.matched, "taken": rule.taken}
            for rule in self._rules
        ]


def read_faults(documents: object) -> list[Fault]:
    """Read a JSON list of rules."""
    if not isinstance(documents, list) or not all(isinstance(each, dict) for each in documents):
        raise InvalidFault("faults are a JSON list of objects")
    return [Fault.from_json(each) for each in documents]


def _fits(value: object, types: tuple[type, ...]) -> bool:
    if isinstance(value, bool):
        return bool in types
    return isinstance(value, types)
