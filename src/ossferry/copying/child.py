"""Copies a slice: the parts of one copy job, by several streams at once.

Runs in a child, and in the coordinator for what it copies itself. Knows neither credentials nor
SDKs; what it may do is in the job.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial

from ..errors import FerryError, InternalError, OutOfTime
from ..http.netguard import NetGuard
from ..stop import Stop
from .board import Board
from .copy_job import CopyJob, CopyResult
from .receipt import ReceiptWriter
from .stream import Stream, buffer_for


def copy(
    job: CopyJob,
    guard: NetGuard,
    stop: Stop | None = None,
    began: float | None = None,
) -> CopyResult:
    """Copy all parts of the job, in order of their numbers as far as streams go.

    An error that cannot pass ends all streams; the result then has it, and the parts that were
    done. So do ``stop`` and the end of the job's seconds, which count from ``began`` on
    ``time.monotonic``, or from now. Idempotent: a part that is copied again replaces itself.
    """
    began = time.monotonic() if began is None else began
    deadline = began + job.seconds
    width = min(job.streams, len(job.parts))
    board = Board(job.parts, width)
    streams = [
        Stream(job.source, guard, deadline=deadline, buffer_size=buffer_for(nth))
        for nth in range(width)
    ]
    threads = [threading.Thread(target=_run, args=(stream, board)) for stream in streams]
    with (stop or Stop()).then(board.stop), _until(deadline, board), _written(job, board):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return CopyResult(
        parts=tuple(board.done),
        retried=sum(stream.retried for stream in streams),
        hedged=board.hedged,
        stepped_down=board.stepped_down,
        seconds=time.monotonic() - began,
        delayed=sum(stream.delayed for stream in streams),
        error=board.error,
        times=tuple(each._replace(began=round(each.began - began, 4)) for each in board.times),
    )


def _written(job: CopyJob, board: Board) -> AbstractContextManager[object]:
    """Have a receipt of what is done, if the job says where; what the block ends with is told by
    the answer."""
    if job.receipt is None:
        return nullcontext()
    return ReceiptWriter(job.receipt, job.warrant.secret, board.receipt)


@contextmanager
def _until(deadline: float, board: Board) -> Iterator[None]:
    """End what the streams wait for when time is up: what is told too late counts for nothing."""
    error = OutOfTime("the time of this copy job is up")
    timer = threading.Timer(max(0.0, deadline - time.monotonic()), board.stop, (error,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()


def _run(stream: Stream, board: Board) -> None:
    """The life of a stream: part after part, until there is none for it."""
    try:
        while (part := board.take(stream)) is not None:
            before = stream.retried
            copied = stream.copy(part, board.lagging(stream), partial(board.ahead, stream))
            board.finished(stream, copied, 1 + stream.retried - before)
    except FerryError as error:
        board.failed(stream, error)
    except BaseException as error:
        board.failed(stream, InternalError(f"a stream failed: {type(error).__name__}"))
        raise
    finally:
        stream.close()
