"""What quantities cost by a file of list prices; one that is not in the file is not known."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import floor, log10
from pathlib import Path
from typing import Any, NamedTuple

from ..problems import Misuse

OWN = Path(__file__).parents[1] / "prices" / "list.json"
# What Function Compute reckons in: CU of a second of one processor, one GB of memory and of disk,
# and of an invocation.
_OF_CPU, _OF_MEMORY, _OF_DISK, _OF_INVOCATION = 1.0, 0.15, 0.05, 75 / 10_000
NOT_INCLUDED = (
    "what the source's side bills for what leaves it",
    "traffic of Function Compute to the internet",
    "storage of what is copied",
    "logs",
    "tiers, promotions and free quotas",
)


class Line(NamedTuple):
    """``price`` is None if it is not known; ``what`` says which quantity, in words."""

    item: str
    what: str
    quantity: float
    price: float | None = None
    source: str = ""


class Prices(NamedTuple):
    date: str
    currency: str
    rows: Mapping[str, Mapping[str, Any]]

    def line(self, item: str, what: str, quantity: float) -> Line:
        row = self.rows.get(item)
        if row is None:
            return Line(item, what, quantity)
        price = quantity * float(row["value"]) / float(row["unit"])
        said = f"{row['source']} ({row['date']})"
        return Line(item, what, quantity, rounded(price), said)


def prices_of(region: str, file: Path | None = None) -> Prices:
    """Those of a region; ``Misuse`` for a file that is none."""
    path = file or OWN
    try:
        document = json.loads(path.read_text("utf-8"))
        group = _group(document["regions"], region)
        rows = {
            str(row["item"]): row
            for row in document["prices"]
            if row["region"] == group and _is_price(row)
        }
        currency = str(document["regions"][group]["currency"])
        return Prices(str(document["date"]), currency, rows)
    except OSError as error:
        raise Misuse(f"the prices {path} cannot be read: {error.strerror}") from None
    except (ValueError, LookupError, TypeError, AttributeError, StopIteration):
        raise Misuse(f"{path} has no prices: write it like {OWN.name} of ossferry_cli") from None


def _group(regions: Mapping[str, Any], region: str) -> str:
    return next(
        name
        for name, group in regions.items()
        if region not in group["but"] and any(map(region.startswith, group["prefixes"]))
    )


def _is_price(row: Mapping[str, Any]) -> bool:
    float(row["value"]), float(row["unit"]), row["source"], row["date"]
    return float(row["unit"]) > 0


def units(seconds: float, invocations: int, cpu: float, memory_mb: float, disk_mb: int) -> float:
    """CU of so many seconds of all instances together."""
    each = cpu * _OF_CPU + memory_mb / 1024 * _OF_MEMORY + disk_mb / 1024 * _OF_DISK
    return seconds * each + invocations * _OF_INVOCATION


def rounded(value: float) -> float:
    """Two significant digits: more would say what nobody knows."""
    return round(value, 1 - floor(log10(abs(value)))) if value else 0.0
