"""The report as trace events, which Perfetto and chrome://tracing open. Pure.

Slices are processes, streams are threads, parts are complete events. Times are microseconds.
"""

from __future__ import annotations

import json
from typing import Any

from ..say import visible
from .marks import lanes_of
from .model import Bulk, Document, Run, Transfer
from .throughput import throughput

Event = dict[str, Any]


def trace(document: Document) -> str:
    events = _bulk(document) if isinstance(document, Bulk) else _transfer(document)
    told = {"id": document.id, "status": document.status, "began": document.began}
    held = {"displayTimeUnit": "ms", "otherData": told, "traceEvents": events}
    return json.dumps(held, separators=(",", ":")) + "\n"


def _transfer(transfer: Transfer) -> list[Event]:
    events = [_meta("process_name", 1, 0, name="all together")]
    rates = throughput(transfer)
    for at, rate in enumerate(rates.rates):
        events.append(_counter("bytes per second", at * rates.width, round(rate)))
    for pid, run in enumerate(transfer.runs, 2):
        events += _run(run, pid)
    return events


def _run(run: Run, pid: int) -> list[Event]:
    events = [
        _meta("process_name", pid, 0, name=run.name),
        _meta("process_sort_index", pid, 0, sort_index=pid),
        _meta("thread_name", pid, 0, name="invocation"),
    ]
    error = {"error": visible(run.error.message)} if run.error else {}
    told = {"outcome": run.outcome, "streams": run.streams, "delayed": run.delayed, **error}
    if run.outcome == "throttled":
        events.append({**_event("i", "throttled", pid, 0, run.asked), "s": "p", "args": told})
    elif run.by == "child":
        events.append(_complete(f"{run.name}: {run.outcome}", pid, 0, run.asked, run.ended, told))
        if run.began is not None and run.began > run.asked:
            events.append(_complete("start", pid, 0, run.asked, min(run.began, run.ended), {}))
    parts = sorted(run.parts, key=lambda part: (part.stream, part.began))
    threads: dict[tuple[int, int], int] = {}
    for stream in sorted({part.stream for part in parts}):
        own = [part for part in parts if part.stream == stream]
        for part, lane in zip(own, lanes_of((p.began, p.ended) for p in own), strict=True):
            tid = threads.setdefault((stream, lane), len(threads) + 1)
            args = {"bytes": part.size, "attempts": part.attempts, "outcome": run.outcome}
            events.append(_complete(f"part {part.number}", pid, tid, part.began, part.ended, args))
    named = [_meta("thread_name", pid, tid, name=f"stream {s}") for (s, _), tid in threads.items()]
    return events + named


def _bulk(bulk: Bulk) -> list[Event]:
    events = [_meta("process_name", 1, 0, name="children")]
    slices = sorted(bulk.slices, key=lambda each: each.began)
    for each, lane in zip(slices, lanes_of((s.began, s.ended) for s in slices), strict=True):
        args = {"items": each.items, "bytes": each.size, "failed": each.failed}
        name = f"slice {each.number}"
        events.append(_complete(name, 1, lane + 1, each.began, each.ended, args))
    events += [_counter("items", point.second, point.items) for point in bulk.over_time]
    return events


def _meta(kind: str, pid: int, tid: int, **args: Any) -> Event:
    return {"ph": "M", "name": kind, "pid": pid, "tid": tid, "ts": 0, "args": args}


def _counter(name: str, second: float, value: float) -> Event:
    return {**_event("C", name, 1, 0, second), "args": {"value": value}}


def _complete(
    name: str, pid: int, tid: int, began: float, ended: float, args: dict[str, Any]
) -> Event:
    """Its end is rounded, not its length, so that neighbours never overlap."""
    event = _event("X", name, pid, tid, began)
    return {**event, "cat": "ossferry", "dur": max(0, _micro(ended) - event["ts"]), "args": args}


def _event(phase: str, name: str, pid: int, tid: int, second: float) -> Event:
    return {"ph": phase, "name": name, "pid": pid, "tid": tid, "ts": _micro(second)}


def _micro(second: float) -> int:
    return round(max(0.0, second) * 1e6)
