"""What was called so far, and what it printed: the view that tests and reports look at."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .instance import Instance

_TAIL = 4096


@dataclass(frozen=True, slots=True)
class LogSpan:
    """Where in an instance's log one execution is."""

    path: Path
    start: int
    stop: int

    def read(self) -> str:
        with self.path.open("rb") as file:
            file.seek(self.start)
            return file.read(self.stop - self.start).decode("utf-8", "replace")


@dataclass(slots=True)
class Execution:
    """One execution of a function; a retry is another one with the same request id."""

    request_id: str
    function: str
    qualifier: str
    role: str
    type: str
    payload_bytes: int
    memory_limit: int
    started: float = field(default_factory=time.time)
    status: int | None = None
    error_type: str | None = None
    ended: float | None = None
    cold: bool = False
    duration_ms: float = 0.0
    memory_mb: float = 0.0
    # Of the instance's main process and the children it waited for, in the kernel's 10 ms ticks.
    cpu_seconds: float = 0.0
    instance: str | None = None
    note: str = ""
    span: LogSpan | None = None

    def begin_on(self, instance: Instance) -> None:
        """Remember where it runs and where its log begins."""
        self.instance = instance.id
        start = instance.log_size()
        self.span = LogSpan(instance.log, start, start)

    def end_log(self, instance: Instance) -> None:
        """Remember where its log ends."""
        if self.span is not None:
            self.span = LogSpan(self.span.path, self.span.start, instance.log_size())

    def end(self, status: int, error_type: str | None) -> None:
        """Remember how it ended."""
        self.status, self.error_type, self.ended = status, error_type, time.time()

    def log(self) -> str:
        """Return all that it printed, between the lines that FC puts around it."""
        printed = self.span.read() if self.span is not None else ""
        if printed and not printed.endswith("\n"):
            printed += "\n"
        return (
            f"FC Invoke Start RequestId: {self.request_id}\n{printed}{self.note}"
            f"FC Invoke End RequestId: {self.request_id}\n\n"
            f"Duration: {self.duration_ms:.2f} ms, Billed Duration: {self.billed_ms} ms, "
            f"Memory Size: {self.memory_limit} MB, Max Memory Used: {self.memory_mb:.2f} MB\n"
        )

    def log_tail(self) -> bytes:
        """Return the last 4 KB of the log."""
        return self.log().encode()[-_TAIL:]

    @property
    def billed_ms(self) -> int:
        return max(1, -int(-self.duration_ms // 1))

    def to_json(self) -> dict[str, Any]:
        hidden = ("span", "note", "memory_limit")
        return {name: value for name, value in asdict(self).items() if name not in hidden}


class Records:
    """All executions, in the order in which they began."""

    def __init__(self) -> None:
        self._all: list[Execution] = []
        self._by_request: dict[str, list[Execution]] = defaultdict(list)

    def add(self, execution: Execution) -> None:
        self._all.append(execution)
        self._by_request[execution.request_id].append(execution)

    def forget(self, execution: Execution) -> None:
        self._all.remove(execution)
        self._by_request[execution.request_id].remove(execution)

    def log_of(self, request_id: str) -> str | None:
        """Return what all executions of a request printed, or None if there are none."""
        found = self._by_request.get(request_id)
        return "".join(execution.log() for execution in found) if found else None

    def to_json(self) -> list[dict[str, Any]]:
        return [execution.to_json() for execution in self._all]


def role_of(payload: bytes) -> str:
    """Return the kind of job that a payload asks for; what names none is a transfer."""
    # Cheap for large payloads that cannot be a job of ours.
    if payload.lstrip()[:1] != b"{":
        return "transfer"
    try:
        kind = json.loads(payload).get("kind")
    except ValueError:
        return "transfer"
    return kind if isinstance(kind, str) else "transfer"
