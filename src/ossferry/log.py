"""One JSON line per event on standard output, where Function Compute collects it."""

from __future__ import annotations

import json


def log(event: str, **fields: object) -> None:
    """``event`` is a name such as ``transfer.done``; no field may carry a secret."""
    print(json.dumps({"event": event, **fields}, default=str), flush=True)
