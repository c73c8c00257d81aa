"""The report of a job as one document: how it went over time, slice by slice, and what failed.

Made of what is in OSS alone, so that it can be made of any job afterwards. No row is kept but those
that the document has. When a slice was begun is on no record: no later than its longest item was.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import InvalidEvent
from ..items.row import DONE, WAITING, Row
from ..names import BULK_REPORT, REPORT_FILES
from .head import Head, result_name, results_of
from .report import all_results
from .state import State

if TYPE_CHECKING:
    from ..oss.bucket import Bucket

Document = dict[str, Any]

VERSION = 1
_POINTS, _SLICES, _FAILED, _SLOWEST = 400, 10_000, 2_000, 20
_COUNTS = (
    "items",
    "done",
    "outputs",
    "copied",
    "restored",
    "waiting",
    "unchanged",
    "skipped",
    "failed",
    "bytes",
)


class Known(NamedTuple):
    """What only the invocation knows that ends a job: its reply, the seconds of its children, and
    the memory of the function."""

    reply: Mapping[str, Any]
    child_seconds: float = 0.0
    memory_mb: int | None = None


class _Sums:
    """What is kept of rows while they go by."""

    def __init__(self) -> None:
        self.slices: list[list[object]] = []
        self.by_second: dict[int, list[int]] = {}
        self.seconds = 0.0  # of all slices
        self.failed: list[Document] = []
        self.failed_in_all = 0
        self.error_types = Counter[str]()
        self.causes = Counter[str]()
        self.slowest: list[tuple[float, int, Document]] = []
        self._tie = 0

    def add(self, number: int, ended: float, rows: list[Row]) -> None:
        size = sum(map(_made, rows))
        failed = sum(row["outcome"] == "failed" for row in rows)
        took = max((float(row.get("seconds") or 0) for row in rows), default=0.0)
        began = round(max(0.0, ended - took), 3)
        self.seconds += ended - began
        if len(self.slices) < _SLICES:
            self.slices.append([number, began, ended, len(rows), size, failed])
        counts = self.by_second.setdefault(int(ended), [0, 0, 0])
        for place, count in enumerate((len(rows), size, failed)):
            counts[place] += count
        for row in rows:
            self._look_at(row)

    def _look_at(self, row: Row) -> None:
        self._tie += 1
        seconds = float(row.get("seconds") or 0)
        told = {"item": row["item"], "target": row["key"]}
        slow = {**told, "bytes": int(row.get("size") or 0), "seconds": seconds}
        push = heapq.heappush if len(self.slowest) < _SLOWEST else heapq.heappushpop
        push(self.slowest, (seconds, -self._tie, slow))
        if row["outcome"] != "failed":
            return
        self.failed_in_all += 1
        self.error_types[str(row.get("error_type"))] += 1
        self.causes[str(row.get("cause"))] += 1
        if len(self.failed) < _FAILED:
            why = {name: row.get(name, "") for name in ("error_type", "error", "cause")}
            self.failed.append({**told, "source_url": row["source"], **why})

    def over_time(self) -> list[list[int]]:
        """Sums up to each moment; of many moments some, and the last."""
        sums, points = [0, 0, 0], []
        for second in sorted(self.by_second):
            sums = [sum(pair) for pair in zip(sums, self.by_second[second], strict=True)]
            points.append([second, *sums])
        step = -(-len(points) // _POINTS) or 1
        return points[::-1][::step][::-1]


def document(bucket: Bucket, job_id: str, known: Known | None = None) -> Document:
    """That of a job which has begun; what nobody knows any more is estimated, or null."""
    state = State(bucket, job_id)
    head = state.head()
    if head is None:
        raise InvalidEvent(f"there is no job {job_id} in oss://{bucket.name}: look at its id")
    written = dict(bucket.names(results_of(job_id)))
    sums = _Sums()
    for number, (epoch, result, rows) in enumerate(all_results(head, state), 1):
        moment = written.get(result_name(job_id, epoch, result), head.began)
        some = [row for row in rows if row["outcome"] != WAITING]
        sums.add(number, round(max(0.0, moment - head.began), 3), some)
    reply = dict(known.reply if known else head.reply or {})
    now = state.now() if not reply else head.began
    return {
        "kind": "bulk",
        "version": VERSION,
        "id": job_id,
        "began": head.began,
        "status": reply.get("status", head.status),
        "error": None,
        "source": _source(head),
        "target": reply.get("target", f"oss://{bucket.name}/{_given(head, 'target_prefix')}"),
        "seconds": {"total": reply.get("seconds", round(max(0.0, now - head.began), 3))},
        "counts": _counts(head, reply),
        "causes": dict(sums.causes),
        "error_types": dict(sums.error_types),
        "over_time": sums.over_time(),
        "slices": sums.slices,
        "failed": sums.failed,
        "failed_in_all": sums.failed_in_all,
        "slowest": [slow for _, _, slow in sorted(sums.slowest, reverse=True)],
        "files": {file.partition(".")[2]: state.name_of(file) for file in REPORT_FILES[:2]}
        | {"failed": state.name_of(REPORT_FILES[2])},
        "cost": _cost(head, reply, sums, known),
    }


def _made(row: Row) -> int:
    """Bytes of the objects that came of it."""
    if row["outcome"] == DONE:
        return int(row["bytes"])
    return int(row.get("size") or 0) if row["outcome"] == "copied" else 0


def report_name(state: State) -> str:
    return state.name_of(BULK_REPORT)


def _counts(head: Head, reply: Mapping[str, Any]) -> Document:
    if "items" in reply:
        return {name: reply[name] for name in _COUNTS if name in reply}
    others = ("copied", "restored", "waiting") if head.program else ("done", "outputs")
    return {name: getattr(head.sum, name) for name in _COUNTS if name not in others}


def _given(head: Head, name: str) -> str:
    return str((head.event or {}).get(name) or "")


def _source(head: Head) -> str:
    """ "" if it is a list whose URL has a secret."""
    items = "items of the event" if _given(head, "items") else ""
    return _given(head, "list") or _given(head, "source") or items


def _cost(head: Head, reply: Mapping[str, Any], sums: _Sums, known: Known | None) -> Document:
    """Of epochs that are over, and where nobody knows better, slices took as long as they did."""
    own = float(reply.get("busy_seconds", 0.0))
    surely = known is not None and len(head.epochs) == 0
    busy = own + (known.child_seconds if known and surely else sums.seconds)
    memory = known.memory_mb if known else None
    return {
        "invocations": int(reply.get("invocations", 0)) + head.epoch,
        "busy_seconds": round(busy, 3),
        "gb_seconds": None if memory is None else round(busy * memory / 1024, 3),
        "requests": dict(reply.get("requests", {})),
    }
