"""What came of one item, as the report has it, and the sum over many. Pure.

The words are docs/bulk.md's. A row has no secret: a source is shown without its query.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ..errors import (
    ChildError,
    FerryError,
    InternalError,
    InvalidEvent,
    ObjectExists,
    OutOfTime,
    ProgramError,
    SourceError,
    SourceUnavailable,
    TargetError,
)

Row = dict[str, Any]

OUTCOMES = ("copied", "restored", "unchanged", "skipped", "failed")
DONE = "done"  # in place of copied: of an item that was given to a program
WAITING = "waiting"  # what is none yet: of an item whose source is being restored
CAUSES = ("source", "network", "oss", "event", "function")


def row_of(
    number: int,
    source: str,
    key: str,
    outcome: str,
    *,
    size: int | None = None,
    crc64: int | None = None,
    seconds: float = 0.0,
    attempts: int = 1,
    error: FerryError | None = None,
    reason: str = "",
    query: bool = False,
    asked: Mapping[str, Any] | None = None,
) -> Row:
    """``source`` is redacted, ``query`` whether that hides something of it; ``reason`` says why an
    item was skipped, ``asked`` what else its event had."""
    row: Row = {"item": number, "source": _utf8(source), "key": _utf8(key), "outcome": outcome}
    if query:
        row["query"] = True
    if size is not None:
        row["size"] = size
    if crc64 is not None:
        row["crc64"] = str(crc64)  # JSON numbers lose what is beyond 53 bits in many a reader
    row |= {"seconds": round(seconds, 3), "attempts": attempts}
    if error is not None:
        row |= {"cause": cause_of(error), "error_type": error.type, "error": _utf8(error.message)}
        if asked:
            row["asked"] = asked
    elif reason:
        row["error"] = _utf8(reason)
    return row


def _utf8(text: str) -> str:
    """JSON can say half of a surrogate pair, and no encoding takes it."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def cause_of(error: FerryError) -> str:
    """Where to look for the cause: at the source, the network before it, OSS, the event or list,
    the program that an item was given to, or the function itself."""
    match error:
        case InvalidEvent() | ObjectExists():
            return "event"
        case SourceUnavailable():
            return "network"
        case SourceError():
            return "source"
        case TargetError():
            return "oss"
        case ProgramError():
            return "program"
        case ChildError() | OutOfTime() | InternalError():
            return "function"
    return "source"  # checksums: the bytes are not what they should be


class Tally(NamedTuple):
    """Items by what came of them, failed ones by cause, bytes copied, requests sent; and by class
    and tier how many wait for their sources, of which nothing has come yet. ``outputs`` are the
    objects that programs have made of those that are ``done``, whose bytes count as copied."""

    copied: int = 0
    restored: int = 0
    unchanged: int = 0
    skipped: int = 0
    failed: int = 0
    bytes: int = 0
    causes: Mapping[str, int] = {}
    source_requests: int = 0
    oss_requests: int = 0
    waits: Mapping[str, int] = {}
    done: int = 0
    outputs: int = 0

    @property
    def items(self) -> int:
        copied = self.copied + self.restored + self.unchanged + self.skipped + self.failed
        return copied + self.done

    @property
    def waiting(self) -> int:
        return sum(self.waits.values())

    @property
    def requests(self) -> Tally:
        """Those alone."""
        return Tally(source_requests=self.source_requests, oss_requests=self.oss_requests)

    def plus(self, other: Tally) -> Tally:
        sums = {name: getattr(self, name) + getattr(other, name) for name in _COUNTS}
        causes = Counter(self.causes) + Counter(other.causes)
        return Tally(**sums, causes=causes, waits=Counter(self.waits) + Counter(other.waits))

    @classmethod
    def sum(cls, rows: Iterable[Row]) -> Tally:
        counts, causes, waits = Counter[str](), Counter[str](), Counter[str]()
        for row in rows:
            if row["outcome"] == WAITING:
                waits[row.get("waits", "again")] += 1
                continue
            counts[row["outcome"]] += 1
            if row["outcome"] == "copied":
                counts["bytes"] += int(row.get("size") or 0)
            if row["outcome"] == DONE:
                counts["bytes"] += int(row["bytes"])
                counts["outputs"] += int(row["outputs"])
            if "cause" in row:
                causes[row["cause"]] += 1
        return cls(**counts, causes=causes, waits=waits)

    def to_json(self) -> dict[str, object]:
        return {**self._asdict(), "causes": dict(self.causes), "waits": dict(self.waits)}

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Tally:
        # What is not there was written before there were programs.
        sums = {name: int(document.get(name, 0)) for name in _OF_PROGRAMS}
        sums |= {name: int(document[name]) for name in _COUNTS if name not in sums}
        return cls(**sums, causes=_counts(document["causes"]), waits=_counts(document["waits"]))


def _counts(document: Mapping[str, Any]) -> dict[str, int]:
    return {str(name): int(count) for name, count in document.items()}


_OF_PROGRAMS = ("done", "outputs")
_COUNTS = tuple(name for name in Tally._fields if name not in ("causes", "waits"))


_JSON = json.JSONEncoder(ensure_ascii=False)


def lines_of(rows: Iterable[Row]) -> bytes:
    """JSON Lines."""
    text = "".join(f"{_JSON.encode(row)}\n" for row in rows)
    # Half of a surrogate pair becomes the escape that JSON has for it.
    return text.encode("utf-8", "backslashreplace")
