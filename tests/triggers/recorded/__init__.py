"""Recorded events of every form that a trigger sends: see the README beside this."""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).parent

NAMES = sorted(path.stem for path in _FOLDER.glob("*.json"))
TWO = frozenset(name for name in NAMES if "@KEY@.2" in (_FOLDER / f"{name}.json").read_text())
FROM_OSS = frozenset(
    name for name in NAMES if "@WATCHED@" in (_FOLDER / f"{name}.json").read_text()
)


def filled(name: str, **values: str) -> bytes:
    """Return an event with ``url``, ``bucket``, ``region``, ``key`` and ``watched`` filled in."""
    text = (_FOLDER / f"{name}.json").read_text()
    for placeholder, value in values.items():
        text = text.replace(f"@{placeholder.upper()}@", value)
    return text.strip().encode()
