"""The parent of all instances: forks one per start command, reaps them, and outlives none.

It is single-threaded and has already imported what any function needs from the standard library,
so that an instance costs a few milliseconds. Over one socket it takes ``start`` messages, each
with the instance's channel and log as descriptors, and tells who started and who ended. When the
socket closes, because the server stopped or died, it kills whatever is left.
"""

from __future__ import annotations

import concurrent.futures.process
import concurrent.futures.thread  # noqa: F401 - preloaded for the functions, like those below
import contextlib
import ctypes
import email.message  # noqa: F401
import gc
import hashlib  # noqa: F401
import http.client  # noqa: F401
import json
import logging
import multiprocessing.connection  # noqa: F401
import os
import select
import signal
import socket
import ssl  # noqa: F401
import sys
import urllib.parse  # noqa: F401
from typing import Any, NoReturn

from . import bootstrap, instance

MESSAGE_SIZE = 128 * 1024
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_prctl = ctypes.CDLL(None, use_errno=True).prctl


def main(control: str) -> NoReturn:
    """Serve the control socket with this descriptor until it closes."""
    # What an orphan of a function was is reaped here too, instead of being left to init.
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    zygote = Zygote(socket.socket(fileno=int(control)))
    # The pages of what was imported stay shared if the collector never touches them.
    gc.collect()
    gc.freeze()
    zygote.run()
    os._exit(0)


class Zygote:
    """The control socket, and the instances that are alive."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._pid = os.getpid()
        self._instances: set[int] = set()
        self._wakeup, self._wake = os.pipe()
        for end in (self._wakeup, self._wake):
            os.set_blocking(end, False)
        signal.signal(signal.SIGCHLD, _ignore)
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)

    def run(self) -> None:
        """Serve until the server has closed its side, then end every instance."""
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        poll.register(self._wakeup, select.POLLIN)
        try:
            while True:
                ready = {descriptor for descriptor, _ in poll.poll()}
                if self._wakeup in ready:
                    self._reap()
                if self._control.fileno() in ready and not self._obey():
                    return
        except ConnectionError:
            return
        finally:
            self._end_all()

    def _end_all(self) -> None:
        for pid in self._instances:
            _kill_group(pid)
        # Leave no zombie to an init that may not reap; but whoever escaped is not waited for.
        signal.alarm(1)
        with contextlib.suppress(ChildProcessError):
            while True:
                os.wait()

    def _obey(self) -> bool:
        data, descriptors, _, _ = socket.recv_fds(self._control, MESSAGE_SIZE, 2)
        if not data:
            return False
        message = json.loads(data)
        pid = os.fork()
        if pid == 0:
            self._become_instance(message, *descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        self._instances.add(pid)
        self._tell({"event": "started", "id": message["id"], "pid": pid})
        return True

    def _reap(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._wakeup, 4096)
        flags = os.WEXITED | os.WNOHANG
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitid(os.P_ALL, 0, flags | os.WNOWAIT)) is not None:
                # Not reaped yet, so the number cannot belong to anyone else.
                if ended.si_pid in self._instances:
                    _kill_group(ended.si_pid)
                _, status, usage = os.wait4(ended.si_pid, 0)
                if ended.si_pid in self._instances:
                    self._instances.remove(ended.si_pid)
                    code = os.waitstatus_to_exitcode(status)
                    cpu = usage.ru_utime + usage.ru_stime
                    event = {"event": "ended", "pid": ended.si_pid, "code": code, "cpu": cpu}
                    self._tell(event)

    def _tell(self, message: dict[str, Any]) -> None:
        self._control.send(json.dumps(message).encode())

    def _become_instance(self, message: dict[str, Any], channel: int, log: int) -> NoReturn:
        try:
            os.setsid()
            _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != self._pid:
                os._exit(0)
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self._control.close()
            os.close(self._wakeup)
            os.close(self._wake)
            os.dup2(log, 1)
            os.dup2(log, 2)
            os.close(log)
            os.chdir(message["folder"])
            if message["fresh"]:
                _start_afresh(message, channel)
            os.environ.clear()
            os.environ.update(message["environment"])
            instance.serve(socket.socket(fileno=channel), message["path"])
        except BaseException:
            logging.exception("the instance could not go on")
        finally:
            os._exit(70)


def _start_afresh(message: dict[str, Any], channel: int) -> NoReturn:
    os.set_inheritable(channel, True)
    options = ["-I", "-S", "-X", "utf8", *(["-B"] if sys.dont_write_bytecode else [])]
    command = [sys.executable, *options, str(bootstrap.SCRIPT), "instance"]
    arguments = [str(channel), json.dumps(message["path"])]
    os.execve(sys.executable, command + arguments, message["environment"])


def _kill_group(pid: int) -> None:
    for kill in (os.killpg, os.kill):
        # The instance may not have its own group yet, or nothing is left of it.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)


def _ignore(_signal: int, _frame: object) -> None:
    """Do nothing: the wakeup descriptor has been told already."""
