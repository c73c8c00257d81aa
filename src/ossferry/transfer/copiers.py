"""Who copies slices: children, called through the process pool, and the coordinator itself."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING

from ..cloud import Cloud
from ..copying import child
from ..copying.copy_job import CopyJob, CopyResult, PartJob, Warrant
from ..parts import Slice
from ..records.recorder import wait_for_late
from ..source.probe import Source
from ..spread.fanout import Report
from ..spread.plan import Plan
from ..spread.pool import ProcessPool
from ..stop import Stop

if TYPE_CHECKING:
    from ..oss.multipart import Upload


class Copiers:
    """The two kinds of copier of one transfer. Leaving the ``with`` block ends both at once."""

    def __init__(
        self,
        plan: Plan,
        source: Source,
        upload: Upload,
        cloud: Cloud,
        transfer_id: str,
        warrant: Warrant,
    ) -> None:
        self._plan = plan
        self._source = source
        self._upload = upload
        self._cloud = cloud
        self._transfer_id = transfer_id
        self._warrant = warrant
        self._stop_own = Stop()
        self._stack = ExitStack()

    def __enter__(self) -> Copiers:
        # Processes before threads: what is forked should not inherit threads in mid-step.
        if self._plan.children:
            wait_for_late()
            pool = ProcessPool(self._cloud.invoker(), self._plan.children)
            self._pool = self._stack.enter_context(pool)
        self._self = self._stack.enter_context(ThreadPoolExecutor(1, "own"))
        self._stack.callback(lambda: self._stop_own.set())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.close()

    def child(self, part_slice: Slice) -> Future[CopyResult]:
        return self._pool.submit(self._job(part_slice))

    def own(self, part_slice: Slice, report: Report) -> Future[CopyResult]:
        """Start the coordinator's own copying; one slice at a time."""
        self._stop_own = Stop()
        job = self._job(part_slice)
        return self._self.submit(child.copy, job, self._cloud.guard, self._stop_own, report)

    def _job(self, part_slice: Slice) -> CopyJob:
        return CopyJob(
            source=self._source.ref,
            parts=tuple(
                PartJob(part.number, part.range, self._upload.part_url(part.number))
                for part in part_slice
            ),
            streams=self._plan.streams,
            seconds=self._cloud.last_call - time.monotonic(),
            transfer_id=self._transfer_id,
            warrant=self._warrant,
        )
