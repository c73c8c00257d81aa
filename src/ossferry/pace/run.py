"""What somebody has in hands, and who takes it, as the fan-out sees them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ..copying.copy_job import CopyResult
from ..parts import Slice


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A slice in somebody's hands: in those of a child, with so many streams, or one part in those
    of a stream of the coordinator's own. ``began`` is on the fan-out's clock."""

    slice: Slice
    by_child: bool
    streams: int
    began: float

    @property
    def size(self) -> int:
        return sum(part.range.size for part in self.slice)


class Copiers(Protocol):
    """Those who copy. Nothing here waits but ``hear``, and everything is called by one thread."""

    def own(self, run: Run) -> None:
        """Start a stream of this instance on the one part of a run."""

    def child(self, run: Run) -> None:
        """Start a child on the slice of a run."""

    def sent(self, run: Run) -> int:
        """Bytes of the part of an own run that are on their way to OSS so far."""

    def call_off(self, run: Run) -> None:
        """Have an own run end soon; what came of it is heard all the same."""

    def hear(self, timeout: float) -> tuple[Run, CopyResult] | None:
        """What came of the next run that ends, within so many seconds; None if none does.

        Failures are results, too: with ``ChildThrottled`` where FC had no instance, with
        ``SourceBusy`` where the source served no further connection.
        """
