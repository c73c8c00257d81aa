"""One JSON line per event on standard output, where Function Compute collects it.

An instance works on one request at a time, with many threads. So what the lines of a request have
in common is kept for the instance, not for a thread, and only for the length of a ``with`` block.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

from .settings import LOG_LEVELS

_SAMPLE_EVERY = 5.0  # seconds


class _Common(NamedTuple):
    """``sampled`` is when the last line of each sampled event was written."""

    fields: Mapping[str, object]
    least: int
    sampled: dict[str, float]


_common = _Common({}, LOG_LEVELS.index("info"), {})


@contextmanager
def lines_with(level: str | None = None, **fields: object) -> Iterator[None]:
    """Until the block ends, every line has these fields too, and none is below ``level``."""
    global _common
    before = _common
    least = before.least if level is None else LOG_LEVELS.index(level)
    _common = _Common({**before.fields, **fields}, least, {})
    try:
        yield
    finally:
        _common = before


def log(event: str, level: str = "info", /, **fields: object) -> None:
    """``event`` is a name such as ``transfer.done``; no field may carry a secret."""
    if LOG_LEVELS.index(level) < _common.least:
        return
    now = time.time()
    moment = f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(now))}.{int(now % 1 * 1000):03}Z"
    line = {"event": event, "level": level, "time": moment, **_common.fields, **fields}
    # In one piece: streams write too, and ``print`` would let their lines run into each other.
    sys.stdout.write(json.dumps(line, default=str) + "\n")
    sys.stdout.flush()


def sample(event: str, **fields: object) -> None:
    """Log what happens often: a line every few seconds, each time if the level is ``debug``."""
    now, sampled = time.monotonic(), _common.sampled
    if now - sampled.get(event, now - _SAMPLE_EVERY) >= _SAMPLE_EVERY:
        sampled[event] = now
        log(event, **fields)
    else:
        log(event, "debug", **fields)
