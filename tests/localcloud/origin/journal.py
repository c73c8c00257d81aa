"""What has been asked of the origin, for tests to look at afterwards."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

_KEPT = 20_000


@dataclass(slots=True)
class Entry:
    """One request and how it was answered; ``ended`` is None while it runs."""

    method: str
    path: str
    query: str
    host: str
    connection: int
    started: float
    headers: dict[str, str] = field(default_factory=dict)
    range: str | None = None
    authorization: bool = False
    cookie: bool = False
    status: int | None = None
    bytes: int = 0
    # The whole answer was handed over; False for one that was cut, stalled or not waited for.
    complete: bool = False
    # It was one more than the source bears at once, so it was refused.
    over: bool = False
    ended: float | None = None


class Journal:
    """The recent requests, and what of them runs now."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=_KEPT)
        self._counts: Counter[str] = Counter()
        self._running: Counter[str] = Counter()

    def begin(self, entry: Entry) -> int:
        """Note a request and return its number among those for its path, from 1."""
        self._entries.append(entry)
        self._running[entry.path] += 1
        # Behaviours for "the first N" go by the whole URL: another query is another source.
        url = f"{entry.path}?{entry.query}"
        self._counts[url] += 1
        return self._counts[url]

    def end(self, entry: Entry, now: float) -> None:
        """Note that a request has ended, well or not."""
        entry.ended = now
        if not entry.over:
            self._running[entry.path] -= 1

    def refuse(self, entry: Entry) -> None:
        """Note that a request is one too many: it takes nobody's place, and runs no more."""
        entry.over = True
        self._running[entry.path] -= 1

    def running(self, path: str) -> int:
        """Return how many requests for a path run now."""
        return self._running[path]

    def clear(self) -> None:
        """Forget the past; the counts that behaviours go by begin anew as well."""
        self._entries.clear()
        self._counts.clear()

    def report(self, path: str = "") -> dict[str, Any]:
        """Describe the requests for a path, for all below one that ends in a slash, or for all."""
        folder = not path or path.endswith("/")
        entries = [
            each
            for each in self._entries
            if each.path == path or (folder and each.path.startswith(path))
        ]
        return {
            "requests": [asdict(each) for each in entries],
            "running": sum(each.ended is None for each in entries),
            "peak": peak(entries),
            "connections": len({each.connection for each in entries}),
            "bytes": sum(each.bytes for each in entries),
        }


def peak(entries: Iterable[Entry]) -> int:
    """Return how many of the requests ran at the same time at most."""
    return _highest(
        sorted(
            moment
            for each in entries
            # At the same moment an end comes before a start.
            for moment in ((each.started, 1), (each.ended or float("inf"), -1))
        )
    )


def _highest(moments: Sequence[tuple[float, int]]) -> int:
    level = highest = 0
    for _, step in moments:
        level += step
        highest = max(highest, level)
    return highest
