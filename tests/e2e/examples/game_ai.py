"""Recordings of examples/game-ai, and what is in files that are made of them."""

from __future__ import annotations

import ast
import runpy
import struct
from collections.abc import Callable
from typing import Any

from tests.e2e.examples.deployed import EXAMPLES
from tests.e2e.transfers import stored
from tests.localcloud.client import LocalCloud

RECORD = struct.Struct("<IIH8f")
# What makes the recordings of the example: that of a game, by its number.
recording: Callable[[int], bytes] = runpy.run_path(str(EXAMPLES / "game-ai/recordings/make.py"))[
    "recording"
]


def frames_event(cloud: LocalCloud, key: str) -> dict[str, object]:
    """Return the event that has the same done with a recording as its arrival."""
    bucket = f"oss://{cloud.bucket_name}"
    places = {"source": f"{bucket}/{key}", "target": f"{bucket}/frames/"}
    return {"kind": "program", "program": "frames", **places}


def records(cloud: LocalCloud, key: str) -> list[tuple[Any, ...]]:
    """Those of a file of NumPy, read by its format."""
    content = stored(cloud, key)
    assert content[:8] == b"\x93NUMPY\x01\x00"
    (length,) = struct.unpack_from("<H", content, 8)
    head = ast.literal_eval(content[10 : 10 + length].decode())
    body = content[10 + length :]
    assert len(body) == head["shape"][0] * RECORD.size
    return [*RECORD.iter_unpack(body)]


def played(recording: bytes) -> list[tuple[int, int, int]]:
    """Game, tick and action of each frame in which something is done."""
    (game,) = struct.unpack_from("<I", recording, 8)
    frames = struct.Struct("<IH8h").iter_unpack(recording[12:])
    return [(game, tick, action) for tick, action, *_ in frames if action]
