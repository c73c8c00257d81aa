"""What the quantities of a plan or a report come to in money, as far as prices are known. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..report.model import Cost
from .deployment import Deployment
from .prices import NOT_INCLUDED, Line, Prices, rounded, units

_GIB = 1024**3
_TIERS = {"ColdArchive": "cold", "DeepColdArchive": "deep_cold"}


def cost_of(found: Mapping[str, Any], deployment: Deployment, prices: Prices) -> dict[str, Any]:
    """A line for each quantity, and the sum of those whose price is known."""
    return _summed(_lines(found, deployment, prices), prices)


def billed(cost: Cost, deployment: Deployment, prices: Prices) -> dict[str, Any]:
    """The same of what was done. Processors and disk are those that the function has now; requests
    to OSS are taken for such as write, which cost as much or more."""
    memory_mb = float(deployment.memory_mb)
    if cost.gb_seconds is not None and cost.busy_seconds > 0:
        memory_mb = cost.gb_seconds / cost.busy_seconds * 1024
    cu = units(cost.busy_seconds, cost.invocations, deployment.cpu, memory_mb, deployment.disk_mb)
    requests = int(cost.requests.get("oss", 0))
    lines = [
        prices.line("fc_cu", "CU of Function Compute", round(cu, 2)),
        prices.line("oss_put", "requests to OSS", requests),
    ]
    return _summed(lines, prices)


def _summed(lines: list[Line], prices: Prices) -> dict[str, Any]:
    known = [line.price for line in lines if line.price is not None]
    return {
        "currency": prices.currency,
        "date": prices.date,
        "lines": [line._asdict() for line in lines],
        "known": rounded(sum(known)) if known else None,
        "complete": len(known) == len(lines),
        "not_included": list(NOT_INCLUDED),
    }


def _lines(found: Mapping[str, Any], deployment: Deployment, prices: Prices) -> list[Line]:
    said = found["forecast"]
    lines: list[Line] = []
    if said and said["instance_seconds"] is not None:
        cu = units(
            said["instance_seconds"],
            said["invocations"],
            deployment.cpu,
            deployment.memory_mb,
            deployment.disk_mb,
        )
        lines.append(prices.line("fc_cu", "CU of Function Compute", round(cu, 2)))
    if said:
        lines.append(prices.line("oss_put", "requests to OSS that write", said["oss_puts"]))
        lines.append(prices.line("oss_get", "requests to OSS that read", said["oss_gets"]))
    for name, each in found["restore"].items():
        tier = f"{_TIERS.get(name, 'archive')}_{str(each.get('tier', '')).lower()}".rstrip("_")
        amount = round(each["bytes"] / _GIB, 3)
        lines.append(prices.line(f"retrieval_{tier}", f"GB of {name} retrieved", amount))
        lines.append(prices.line(f"restore_{tier}", f"restores of {name}", each["requests"]))
    return lines
