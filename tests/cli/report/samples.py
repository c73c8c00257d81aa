"""Reports as ossferry writes them, made up: of a source that gives so much, with what can happen.

The same seed gives the same report.
"""

from __future__ import annotations

import json
import random
from typing import Any

from ossferry_cli.planning.cost import billed
from ossferry_cli.planning.deployment import Deployment
from ossferry_cli.planning.prices import prices_of
from ossferry_cli.report.document import read
from ossferry_cli.report.model import Document
from ossferry_cli.report.page import page

MB = 1_000_000
Raw = dict[str, Any]
_COST = {
    "invocations": 9,
    "busy_seconds": 61.4,
    "gb_seconds": 122.9,
    "requests": {"put": 131, "get": 4},
}


def document(raw: Raw) -> Document:
    return read(json.dumps(raw).encode())


def drawn(raw: Raw) -> str:
    """Its page, with a price."""
    told = document(raw)
    return page(told, billed(told.cost, Deployment(), prices_of("cn-hangzhou")))


def transfer(
    parts: int = 128, children: int = 8, streams: int = 4, *, seed: int = 1, **more: Any
) -> Raw:
    """Each run copies in turn what it was given; some parts need two attempts."""
    dice = random.Random(seed)
    runs = [_own(streams)] + [_child(number, streams, dice) for number in range(1, children + 1)]
    free = [[run["began"]] * streams for run in runs]
    for number in range(1, parts + 1):
        _, place, stream = min(
            (at, place, stream) for place, each in enumerate(free) for stream, at in enumerate(each)
        )
        began, size = free[place][stream], 8 * MB
        attempts = 1 + (dice.random() < 0.04)
        ended = began + size / (dice.uniform(1.5, 5.0) * MB) * attempts
        free[place][stream] = ended
        row = [number, stream + 1, round(began, 3), round(ended, 3), size, attempts]
        runs[place]["parts"].append(row)
    for run, each in zip(runs, free, strict=True):
        run["answered"] = round(max(each) + 0.05, 3) if run["by"] == "child" else None
    end = max(max(each) for each in free)
    return {**_transfer(parts, runs, end, children), **more}


def throttled() -> Raw:
    """Function Compute refused, a child was late, another one called off, OSS held back."""
    raw = transfer(96, 6, seed=2)
    part = raw["runs"][2]["parts"][-1]
    raw["runs"] += [
        _unlucky(
            20, 2.0, "throttled", {"type": "ChildThrottled", "message": "no instance is free"}
        ),
        _unlucky(
            21, 6.0, "throttled", {"type": "ChildThrottled", "message": "no instance is free"}
        ),
        {
            **_unlucky(22, 9.0, "late", None),
            "began": 9.6,
            "parts": [[part[0], 1, 9.7, 14.0, 8 * MB, 1]],
        },
        {
            **_unlucky(23, 8.0, "called_off", None),
            "began": 8.4,
            "parts": [[90, 1, 8.4, 10.0, 3 * MB, 1]],
        },
    ]
    raw["runs"][1]["delayed"] = 3.25
    raw["children"] |= {"throttled": 2, "hedged": 1, "retried": 1}
    raw["pace"]["limit"] = "fc"
    raw["warnings"] = ["OSS cannot keep the header X-Ünusual: it was dropped"]
    return raw


def failing() -> Raw:
    raw = transfer(40, 3, seed=3)
    error = {"type": "SourceUnavailable", "message": "the source broke off; 37 parts are kept"}
    raw["runs"][2] |= {"outcome": "failed", "error": error}
    return {**raw, "status": "failed", "error": error, "object": None, "proof": [], "plan": None}


def small() -> Raw:
    """One PUT."""
    raw = transfer(0, 0)
    run = {**_own(1), "asked": 0.1, "began": 0.1, "answered": 0.5}
    run["parts"] = [[1, 1, 0.1, 0.5, 5 * MB, 1]]
    parts, children = (dict.fromkeys(raw[name], 0) for name in ("parts", "children"))
    alone: Raw = {"pace": None, "plan": None, "parts": parts, "children": children}
    return {**raw, **alone, "runs": [run]}


def bulk(
    items: int = 300, slices: int = 12, failed: int = 17, *, seed: int = 4, **more: Any
) -> Raw:
    dice = random.Random(seed)
    free = [0.4] * 6
    rows = []
    for number in range(1, slices + 1):
        place = free.index(min(free))
        ended = free[place] + dice.uniform(0.5, 2.0)
        bad = failed // slices + (number <= failed % slices)
        size = items // slices * 50_000
        rows.append([number, round(free[place], 3), round(ended, 3), items // slices, size, bad])
        free[place] = ended
    end = max(free)
    steps = 60
    over = [
        [
            round(end * at / steps, 3),
            items * at // steps,
            items * 50_000 * at // steps,
            failed * at // steps,
        ]
        for at in range(steps + 1)
    ]
    return {
        "kind": "bulk",
        "version": 1,
        "id": "images-1f0c9a2b3d",
        "began": 1_790_000_000.0,
        "status": "completed_with_failures" if failed else "completed",
        "error": None,
        "source": "oss://lists/images.csv",
        "target": "oss://my-bucket/images/",
        "seconds": {"total": round(end + 0.3, 3)},
        "counts": {
            "items": items,
            "copied": items - failed,
            "unchanged": 0,
            "failed": failed,
            "skipped": 0,
            "waiting": 0,
            "bytes": (items - failed) * 50_000,
        },
        "causes": {"source": failed} if failed else {},
        "error_types": {"SourceGone": failed} if failed else {},
        "over_time": over,
        "slices": rows,
        "failed": [_failed(number) for number in range(min(failed, 2000))],
        "failed_in_all": failed,
        "slowest": [
            {"item": at, "target": f"images/{at}.jpg", "bytes": 900_000, "seconds": 3.2 - at / 10}
            for at in range(20)
        ],
        "files": {"jsonl": "a/report.jsonl", "csv": "a/report.csv", "failed": "a/failed.jsonl"},
        "cost": _COST,
        **more,
    }


def thaw() -> Raw:
    raw = bulk(50, 4, 0)
    counts = {"items": 50, "restored": 20, "waiting": 30, "failed": 0}
    return {**raw, "status": "waiting", "counts": counts, "slowest": []}


def hostile(text: str) -> list[Raw]:
    """Wherever others write."""
    one = transfer(6, 1)
    error = {"type": text, "message": text}
    one |= {"id": text, "status": text, "error": error, "warnings": [text], "proof": [text]}
    one["source"] |= {"url": text, "known_by": [text]}
    one["object"] |= {"bucket": text, "key": text, "crc64": text}
    one["seconds"][text] = 1.0
    one["runs"][1] |= {"outcome": "failed", "error": error}
    one["cost"] = {**_COST, "requests": {text: 1}}
    many = bulk(20, 2, 3)
    many |= {"id": text, "source": text, "target": text, "causes": {text: 3}, "status": text}
    many["counts"][text] = 1
    many["failed"] = [dict.fromkeys(each, text) for each in many["failed"]]
    many["slowest"] = [{"item": text, "target": text, "bytes": 1, "seconds": 1.0}]
    many["files"] = {"jsonl": text}
    return [one, many]


def _transfer(parts: int, runs: list[Raw], end: float, children: int) -> Raw:
    size = parts * 8 * MB or 4_000
    return {
        "kind": "transfer",
        "version": 1,
        "id": "1-6750c2f1-15d2f7",
        "began": 1_790_000_000.0,
        "status": "copied",
        "error": None,
        "source": {
            "url": "https://example.org/images/file.iso",
            "size": size,
            "etag": "9dfd8ad27dc95ea1",
            "known_by": ["etag", "size"],
        },
        "object": {
            "bucket": "my-bucket",
            "key": "images/file.iso",
            "size": size,
            "etag": "D41D8CD98F00B204",
            "crc64": "11051210869376104954",
        },
        "proof": ["parts", "object"],
        "warnings": [],
        "seconds": {
            "probe": 0.21,
            "create": 0.02,
            "copy": round(end, 3),
            "total": round(end + 0.3, 3),
        },
        "parts": {"count": parts, "size": 8 * MB, "reused": 0, "retried": 5, "hedged": 1},
        "children": {
            "invocations": children,
            "peak": children,
            "throttled": 0,
            "retried": 0,
            "hedged": 0,
        },
        "pace": {
            "connections": 36,
            "connection_bytes_per_second": 5 * MB,
            "instance_bytes_per_second": 18 * MB,
            "limit": "source",
        },
        "plan": {
            "seconds": round(end * 0.9, 2),
            "children": children,
            "streams": 4,
            "parts": parts,
        },
        "memory_mb": 2048,
        "earlier": {"parts": 0, "bytes": 0},
        "runs": runs,
        "cost": _COST,
    }


def _own(streams: int) -> Raw:
    return {
        "by": "own",
        "number": 1,
        "asked": 0.25,
        "answered": None,
        "began": 0.25,
        "streams": streams,
        "outcome": "done",
        "error": None,
        "delayed": 0.0,
        "parts": [],
    }


def _child(number: int, streams: int, dice: random.Random) -> Raw:
    asked = round(0.4 + number * 0.02, 3)
    began = round(asked + dice.uniform(0.5, 2.0), 3)
    return {**_own(streams), "by": "child", "number": number, "asked": asked, "began": began}


def _unlucky(number: int, asked: float, outcome: str, error: Raw | None) -> Raw:
    run = {**_own(1), "by": "child", "number": number, "asked": asked, "began": None}
    return {**run, "answered": asked + 0.1, "outcome": outcome, "error": error}


def _failed(number: int) -> Raw:
    return {
        "item": number,
        "source_url": f"https://example.org/images/{number}.jpg",
        "target": f"images/{number}.jpg",
        "error_type": "SourceGone",
        "error": "nothing is there: its server answered 404",
        "cause": "source",
    }


ALL: dict[str, Raw] = {
    "128": transfer(),
    "10000": transfer(10_000, 60, 8),
    "throttled": throttled(),
    "failing": failing(),
    "small": small(),
    "bulk": bulk(),
    "large-bulk": bulk(1_000_000, 10_000, 5_000),
    "thaw": thaw(),
}
