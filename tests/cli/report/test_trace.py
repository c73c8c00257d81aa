"""A trace is what Perfetto reads: by a schema, and without events that overlap in a thread."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

import jsonschema
import pytest

from ossferry_cli.report.trace import trace
from tests.cli.report import samples

_WHOLE = {"type": "integer", "minimum": 0}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["traceEvents", "displayTimeUnit"],
    "properties": {
        "displayTimeUnit": {"enum": ["ms", "ns"]},
        "traceEvents": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["ph", "name", "pid", "tid", "ts"],
                "properties": {
                    "ph": {"enum": ["X", "M", "C", "i"]},
                    "name": {"type": "string", "minLength": 1},
                    **dict.fromkeys(("pid", "tid", "ts", "dur"), _WHOLE),
                    "args": {"type": "object"},
                },
                "allOf": [
                    {
                        "if": {"properties": {"ph": {"const": "X"}}},
                        "then": {"required": ["dur", "args"]},
                    },
                    {
                        "if": {"properties": {"ph": {"const": "i"}}},
                        "then": {"required": ["s"], "properties": {"s": {"enum": ["g", "p", "t"]}}},
                    },
                ],
            },
        },
    },
}


@pytest.mark.parametrize("name", samples.ALL)
def test_it_is_a_trace(name: str) -> None:
    raw = samples.ALL[name]
    found = json.loads(trace(samples.document(raw)))
    jsonschema.validate(found, SCHEMA)
    complete = [each for each in found["traceEvents"] if each["ph"] == "X"]
    if raw["kind"] == "transfer":
        names = [each["name"] for each in complete if each["name"].startswith("part ")]
        assert len(names) == sum(len(run["parts"]) for run in raw["runs"])
    else:
        assert len(complete) == len(raw["slices"])


@pytest.mark.parametrize("name", samples.ALL)
def test_parts_of_a_thread_follow_each_other(name: str) -> None:
    threads: dict[tuple[int, int], list[dict[str, int]]] = defaultdict(list)
    for each in json.loads(trace(samples.document(samples.ALL[name])))["traceEvents"]:
        if each["ph"] == "X" and each["tid"]:
            threads[each["pid"], each["tid"]].append(each)
    for events in threads.values():
        events.sort(key=lambda each: each["ts"])
        ends = [each["ts"] + each["dur"] for each in events]
        assert all(a <= b["ts"] for a, b in zip(ends, events[1:], strict=False))
