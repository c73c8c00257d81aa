"""One instance, from the server's side: a process, its channel, its log, one request at a time.

Only the preStop hook is called beside a request that is still being answered.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .deployment import Function
from .launcher import Launcher, Start, kill_group
from .processes import Process, peak_mb, proportional_mb
from .runtime import frames


class InstanceEnded(Exception):
    """The process has gone without answering."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the function gave back; ``failed`` when it raised."""

    failed: bool
    body: bytes
    # Processes that the function started are still there.
    children: bool


class Instance(asyncio.Protocol):
    """A process that runs one function, for one request at a time."""

    def __init__(self, function: Function, log: Path) -> None:
        self.function = function
        self.id = f"c-{secrets.token_hex(4)}-{secrets.token_hex(6)}"
        self.log = log / f"{self.id}.log"
        self.pid = 0
        self.created = time.time()
        self.destroyed: float | None = None
        self.initialized = False
        self.busy = True
        self.ended = False
        self.request_id = ""
        self.peak_mb = 0.0
        self.idle_since = 0.0
        self._transport: asyncio.WriteTransport | None = None
        self._received = bytearray()
        # By operation: a hook may be called while a request is being answered.
        self._awaited: dict[str, asyncio.Future[Answer]] = {}

    async def start(self, launcher: Launcher, start: Start) -> None:
        """Start the process and connect to it."""
        ours, theirs = socket.socketpair()
        log = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            self.pid = await launcher.start(start, [theirs.fileno(), log], self._on_end)
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
            os.close(log)
        loop = asyncio.get_running_loop()
        await loop.create_unix_connection(lambda: self, sock=ours)

    async def ask(self, head: dict[str, Any], body: bytes, timeout: float) -> Answer:
        """Have one request answered; raises TimeoutError or InstanceEnded."""
        if self.ended or self._transport is None:
            raise InstanceEnded
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._awaited[head["operation"]] = answer
        for piece in frames.pack(head, body):
            self._transport.write(piece)
        try:
            return await asyncio.wait_for(answer, timeout)
        except asyncio.TimeoutError:
            raise TimeoutError from None
        finally:
            del self._awaited[head["operation"]]

    def kill(self) -> None:
        """End the process and all its children; it counts as gone at once."""
        if not self.ended and self.pid:
            kill_group(self.pid)
        self._finish()

    def observe(self, members: Sequence[Process]) -> None:
        """Bring the peak of memory up to date, given the instance's processes.

        A lone process is measured by the kernel's own high-water mark, which counts every page
        that it shares; the processes that it started are added up without counting a page twice.
        """
        if self.ended:
            return
        self.peak_mb = max(self.peak_mb, peak_mb(self.pid))
        if len(members) > 1:
            total = proportional_mb(member.pid for member in members)
            self.peak_mb = max(self.peak_mb, total)

    def log_size(self) -> int:
        """Return how much has been printed so far."""
        return self.log.stat().st_size

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (frame := _take_frame(self._received)) is not None:
            head, body = frame
            awaited = self._awaited.get(head["operation"])
            if awaited is not None and not awaited.done():
                awaited.set_result(Answer(head["failed"], body, head["children"]))

    def release(self) -> None:
        """Be idle until the next request."""
        self.busy = False
        self.idle_since = time.monotonic()

    def _on_end(self, _code: int, _cpu: float) -> None:
        self._finish()

    def _finish(self) -> None:
        self.destroyed = self.destroyed or time.time()
        self.ended = True
        for awaited in self._awaited.values():
            if not awaited.done():
                awaited.set_exception(InstanceEnded())
        if self._transport is not None:
            with contextlib.suppress(OSError):
                self._transport.abort()
            self._transport = None


def _take_frame(received: bytearray) -> tuple[dict[str, Any], bytes] | None:
    """Remove the first frame once all of it is there."""
    if len(received) < frames.HEADER.size:
        return None
    head_size, body_size = frames.HEADER.unpack_from(received)
    start = frames.HEADER.size + head_size
    if len(received) < start + body_size:
        return None
    head = frames.load_head(received[frames.HEADER.size : start])
    body = bytes(memoryview(received)[start : start + body_size])
    del received[: start + body_size]
    return head, body
