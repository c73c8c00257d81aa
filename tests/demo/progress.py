"""How far a transfer is, seen from outside: what OSS holds, what runs, and the function's log."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import oss2

from tests.localcloud.client import LocalCloud

# Of a cloud's OSS and of its instances, below the folder that it keeps its data in.
_BODIES, _LOGS = "*/oss/*", "*/fc/**/*.log"


@dataclass(frozen=True, slots=True)
class Progress:
    """The bytes that OSS has received, its whole parts, and the children that copy.

    ``total`` is the size of the source, as soon as the function has logged it.
    """

    size: int = 0
    parts: int = 0
    children: int = 0
    total: int | None = None

    @property
    def words(self) -> str:
        return f"{self.parts} parts, {self.children} children"


class Watcher:
    """Looks at the transfer to one key, in a cloud that does nothing else from now on.

    ``data`` is the folder that the cloud keeps its data below. OSS lists a part when all of it is
    there; the bytes on its disk tell of those that still arrive.
    """

    def __init__(self, cloud: LocalCloud, key: str, data: Path) -> None:
        self._cloud = cloud
        self._key = key
        self._data = data
        self._others = frozenset(data.glob(_BODIES))
        self._seen = Progress()

    def look(self) -> Progress:
        """Return how far it is; once the upload is completed, how far it was at the last look.

        A part that is cut and sent again takes bytes from the disk, and nothing from what is told.
        """
        busy = sum(instance["busy"] for instance in self._cloud.instances())
        sizes, before = list(self._part_sizes()), self._seen
        received = max(before.size, sum(sizes), self._on_disk())
        total = before.total if before.total is not None else self._planned()
        self._seen = Progress(
            size=received if total is None else min(received, total),
            parts=max(before.parts, len(sizes)),
            children=max(0, busy - 1),  # one is the coordinator
            total=total,
        )
        return self._seen

    def _part_sizes(self) -> Iterator[int]:
        bucket = self._cloud.bucket
        try:
            for upload in oss2.MultipartUploadIterator(bucket, prefix=self._key):
                if upload.key == self._key:
                    for part in oss2.PartIterator(bucket, upload.key, upload.upload_id):
                        yield part.size
        except oss2.exceptions.NoSuchUpload:
            return  # completed between the two requests

    def _on_disk(self) -> int:
        bodies = frozenset(self._data.glob(_BODIES)) - self._others
        return sum(map(_size, bodies))

    def _planned(self) -> int | None:
        """Return the size in the line that a coordinator logs before it copies."""
        for log in self._data.glob(_LOGS):
            for line in log.read_text("utf-8", "replace").splitlines():
                with contextlib.suppress(ValueError, TypeError, KeyError):
                    logged = json.loads(line)
                    if logged["event"] == "transfer.planned":
                        return int(logged["size"])
        return None


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0  # cut, overwritten or aborted meanwhile
