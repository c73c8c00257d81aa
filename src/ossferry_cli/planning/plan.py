"""Puts a plan together: what is there, how long it takes, what it costs, what to be warned of."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from ossferry.pace.model import NETWORK
from ossferry.parts import MAX_OBJECT
from ossferry.spread.forecast import Forecast, forecast
from ossferry.spread.plan import Plan, make_plan

from ..function import Function
from .asked import Asked, count, look, seconds_left
from .cost import cost_of
from .deployment import Deployment
from .look import Looked, Rate, guard_of, measured
from .many import Many
from .prices import prices_of
from .warn import of_many, of_one

# OSS's own copies: CopyObject below a size, and parts of another above.
_ONE_COPY, _COPY_PART = 1_000_000_000, 128 * 1024**2


class Options(NamedTuple):
    """``rate`` is what a connection is said to have, in bytes per second."""

    measure: bool = False
    rate: float | None = None
    max_children: int | None = None
    prices: Path | None = None


def planned(
    asked: Asked, function: Function, deployment: Deployment, options: Options
) -> dict[str, Any]:
    """One document, as ``--json`` prints it."""
    prices = prices_of(function.region, options.prices)
    if asked.is_many:
        found = _of_many(asked, count(asked, function, deployment), deployment, options)
    else:
        looked = look(asked, function, deployment)
        guard = guard_of(function, deployment.settings.allow_networks)
        rate = measured(looked.source, guard) if options.measure else None
        found = _of_one(asked, looked, rate, deployment, options)
    found["price"] = cost_of(found, deployment, prices)
    if not deployment.known:
        found["assumptions"].append(
            "the function is as s.yaml has it: it could not be looked at with these credentials"
        )
    return found


def _of_one(
    asked: Asked, looked: Looked, rate: Rate | None, deployment: Deployment, options: Options
) -> dict[str, Any]:
    source, left = looked.source, seconds_left(looked)
    told: dict[str, Any] = {
        "what": looked.shown,
        "bytes": source.size,
        "splittable": source.splittable,
        "known_by": source.known_by,
        "content_type": source.headers.get("Content-Type"),
        "crc64": source.crc64 is not None,
        "expires_in": None if left is None else round(left),
    }
    assumptions: list[str] = []
    said: dict[str, Any] | None = None
    if asked.inside and source.size:
        said = _inside(1 if source.size < _ONE_COPY else -(-source.size // _COPY_PART))
        assumptions.append("source and target are in one region, so that OSS copies it itself")
    elif source.size:
        connection = _connection(rate, options, assumptions)
        plan = _plan(source.size, deployment, options) if source.splittable else None
        said = _told(_forecast(source.size, plan, connection, deployment))
        assumptions += _usual(deployment)
    warnings = of_one(
        splittable=source.splittable or asked.inside,
        size=source.size,
        known_by=source.known_by,
        seconds=said["seconds"] if said else None,
        signed_for=left,
        timeout=deployment.timeout,
    )
    return {
        "source": told,
        "measured": _measure(rate),
        "forecast": said,
        "restore": {},
        "assumptions": assumptions,
        "warnings": [*warnings],
    }


def _of_many(asked: Asked, many: Many, deployment: Deployment, options: Options) -> dict[str, Any]:
    assumptions: list[str] = []
    said: dict[str, Any]
    only_thaw = asked.thaws and asked.thaw.copies is False
    if only_thaw:
        said = _inside(0)
        said["oss_gets"] = many.requests
    elif asked.inside or not many.bytes:
        said = _inside(many.items)
    else:
        connection = _connection(None, options, assumptions)
        plan = _plan(min(many.bytes, MAX_OBJECT), deployment, options)
        whole = _told(_forecast(many.bytes, plan, connection, deployment))
        said = {**whole, "parts": many.items, "oss_puts": many.items, "oss_gets": many.items}
        assumptions += [
            "seconds are for the bytes alone, at the least: many small items take longer",
            *_usual(deployment),
        ]
    if not only_thaw:
        said["oss_gets"] = many.items + many.requests
    restore = many.restore.get("restore", {}) if asked.thaws else {}
    if restore:
        said["restores"] = sum(int(each["requests"]) for each in restore.values())
    return {
        "source": {
            "what": asked.listed or (asked.sources[0] if len(asked.sources) == 1 else "sources"),
            "items": many.items,
            "bytes": many.bytes,
            "items_of_unknown_size": many.unknown,
            "unreadable": many.unreadable,
            "archived": many.archived,
            "frozen": many.frozen,
        },
        "measured": None,
        "forecast": said,
        "restore": restore,
        "assumptions": assumptions,
        "warnings": [*of_many(many, thaws=asked.thaws)],
    }


def _connection(rate: Rate | None, options: Options, assumptions: list[str]) -> float:
    if options.rate:
        assumptions.append(f"a connection has {options.rate / 1e6:g} MB/s, as --rate says")
        return options.rate
    if rate:
        assumptions.append(
            "a connection of the function has what one has from here, which may be less or more"
        )
        return rate.connection
    assumptions.append(
        f"a connection has {NETWORK.connection / 1e6:g} MB/s: --measure reads the source from here,"
        " --rate says another"
    )
    return NETWORK.connection


def _usual(deployment: Deployment) -> list[str]:
    return [
        "an instance has 1 Gbit/s and starts in a second; the source serves all connections"
        " that are opened",
        f"an instance has {deployment.cpu:g} vCPU, {deployment.memory_mb} MB of memory and"
        f" {deployment.disk_mb} MB of disk",
    ]


def _plan(size: int, deployment: Deployment, options: Options) -> Plan:
    settings, most = deployment.settings, deployment.settings.max_children
    children = most if options.max_children is None else min(most, options.max_children)
    return make_plan(
        size,
        part_size=None,
        max_children=children,
        streams=settings.streams,
        fan_out_from=settings.fan_out_from,
    )


def _forecast(size: int, plan: Plan | None, connection: float, deployment: Deployment) -> Forecast:
    return forecast(
        size, plan, connection_bytes_per_second=connection, memory_mb=deployment.memory_mb
    )


def _told(said: Forecast) -> dict[str, Any]:
    return {
        "seconds": round(said.seconds, 1),
        "children": said.children,
        "streams": said.streams,
        "parts": said.parts,
        "gb_seconds": round(said.gb_seconds, 2),
        "instance_seconds": round(said.instance_seconds, 2),
        "invocations": said.invocations,
        "oss_puts": said.puts,
        "oss_gets": said.gets,
        "source_requests": said.reads,
    }


def _inside(puts: int) -> dict[str, Any]:
    """Nothing passes the function, and how fast OSS is with it is not known."""
    return {
        "seconds": None,
        "children": 0,
        "streams": 0,
        "parts": puts,
        "gb_seconds": None,
        "instance_seconds": None,
        "invocations": 1,
        "oss_puts": puts,
        "oss_gets": 3,
        "source_requests": 0,
    }


def _measure(rate: Rate | None) -> dict[str, Any] | None:
    if rate is None:
        return None
    return {
        "from": "this machine",
        "connections": rate.connections,
        "seconds": round(rate.seconds, 1),
        "bytes_per_second_of_one": round(rate.connection),
        "bytes_per_second": round(rate.together),
    }
