"""The topics ``bulk`` and ``all-bulk``: the second with long lists to their ends, and large items.

The function is as s.yaml deploys it, and is asked without any option. Where there is room, the
cloud keeps its objects in memory: a file system takes longer to make a small file than anybody
here to copy one.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from tests.bench.bulk import coordinators, mixed, rclone, rows
from tests.bench.bulk.sources import Ground
from tests.bench.figures import Figure
from tests.localcloud.client import started

_MEMORY = Path("/dev/shm")
_ROOM = 8_000_000_000  # bytes, more than all items and their copies

_NO_ROOM = "there is no room in /dev/shm, so the speed is that of making files"
_NO_RCLONE = "rclone is not installed, so it is not beside: apt-get install rclone"


def figures(sink: str, progress: Callable[[str], None], *, all_of_it: bool) -> Iterator[Figure]:
    """Yield speed and cost of many items, of items of all sizes, and what long lists take."""
    counts = rows.ALL if all_of_it else rows.QUICK
    notes = [_NO_RCLONE] * (not rclone.available()) + [_NO_ROOM] * (not _in_memory())
    with _folder() as folder, started(data_dir=folder) as cloud:
        ground = Ground(cloud, sink, counts.ours)
        for number, figure in enumerate(rows.figures(ground, counts, progress)):
            yield figure if number else replace(figure, note="; ".join(notes))
        yield from mixed.figures(ground, mixed.ALL if all_of_it else mixed.QUICK, progress)
        yield from coordinators.figures(ground, progress, to_the_end=all_of_it)


@contextlib.contextmanager
def _folder() -> Iterator[str]:
    """Where the cloud keeps its objects."""
    place = _MEMORY if _in_memory() else None
    with tempfile.TemporaryDirectory(dir=place, prefix="ossferry-bench-") as folder:
        yield folder


def _in_memory() -> bool:
    return _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free >= _ROOM
