"""The mapper: of a recording of a game the frames in which the player did something, as records."""

from __future__ import annotations

from pathlib import Path

import numpy as np

# ABS1, how many frames there are and the number of the game; then the frames.
HEADER = np.dtype([("magic", "S4"), ("frames", "<u4"), ("game", "<u4")])
FRAME = np.dtype([("tick", "<u4"), ("action", "<u2"), ("state", "<i2", (8,))])
RECORD = np.dtype([("game", "<u4"), ("tick", "<u4"), ("action", "<u2"), ("state", "<f4", (8,))])
SCALE = 32768


def frames(file: Path, folder: Path) -> None:
    recorded = read(file)
    done = recorded["frames"][recorded["frames"]["action"] != 0]
    records = np.zeros(len(done), RECORD)
    records["game"] = recorded["game"]
    records["tick"] = done["tick"]
    records["action"] = done["action"]
    records["state"] = done["state"].astype("<f4") / SCALE
    np.save(folder / "records.npy", records)


def read(file: Path) -> dict[str, np.ndarray]:
    """A recording that is cut off is refused: it would be a game that ended otherwise."""
    content = file.read_bytes()
    if len(content) < HEADER.itemsize:
        raise SystemExit("it is no recording: it has no header")
    header = np.frombuffer(content, HEADER, 1)[0]
    size = HEADER.itemsize + int(header["frames"]) * FRAME.itemsize
    if header["magic"] != b"ABS1" or len(content) != size:
        raise SystemExit(f"it is no whole recording: {len(content)} bytes and not {size}")
    return {"game": header["game"], "frames": np.frombuffer(content, FRAME, -1, HEADER.itemsize)}
