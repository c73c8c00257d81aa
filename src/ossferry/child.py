"""Copies a slice: the parts of one copy job, by several streams at once.

Runs in a child, and in the coordinator for what it copies itself. Knows neither credentials nor
SDKs; what it may do is in the job.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor

from .errors import FerryError
from .jobs import CopiedPart, CopyJob, CopyResult
from .netguard import NetGuard
from .stream import Stream


def copy(job: CopyJob, guard: NetGuard, stop: threading.Event | None = None) -> CopyResult:
    """Copy all parts of the job, in order of their numbers as far as streams go.

    The first error sets ``stop``, which anybody else may set too, and ends all streams; the result
    then has the error, and the parts that were done. Idempotent: a part that is copied again
    replaces itself.
    """
    waiting = deque(job.parts)
    done: list[CopiedPart] = []
    errors: list[FerryError] = []
    ended = stop or threading.Event()
    deadline = time.monotonic() + job.seconds

    def run() -> int:
        stream = Stream(job.source, guard, deadline=deadline, stop=ended)
        try:
            while waiting and not ended.is_set():
                done.append(stream.copy(waiting.popleft()))
        except IndexError:
            pass  # another stream was faster to the last part
        except FerryError as error:
            errors.append(error)
            ended.set()
        finally:
            stream.close()
        return stream.retried

    streams = min(job.streams, len(job.parts))
    with ThreadPoolExecutor(streams, thread_name_prefix="stream") as pool:
        retried = sum(pool.map(lambda _: run(), range(streams)))
    return CopyResult(tuple(done), retried, errors[0] if errors else None)
