"""What the quantities of a plan come to in money, as far as prices are known. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .deployment import Deployment
from .prices import NOT_INCLUDED, Line, Prices, rounded, units

_GIB = 1024**3
_TIERS = {"ColdArchive": "cold", "DeepColdArchive": "deep_cold"}


def cost_of(found: Mapping[str, Any], deployment: Deployment, prices: Prices) -> dict[str, Any]:
    """A line for each quantity, and the sum of those whose price is known."""
    lines = _lines(found, deployment, prices)
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
