"""The copy path of the published approach, one part after another.

Each part is an invocation of its own there, so nothing is kept from one part to the next but what
the process has imported.
"""

from __future__ import annotations

import oss2

from tests.bench.copiers.measuring import Errand, run
from tests.bench.published.index import PieceAdapter, copy_part


def copy(errand: Errand) -> None:
    """Copy all parts in turn."""
    auth = oss2.Auth("id", "secret")
    for number, start in enumerate(range(0, errand.size, errand.part_size), 1):
        session = oss2.Session(adapter=PieceAdapter())
        bucket = oss2.Bucket(auth, errand.sink, "bucket", session=session)
        part = start, min(start + errand.part_size, errand.size)
        copy_part(bucket, "object", "upload", errand.source, number, part)


if __name__ == "__main__":
    run(copy)
