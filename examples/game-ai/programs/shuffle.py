"""The reducer: the records of forty games, mixed, in files of as many records as training wants.

What makes no whole file is in the last one, ``rest.npy``. The same games are always mixed in the
same way, so that a second run gives the same files.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np


def shuffle(inputs: Path, folder: Path, records: str) -> None:
    games = [np.load(file) for file in sorted(inputs.glob("*.npy"))]
    mixed = np.concatenate(games)
    order = np.random.default_rng(len(mixed)).permutation(len(mixed))
    size = int(records)
    for number, start in enumerate(range(0, len(mixed), size)):
        some = mixed[order[start : start + size]]
        name = f"{number:05}.npy" if len(some) == size else "rest.npy"
        np.save(folder / name, some)
        print(f"progress {min(1.0, (start + size) / len(mixed)):.3f}", flush=True)
