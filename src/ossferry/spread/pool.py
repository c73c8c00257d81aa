"""A process pool for calls that only wait: few processes, each with many calls in flight.

A process per call would cost more memory than all of the copying, and threads of one process
would queue for its interpreter lock at every TLS handshake. The processes are forked, so they
start with every module that the parent has loaded; they end when the pool is closed, or with it.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess
from types import TracebackType
from typing import Generic, TypeVar

from ..errors import ChildFailed, FerryError, InternalError

A = TypeVar("A")
B = TypeVar("B")

CALLS_PER_PROCESS = 25
_GRACE = 2.0  # seconds that a process gets to end by itself


@dataclass(slots=True)
class _Lane(Generic[B]):
    """One process, and the calls that it has not answered yet."""

    process: ForkProcess
    pipe: Connection
    pending: dict[int, Future[B]] = field(default_factory=dict)
    ended: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)


class ProcessPool(Generic[A, B]):
    """Runs ``call`` on arguments, at most ``width`` at once, without ever waiting in ``submit``.

    Leaving the ``with`` block ends the processes at once: calls in flight lose their connection,
    and Function Compute ends what it was doing for them.
    """

    def __init__(self, call: Callable[[A], B], width: int) -> None:
        self._lanes: list[_Lane[B]] = []
        self._ticket = 0
        fork = multiprocessing.get_context("fork")
        for _ in range(-(-width // CALLS_PER_PROCESS)):
            ours, theirs = fork.Pipe()
            siblings = [lane.pipe for lane in self._lanes]
            process = fork.Process(target=_serve, args=(call, theirs, [ours, *siblings]))
            process.daemon = True
            process.start()
            theirs.close()
            self._lanes.append(_Lane(process, ours))
        # After the last fork: a forked process should not inherit threads in mid-step.
        self._readers = [
            threading.Thread(target=_collect, args=(lane,), daemon=True) for lane in self._lanes
        ]
        for reader in self._readers:
            reader.start()

    def submit(self, argument: A) -> Future[B]:
        lane = min(self._lanes, key=lambda lane: (lane.ended, len(lane.pending)))
        future: Future[B] = Future()
        self._ticket += 1
        with lane.lock:
            lane.pending[self._ticket] = future
        try:
            lane.pipe.send((self._ticket, argument))
        except OSError:
            _fail(lane)
        return future

    def __enter__(self) -> ProcessPool[A, B]:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for lane in self._lanes:
            lane.process.kill()
        for lane, reader in zip(self._lanes, self._readers, strict=True):
            lane.process.join(_GRACE)
            reader.join(_GRACE)
            lane.pipe.close()
            lane.process.close()


def _collect(lane: _Lane[B]) -> None:
    """Hand answers to their futures until the process ends."""
    while True:
        try:
            ticket, answer = lane.pipe.recv()
        except (EOFError, OSError):
            _fail(lane)
            return
        with lane.lock:
            future = lane.pending.pop(ticket)
        if isinstance(answer, FerryError):
            future.set_exception(answer)
        else:
            future.set_result(answer)


def _fail(lane: _Lane[B]) -> None:
    with lane.lock:
        lane.ended = True
        pending = list(lane.pending.values())
        lane.pending.clear()
    for future in pending:
        future.set_exception(ChildFailed("the process that held the call ended"))


def _serve(call: Callable[[A], B], pipe: Connection, inherited: list[Connection]) -> None:
    """The life of one process: answer calls until the parent is gone."""
    for other in inherited:
        other.close()  # or the parent's end would never count as closed
    sending = threading.Lock()

    def answer(ticket: int, argument: A) -> None:
        result: B | FerryError
        try:
            result = call(argument)
        except FerryError as error:
            result = error
        except Exception as error:
            result = InternalError(f"calling a child failed: {type(error).__name__}")
        with sending:
            pipe.send((ticket, result))

    calls = ThreadPoolExecutor(CALLS_PER_PROCESS)
    try:
        while True:
            calls.submit(answer, *pipe.recv())
    except (EOFError, OSError):
        os._exit(0)  # not waiting for calls that nobody waits for
