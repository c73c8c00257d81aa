"""How far a transfer is, seen from outside: the parts that OSS lists and the instances that run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import oss2

from tests.localcloud.client import LocalCloud


@dataclass(frozen=True, slots=True)
class Progress:
    """The bytes and parts that OSS has, and the children that copy."""

    size: int = 0
    parts: int = 0
    children: int = 0


class Watcher:
    """Looks at the transfer to one key."""

    def __init__(self, cloud: LocalCloud, key: str) -> None:
        self._cloud = cloud
        self._key = key
        self._seen = Progress()

    def look(self) -> Progress:
        """Return how far it is; once the upload is completed, how far it was at the last look."""
        busy = sum(instance["busy"] for instance in self._cloud.instances())
        children = max(0, busy - 1)  # one is the coordinator
        sizes = list(self._part_sizes())
        if sum(sizes) >= self._seen.size:
            self._seen = Progress(sum(sizes), len(sizes), children)
        else:
            self._seen = Progress(self._seen.size, self._seen.parts, children)
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
