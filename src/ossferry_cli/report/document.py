"""Reads report.json, and says of a broken one where it is. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from .fields import Broken, Fields, row
from .model import (
    Bulk,
    By,
    Cost,
    Document,
    Error,
    FailedItem,
    Outcome,
    Pace,
    Part,
    Plan,
    Point,
    Run,
    Slice,
    SlowItem,
    Transfer,
)

_BY = ("child", "own")
_OUTCOMES = ("done", "failed", "throttled", "called_off", "late")


def read(content: bytes) -> Document:
    """A ``Broken`` says what is wrong with it."""
    try:
        raw = json.loads(content)
    except (ValueError, RecursionError):
        raise Broken("report.json", "JSON") from None
    fields = Fields(raw)
    if fields.number("version", 0) != 1:
        raise Broken("version", "1, which is all that this ossferry knows")
    kind = fields.text("kind", "")
    if kind == "transfer":
        return _transfer(fields, raw)
    if kind == "bulk":
        return _bulk(fields, raw)
    raise Broken("kind", "transfer or bulk")


def _transfer(fields: Fields, raw: Mapping[str, Any]) -> Transfer:
    source, made, pace, plan = map(fields.inner, ("source", "object", "pace", "plan"))
    target = f"oss://{made.text('bucket')}/{made.text('key')}" if fields.has("object") else ""
    return Transfer(
        id=fields.text("id"),
        began=fields.number("began"),
        status=fields.text("status"),
        error=_error(fields),
        source_url=source.text("url", ""),
        source_size=_whole(source.maybe("size")),
        known_by=source.texts("known_by"),
        target=target,
        size=_whole(made.maybe("size")),
        crc64=made.text("crc64", ""),
        proof=fields.texts("proof"),
        warnings=fields.texts("warnings"),
        seconds=fields.numbers("seconds"),
        parts=fields.numbers("parts"),
        children=fields.numbers("children"),
        pace=_pace(pace) if fields.has("pace") else None,
        plan=_plan(plan) if fields.has("plan") else None,
        memory_mb=_whole(fields.maybe("memory_mb")),
        earlier=fields.numbers("earlier"),
        runs=tuple(_run(Fields(each, at), at) for each, at in fields.each("runs")),
        cost=_cost(fields.inner("cost")),
        raw=raw,
    )


def _pace(pace: Fields) -> Pace:
    return Pace(
        pace.count("connections", 0),
        pace.number("connection_bytes_per_second", 0),
        pace.number("instance_bytes_per_second", 0),
        pace.text("limit", ""),
    )


def _plan(plan: Fields) -> Plan:
    counts = [plan.count(name, 0) for name in ("children", "streams", "parts")]
    return Plan(plan.number("seconds", 0), *counts)


def _run(run: Fields, where: str) -> Run:
    by, outcome = run.text("by"), run.text("outcome")
    if by not in _BY:
        raise Broken(f"{where}.by", "child or own")
    if outcome not in _OUTCOMES:
        raise Broken(f"{where}.outcome", f"one of {', '.join(_OUTCOMES)}")
    parts = [row(each, at, 6) for each, at in run.each("parts")]
    return Run(
        by=cast(By, by),
        number=run.count("number"),
        asked=run.number("asked"),
        answered=run.maybe("answered"),
        began=run.maybe("began"),
        streams=run.count("streams", 1),
        outcome=cast(Outcome, outcome),
        error=_error(run),
        delayed=run.number("delayed", 0),
        parts=tuple(
            Part(int(number), int(stream), began, max(began, ended), max(0, int(size)), int(tries))
            for number, stream, began, ended, size, tries in parts
        ),
    )


def _bulk(fields: Fields, raw: Mapping[str, Any]) -> Bulk:
    slices = [row(each, at, 6) for each, at in fields.each("slices")]
    failed = [Fields(each, at) for each, at in fields.each("failed")]
    return Bulk(
        id=fields.text("id"),
        began=fields.number("began"),
        status=fields.text("status"),
        error=_error(fields),
        source=fields.text("source", ""),
        target=fields.text("target", ""),
        seconds=fields.numbers("seconds"),
        counts=fields.numbers("counts"),
        causes=fields.numbers("causes"),
        error_types=fields.numbers("error_types"),
        over_time=tuple(Point(*row(each, at, 4)) for each, at in fields.each("over_time")),
        slices=tuple(
            Slice(int(number), began, max(began, ended), int(items), int(size), int(bad))
            for number, began, ended, items, size, bad in slices
        ),
        failed=tuple(
            FailedItem(_named(each), *(each.text(name, "") for name in FailedItem._fields[1:]))
            for each in failed
        ),
        failed_in_all=fields.count("failed_in_all", len(failed)),
        slowest=tuple(
            SlowItem(
                _named(each),
                each.text("target", ""),
                each.count("bytes", 0),
                each.number("seconds", 0),
            )
            for each in (Fields(held, at) for held, at in fields.each("slowest"))
        ),
        files={
            name: fields.inner("files").text(name)
            for name in ("jsonl", "csv", "failed")
            if fields.inner("files").has(name)
        },
        cost=_cost(fields.inner("cost")),
        raw=raw,
    )


def _named(item: Fields) -> str:
    """An item is told by its number, or by what its list calls it."""
    try:
        return item.text("item", "")
    except Broken:
        return f"{item.count('item'):,}"


def _cost(cost: Fields) -> Cost:
    return Cost(
        cost.count("invocations", 0),
        cost.number("busy_seconds", 0),
        cost.maybe("gb_seconds"),
        cost.numbers("requests"),
    )


def _error(fields: Fields) -> Error | None:
    if not fields.has("error"):
        return None
    error = fields.inner("error")
    return Error(error.text("type", ""), error.text("message", ""))


def _whole(found: float | None) -> int | None:
    return None if found is None else int(found)
