"""What a report says, of a transfer or of a job of many items. Pure.

Seconds count from ``began``. ``raw`` is the document as it was read, for who wants all of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

By = Literal["child", "own"]
Outcome = Literal["done", "failed", "throttled", "called_off", "late"]


class Error(NamedTuple):
    type: str
    message: str


class Part(NamedTuple):
    number: int
    stream: int
    began: float
    ended: float
    size: int
    attempts: int

    @property
    def seconds(self) -> float:
        return self.ended - self.began

    @property
    def rate(self) -> float:
        return self.size / max(self.seconds, 1e-3)


class Run(NamedTuple):
    """A slice that was handed out, or the coordinator's own streams."""

    by: By
    number: int
    asked: float
    answered: float | None
    began: float | None
    streams: int
    outcome: Outcome
    error: Error | None
    delayed: float
    parts: tuple[Part, ...]

    @property
    def name(self) -> str:
        return f"child {self.number}" if self.by == "child" else "coordinator"

    @property
    def ended(self) -> float:
        last = max((part.ended for part in self.parts), default=self.began or self.asked)
        return max(last, self.answered or 0.0)


class Cost(NamedTuple):
    invocations: int
    busy_seconds: float
    gb_seconds: float | None
    requests: Mapping[str, float]


class Pace(NamedTuple):
    connections: int
    connection: float
    instance: float
    limit: str


class Plan(NamedTuple):
    seconds: float
    children: int
    streams: int
    parts: int


class FailedItem(NamedTuple):
    item: str
    source_url: str
    target: str
    error_type: str
    error: str
    cause: str


class SlowItem(NamedTuple):
    item: str
    target: str
    size: int
    seconds: float


class Slice(NamedTuple):
    """Of a job: what one child was given."""

    number: int
    began: float
    ended: float
    items: int
    size: int
    failed: int


class Point(NamedTuple):
    """Of a job: all that was done by then."""

    second: float
    items: float
    size: float
    failed: float


@dataclass(frozen=True, slots=True)
class Transfer:
    id: str
    began: float
    status: str
    error: Error | None
    source_url: str
    source_size: int | None
    known_by: tuple[str, ...]
    target: str
    size: int | None
    crc64: str
    proof: tuple[str, ...]
    warnings: tuple[str, ...]
    seconds: Mapping[str, float]
    parts: Mapping[str, float]
    children: Mapping[str, float]
    pace: Pace | None
    plan: Plan | None
    memory_mb: int | None
    earlier: Mapping[str, float]
    runs: tuple[Run, ...]
    cost: Cost
    raw: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Bulk:
    id: str
    began: float
    status: str
    error: Error | None
    source: str
    target: str
    seconds: Mapping[str, float]
    counts: Mapping[str, float]
    causes: Mapping[str, float]
    error_types: Mapping[str, float]
    over_time: tuple[Point, ...]
    slices: tuple[Slice, ...]
    failed: tuple[FailedItem, ...]
    failed_in_all: int
    slowest: tuple[SlowItem, ...]
    files: Mapping[str, str]
    cost: Cost
    raw: Mapping[str, Any]


Document = Transfer | Bulk
