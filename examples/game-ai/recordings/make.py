"""``python make.py FOLDER [COUNT]``: recordings of games that nobody played, for trying it out."""

from __future__ import annotations

import random
import struct
import sys
from pathlib import Path

FRAME = struct.Struct("<IH8h")
PLAYED = 512  # frames of a game in which something is done; forty games fill four files of 5,120


def recording(game: int) -> bytes:
    """The same for the same number. In between there are frames in which nothing is done."""
    chance = random.Random(game)  # noqa: S311 - it is to be the same each time
    frames = []
    for tick in range(PLAYED * 2):
        action = chance.randint(1, 9) if tick % 2 else 0
        state = [chance.randint(-32768, 32767) for _ in range(8)]
        frames.append(FRAME.pack(tick, action, *state))
    return struct.pack("<4sII", b"ABS1", len(frames), game) + b"".join(frames)


def main(folder: str, count: str = "40") -> None:
    Path(folder).mkdir(parents=True, exist_ok=True)
    for game in range(int(count)):
        Path(folder, f"game-{game:04}.abs").write_bytes(recording(game))


if __name__ == "__main__":
    main(*sys.argv[1:])
