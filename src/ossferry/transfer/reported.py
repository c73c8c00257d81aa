"""The report of a transfer: one document of what was done, when, and by whom, for those who ask
for it. It lies in the target bucket, and no transfer fails, or waits for more than one PUT, by it.

The sources in it are shown without what is secret, as in replies.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ..cloud import Cloud
from ..copying.upload import Uploader
from ..errors import FerryError, InternalError, Stopped
from ..jobs import TransferJob
from ..log import log
from ..names import REPORTS_FOLDER, ObjectName
from ..pace.model import NETWORK
from ..spread.journal import Journal
from .transfer import Phases, Transfer

if TYPE_CHECKING:
    from ..oss.bucket import Bucket

Document = dict[str, Any]

VERSION = 1
_PATIENCE = 5.0  # seconds that the PUT may take, if the function has them


@dataclass(slots=True)
class Report:
    """That of one transfer, in which ``request_id`` asked for it; ``number`` tells it from others
    of the same request, if there may be any."""

    job: TransferJob
    cloud: Cloud
    request_id: str
    number: str = ""
    phases: Phases = field(default_factory=Phases)
    journal: Journal = field(default_factory=Journal)
    transfer: Transfer | None = None  # since the source is known

    @property
    def name(self) -> str:
        number = f"-{self.number}" if self.number else ""
        return f"{REPORTS_FOLDER}{self.request_id}{number}.json"

    def begun(self, transfer: Transfer) -> Transfer:
        """The transfer that tells this report what it does."""
        self.transfer = replace(transfer, journal=self.journal)
        return self.transfer

    def done(self, reply: Mapping[str, Any]) -> dict[str, object]:
        """The reply, with where the report lies, if it could be written."""
        return self._told(reply) if self._write(lambda: document(self, reply)) else {**reply}

    def failed(self, error: FerryError) -> None:
        """With what there is to tell, which is nothing before the source has answered."""
        if self.transfer is not None:
            self._write(lambda: document(self, of_failure(self, error), error))

    def _told(self, reply: Mapping[str, Any]) -> dict[str, object]:
        return {**reply, "report": {"bucket": self.job.target.bucket, "key": self.name}}

    def _write(self, make: Callable[[], Document]) -> bool:
        return left(self.cloud, self.job.target, self.name, make)


def left(cloud: Cloud, target: ObjectName, name: str, make: Callable[[], Document]) -> bool:
    """Whether what ``make`` makes lies in the target's bucket now. Tried once, and no error."""
    try:
        until = min(time.monotonic() + _PATIENCE, cloud.last_word)
        put(cloud.bucket(target), name, json.dumps(make(), ensure_ascii=False), until)
    except Exception as error:  # whatever it is: a report is worth no transfer
        reason = error.message if isinstance(error, FerryError) else type(error).__name__
        log("report.not_written", "warning", name=name, reason=reason)
        return False
    return True


def put(bucket: Bucket, name: str, text: str, until: float) -> None:
    """In one request, which ends then."""
    content = text.encode("utf-8", "backslashreplace")
    headers = {"Content-Type": "application/json"}
    with closing(Uploader(until)) as uploader:
        uploader.begin(bucket.put_url(name, headers), headers, len(content))
        uploader.send(memoryview(content))
        uploader.finish()


def document(report: Report, reply: Mapping[str, Any], error: FerryError | None = None) -> Document:
    """What docs/events.md tells of. Moments are seconds since the transfer began."""
    now, zero = time.monotonic(), report.phases.started
    journal = report.journal
    copied = reply.get("object") or {}
    earlier_parts, earlier_bytes = journal.earlier
    return {
        "kind": "transfer",
        "version": VERSION,
        "id": report.job.id,
        "request_id": report.request_id,
        "began": round(time.time() - (now - zero), 3),
        "status": reply["status"],
        "error": {"type": error.type, "message": error.message} if error else None,
        "source": reply["source"],
        "object": dict(copied) or None,
        "proof": list(reply.get("proof", ())),
        "warnings": list(reply.get("warnings", ())),
        "seconds": dict(reply["seconds"]),
        "parts": reply.get("parts", {**_PARTS}),
        "children": reply.get("children", {**_CHILDREN}),
        "pace": reply.get("pace"),
        "memory_mb": report.cloud.memory_mb,
        "plan": _foreseen(report),
        "earlier": {"parts": earlier_parts, "bytes": earlier_bytes},
        "runs": journal.to_json(zero),
        "runs_left_out": journal.left_out,
        "cost": cost(
            1 + int(reply.get("children", _CHILDREN)["invocations"]),
            now - zero + journal.child_seconds,
            report.cloud.memory_mb,
            {"source": journal.source_requests, "oss": journal.oss_requests},
        ),
    }


def _foreseen(report: Report) -> Document | None:
    """What the plan came to before the first byte; None where nothing was planned."""
    from ..spread.forecast import forecast

    plan = report.journal.plan
    if plan is None:
        return None
    said = forecast(
        plan.grid.size - report.journal.earlier[1],
        plan,
        connection_bytes_per_second=NETWORK.connection,
        memory_mb=report.cloud.memory_mb or 0,
    )
    return {
        "seconds": round(said.seconds, 3),
        "children": said.children,
        "streams": said.streams,
        "parts": said.parts,
    }


def cost(
    invocations: int, busy: float, memory_mb: int | None, requests: Mapping[str, int]
) -> Document:
    """``busy`` are seconds of all invocations together, ``requests`` those that were counted."""
    return {
        "invocations": invocations,
        "busy_seconds": round(busy, 3),
        "gb_seconds": None if memory_mb is None else round(busy * memory_mb / 1024, 3),
        "requests": dict(requests),
    }


_PARTS = {"count": 0, "size": 0, "reused": 0, "retried": 0, "hedged": 0}
_CHILDREN = {"invocations": 0, "peak": 0, "throttled": 0, "retried": 0, "hedged": 0}


def of_failure(report: Report, error: FerryError) -> Document:
    """What a reply would have said, as far as it came."""
    transfer, journal = report.transfer, report.journal
    if transfer is None:
        raise InternalError("there is nothing to tell before the source has answered")
    source, tally = transfer.source, transfer.tally
    parts = [part for entry in journal.entries for part in entry.parts]
    return {
        "status": "stopped" if isinstance(error, Stopped) else "failed",
        "source": {
            "url": source.ref.url.redacted,
            "size": source.size,
            "etag": source.ref.pin.etag,
            "known_by": source.known_by,
        },
        "seconds": {name: round(each, 4) for name, each in report.phases.with_total.items()},
        "parts": {
            "count": len(parts) + journal.earlier[0],
            "size": max((part[4] for part in parts), default=0),
            "reused": journal.earlier[0],
            "retried": tally.parts_retried,
            "hedged": tally.parts_hedged,
        },
        "children": {name: getattr(tally, name) for name in _CHILDREN},
    }
