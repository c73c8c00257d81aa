"""Who copies: children, called through the process pool, and the coordinator's own streams."""

from __future__ import annotations

import time
from concurrent.futures import Future
from contextlib import ExitStack
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import TYPE_CHECKING

from ..cloud import Cloud
from ..copying.copy_job import CopyJob, CopyResult, PartJob
from ..copying.streams import Copying, Streams
from ..errors import FerryError, InternalError
from ..pace.limits import Limits
from ..pace.run import Run
from ..parts import Part
from ..records.checkpoint import Checkpoint
from ..records.recorder import wait_for_late
from ..spread.pool import ProcessPool
from ..urls import Url
from .renewed import Renewed

if TYPE_CHECKING:
    from ..oss.multipart import Upload


class Copiers:
    """Those of one transfer. Leaving the ``with`` block ends all at once."""

    def __init__(
        self,
        limits: Limits,
        signed: Renewed,
        upload: Upload,
        cloud: Cloud,
        transfer_id: str,
        checkpoint: Checkpoint,
    ) -> None:
        self._limits = limits
        self._signed = signed
        self._upload = upload
        self._cloud = cloud
        self._transfer_id = transfer_id
        self._warrant = checkpoint.warrant
        self._receipts = checkpoint.receipts
        self._news: SimpleQueue[tuple[Run, CopyResult]] = SimpleQueue()
        self._copying: dict[Run, Copying] = {}
        self._told_where: dict[Run, Url] = {}  # the URLs of the receipts of children
        self._stack = ExitStack()

    def __enter__(self) -> Copiers:
        # Processes before threads: what is forked should not inherit threads in mid-step.
        if self._limits.children:
            wait_for_late()
            pool = ProcessPool(self._cloud.invoker(), self._limits.children)
            self._pool = self._stack.enter_context(pool)
        self._streams = Streams(
            self._signed.source(), self._cloud.guard, self._cloud.last_call, self._limits.streams
        )
        self._stack.callback(self._streams.close)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.close()

    def own(self, run: Run) -> None:
        part = self._part_job(run.slice[0])
        self._streams.read_from(self._signed.source())
        self._copying[run] = self._streams.copy(part, lambda result: self._news.put((run, result)))

    def child(self, run: Run) -> None:
        receipt = self._told_where[run] = self._receipts.issue()
        job = CopyJob(
            source=self._signed.source(),
            parts=tuple(map(self._part_job, run.slice)),
            streams=run.streams,
            # Then it is to end, and what is left is given out by URLs that are good.
            seconds=min(self._cloud.last_call - time.monotonic(), self._signed.seconds()),
            transfer_id=self._transfer_id,
            warrant=self._warrant,
            receipt=receipt,
        )
        future = self._pool.submit(job)
        future.add_done_callback(lambda done: self._news.put((run, _result(done))))

    def sent(self, run: Run) -> int:
        return self._copying[run].sent

    def call_off(self, run: Run) -> None:
        self._copying[run].call_off()

    def hear(self, timeout: float) -> tuple[Run, CopyResult] | None:
        try:
            run, result = self._news.get(timeout=timeout)
        except Empty:
            return None
        self._copying.pop(run, None)
        receipt = self._told_where.pop(run, None)
        if receipt:
            self._receipts.heard(receipt, (part.number for part in run.slice), result)
        return run, result

    def _part_job(self, part: Part) -> PartJob:
        return PartJob(part.number, part.range, self._upload.part_url(part.number))


def _result(done: Future[CopyResult]) -> CopyResult:
    error = done.exception()
    if error is None:
        return done.result()
    if isinstance(error, FerryError):
        return CopyResult((), error=error)
    return CopyResult((), error=InternalError(f"a child's call failed: {type(error).__name__}"))
