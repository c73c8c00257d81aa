"""One transfer under way, how it comes to its end, and what comes of it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..cloud import Cloud
from ..copying.copy_job import CopiedPart
from ..entries import ObjectInfo
from ..errors import ObjectExists
from ..jobs import TransferJob
from ..source.expectations import Expectations, is_source
from ..source.object_headers import at_completion
from ..source.probe import Source
from ..spread.journal import Journal
from ..spread.tally import Tally

if TYPE_CHECKING:
    from ..oss.bucket import Bucket
    from ..oss.multipart import Upload


class Phases:
    """Seconds by phase, in the order in which the phases began; one that recurs adds up."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        try:
            yield
        finally:
            spent = self.seconds.get(name, 0.0) + time.monotonic() - began
            self.seconds[name] = round(spent, 4)

    def total(self) -> float:
        return time.monotonic() - self.started

    @property
    def with_total(self) -> dict[str, float]:
        return {**self.seconds, "total": self.total()}


@dataclass(frozen=True, slots=True)
class Transfer:
    """What stays the same from the probe to the reply.

    ``tally`` counts all that was tried, also what was given up for another way; ``journal`` is told
    of it where there is to be a report.
    """

    job: TransferJob
    source: Source
    bucket: Bucket
    cloud: Cloud
    expected: Expectations
    phases: Phases
    tally: Tally = field(default_factory=Tally)
    journal: Journal | None = None

    def complete(
        self, upload: Upload, parts: Sequence[CopiedPart], crc64: int | None
    ) -> ObjectInfo:
        """Make the object visible; as ``Upload.complete``, unless somebody else has meanwhile.

        Raises ``ObjectExists`` if it is the source by now: an event that is delivered twice, and
        copied by both, still makes one object once, and who watches the bucket hears of it once.
        """
        with self.phases("complete"):
            self._give_way()
            return upload.complete(parts, crc64, at_completion(self.job))

    def _give_way(self) -> None:
        existing = None if self.job.overwrite == "always" else self.bucket.head(self.job.target.key)
        if existing and is_source(existing, self.job, self.source):
            raise ObjectExists(f"{self.job.target} has become the source meanwhile")


@dataclass(frozen=True, slots=True)
class Copied:
    """How the object came to be: its parts, who copied them, and what proves that it is right.

    ``count`` is 0 for an object that was PUT in one request, ``reused`` of its parts were copied by
    an earlier invocation.
    """

    info: ObjectInfo
    proof: list[str]
    count: int = 0
    reused: int = 0
    part_size: int = 0
