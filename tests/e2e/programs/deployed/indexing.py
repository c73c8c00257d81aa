"""A program that gathers keys."""

from __future__ import annotations

import json
from pathlib import Path


def index(listed: Path, folder: Path) -> None:
    """Sum up what the list says."""
    lines = [json.loads(line) for line in listed.read_text().splitlines()]
    total = sum(line["size"] for line in lines)
    said = {"keys": [line["key"] for line in lines], "size": total}
    (folder / "index.json").write_text(json.dumps(said))
