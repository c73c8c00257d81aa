"""Orders, as a shop sends them, become rows for a warehouse: cents, UTC, no names of customers."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any


def orders(file: Path, folder: Path) -> None:
    """A line of the input is a message, with what Kafka knows of it; its ``value`` is the order."""
    rows: list[dict[str, Any]] = []
    failed: list[dict[str, Any]] = []
    with file.open(encoding="utf-8") as lines:
        for index, line in enumerate(lines):
            message = json.loads(line)
            try:
                rows.append(row_of(message))
            except (ValueError, KeyError, TypeError, InvalidOperation) as error:
                reason = f"{type(error).__name__}: {error}"
                failed.append({"index": index, "error": reason})
    write(folder / "rows.jsonl", rows)
    if failed:
        write(folder / "failed.jsonl", failed)  # ossferry sends on the messages that it names


def row_of(message: dict[str, Any]) -> dict[str, Any]:
    value = message["value"]
    order = json.loads(value) if isinstance(value, str) else value
    cents = Decimal(str(order["amount"])) * 100
    if cents != int(cents):
        raise ValueError("amount has more than two decimals")
    moment = datetime.fromisoformat(order["time"]).astimezone(timezone.utc)
    return {
        "partition": message["partition"],
        "offset": message["offset"],
        "order": str(order["order"]),
        "cents": int(cents),
        "time": moment.isoformat(),
    }


def write(path: Path, documents: list[dict[str, Any]]) -> None:
    path.write_text("".join(f"{json.dumps(each)}\n" for each in documents), encoding="utf-8")
