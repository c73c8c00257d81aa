"""The server's end of the zygote: starts instance processes and hears of their end."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import signal
import socket
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import errors
from .code import Python
from .runtime.bootstrap import SCRIPT

_MESSAGE_SIZE = 64 * 1024
# Start messages on their way at once: few enough to fit in the socket's buffer.
_UNANSWERED = 16
_EXIT_SECONDS = 2.0

# Called with the exit code and the CPU seconds of a process and everything it had reaped.
OnEnd = Callable[[int, float], None]


@dataclass(frozen=True, slots=True)
class Start:
    """How one instance process is to be started; ``fresh`` by exec instead of a mere fork."""

    environment: dict[str, str]
    path: list[str]
    folder: str
    fresh: bool


class Launcher:
    """One zygote process, and who waits for which instance."""

    def __init__(self, python: Python) -> None:
        self._python = python
        self._control, self._zygote_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._process: subprocess.Popen[bytes] | None = None
        self._ids = itertools.count()
        self._starting: dict[int, tuple[asyncio.Future[int], OnEnd]] = {}
        self._running: dict[int, OnEnd] = {}
        self._room = asyncio.Semaphore(_UNANSWERED)

    async def open(self) -> None:
        """Start the zygote; it prepares itself while the server goes on."""
        descriptor = self._zygote_end.fileno()
        options = ["-I", "-S", "-X", "utf8", *(["-B"] if self._python.pristine else [])]
        self._process = subprocess.Popen(
            [self._python.path, *options, str(SCRIPT), "zygote", str(descriptor)],
            pass_fds=[descriptor],
            stdin=subprocess.DEVNULL,
            env={"LANG": "C.UTF-8", "PATH": os.defpath},
            start_new_session=True,
        )
        self._zygote_end.close()
        self._control.setblocking(False)
        asyncio.get_running_loop().add_reader(self._control, self._hear)

    async def close(self) -> None:
        """End the zygote, and with it every instance."""
        asyncio.get_running_loop().remove_reader(self._control)
        self._control.close()
        if self._process is None:
            return
        try:
            await asyncio.to_thread(self._process.wait, _EXIT_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            await asyncio.to_thread(self._process.wait)
        self._abandon()

    async def start(self, start: Start, descriptors: list[int], on_end: OnEnd) -> int:
        """Start a process with its channel and its log, and return its pid."""
        started = asyncio.get_running_loop().create_future()
        async with self._room:
            number = next(self._ids)
            message = {
                "id": number,
                "environment": start.environment,
                "path": start.path,
                "folder": start.folder,
                "fresh": start.fresh,
            }
            self._starting[number] = started, on_end
            try:
                socket.send_fds(self._control, [json.dumps(message).encode()], descriptors)
            except OSError as error:
                del self._starting[number]
                raise _cannot_start() from error
            # The process exists from now on, whoever still wants it.
            return await asyncio.shield(started)

    def _hear(self) -> None:
        while True:
            try:
                data = self._control.recv(_MESSAGE_SIZE)
            except BlockingIOError:
                return
            except ConnectionError:
                data = b""
            if not data:
                asyncio.get_running_loop().remove_reader(self._control)
                self._abandon()
                return
            self._take(json.loads(data))

    def _take(self, message: dict[str, Any]) -> None:
        if message["event"] == "started":
            started, on_end = self._starting.pop(message["id"])
            self._running[message["pid"]] = on_end
            if not started.done():
                started.set_result(message["pid"])
        else:
            self._running.pop(message["pid"])(message["code"], message["cpu"])

    def _abandon(self) -> None:
        """The zygote has gone: so have its instances, or they are made to."""
        for started, _ in self._starting.values():
            if not started.done():
                started.set_exception(_cannot_start())
                # Whoever wanted it may have gone; that is no error to complain about.
                started.exception()
        for pid, on_end in self._running.items():
            kill_group(pid)
            on_end(-signal.SIGKILL, 0.0)
        self._starting.clear()
        self._running.clear()


def kill_group(pid: int) -> None:
    """Kill an instance and every process that it started."""
    for kill in (os.killpg, os.kill):
        # It may not have its own group yet, or nothing is left of it.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)


def _cannot_start() -> errors.Refused:
    return errors.Refused(500, "InternalServerError", "no instance can be started")
