"""Runs a command until it ends or has to end, and hears what it says.

The command gets an environment that is made up: nothing of the function's own but where programs
are found. It runs below a warden, with which all that it started goes.
"""

from __future__ import annotations

import json
import marshal
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from threading import Thread
from typing import IO, Any, Literal, NamedTuple, Protocol

from ..stop import Stop
from .folder import Folder, used
from .said import KEPT, one_line, progress_of

Why = Literal["", "time", "stop", "disk"]

GRACE = 2.0  # seconds between the request to end and the end
_MOMENT = 0.1  # seconds between looks at what has to end it
_LOOK = 0.5  # ... and at the disk
_HOPELESS = 5.0  # seconds after which the warden itself is killed
_DRAIN = 2.0  # ... until when what it said before its end has to be there
_PIECE = 65_536
_LONGEST_LINE = 1024  # bytes; what is longer tells no progress
_PATH = "/usr/local/bin:/usr/bin:/bin"
# What the Python of a runtime may need to start at all; a command does not get it.
_OF_PYTHON = ("LD_LIBRARY_PATH",)


class Limits(NamedTuple):
    """``until`` is on ``time.monotonic``; ``disk`` is in bytes."""

    until: float
    disk: int


class Feed(Protocol):
    """What writes a program's standard input, and keeps to itself what goes wrong with that."""

    def write_to(self, stdin: IO[bytes]) -> None: ...

    def give_up(self) -> None: ...


class Ended(NamedTuple):
    """``code`` is negative for a signal; ``why`` is who ended it, "" if it did so by itself.

    ``said`` is the end of its stderr, as one line without secrets.
    """

    code: int
    why: Why
    said: str
    progress: float | None


def environment(folder: Folder, declared: Mapping[str, str]) -> dict[str, str]:
    """All that a program finds in its environment."""
    return {
        "PATH": os.environ.get("PATH") or _PATH,
        "HOME": folder.work,
        "LANG": "C.UTF-8",
        "TMPDIR": folder.work,
        **declared,
    }


def call_of(
    function: str, search_path: Sequence[str], folder: Folder, parameters: Mapping[str, str]
) -> list[str]:
    """The command that calls ``module:function`` with both paths and the parameters."""
    asked = {
        "function": function,
        "search_path": [*filter(os.path.isabs, search_path)],
        "file": folder.file,
        "folder": folder.outputs,
        "parameters": dict(parameters),
    }
    return [_python(), "-I", "-X", "utf8", _beside("called.py"), json.dumps(asked)]


def _python() -> str:
    return sys.executable or os.path.realpath("/proc/self/exe")


def _beside(name: str) -> str:
    return f"{os.path.dirname(os.path.abspath(__file__))}/{name}"


def run(
    arguments: Sequence[str],
    folder: Folder,
    declared: Mapping[str, str],
    limits: Limits,
    stop: Stop,
    *,
    feed: Feed | None = None,
    heard: Callable[[float], object] = lambda _: None,
    is_python: bool = False,
) -> Ended:
    """``declared`` is what its environment has besides, which may be secret. ``feed`` writes the
    standard input, in a thread of its own. ``heard`` is told of progress, and must not take long.
    """
    of_python = {name: os.environ[name] for name in _OF_PYTHON if name in os.environ}
    asked: dict[str, Any] = {
        "arguments": [*arguments],
        "environment": {**(of_python if is_python else {}), **environment(folder, declared)},
        "grace": GRACE,
        "disk": limits.disk,
        "parent": os.getpid(),
    }
    with _started(asked, of_python, folder, feed is not None) as process:
        try:
            with _feeding(process, feed):
                running = _Running(process, declared.values(), heard)
                why = running.watched(folder, limits, stop)
                return running.ended(why)
        finally:
            if process.poll() is None:  # whatever happened here
                process.send_signal(signal.SIGTERM)
                with suppress(subprocess.TimeoutExpired):
                    process.wait(GRACE + _HOPELESS)
                process.kill()


def _started(
    asked: dict[str, Any], of_python: Mapping[str, str], folder: Folder, fed: bool
) -> subprocess.Popen[bytes]:
    with tempfile.TemporaryFile() as what:  # as an argument it might be too long
        # Of the same Python, and read without what JSON has to import.
        what.write(marshal.dumps(asked))
        what.seek(0)
        number = what.fileno()
        return subprocess.Popen(
            [_python(), "-I", "-S", "-X", "utf8", _beside("warden.py"), str(number)],
            cwd=folder.work,
            env={**of_python, "LANG": "C.UTF-8"},
            stdin=subprocess.PIPE if fed else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            pass_fds=(number,),
        )


@contextmanager
def _feeding(process: subprocess.Popen[bytes], feed: Feed | None) -> Iterator[None]:
    """The thread that writes a program's input has ended with the block."""
    stdin = process.stdin
    if feed is None or stdin is None:
        yield
        return

    def write() -> None:
        feed.write_to(stdin)
        with suppress(OSError):  # it did not want all of it
            stdin.close()

    thread = Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        if process.returncode != 0:
            feed.give_up()
        thread.join()


class _Running:
    """A program that runs, and what it has said until now."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        secrets: Collection[str],
        heard: Callable[[float], object],
    ) -> None:
        self._process = process
        self._secrets = secrets
        self._heard = heard
        self._line = b""
        self._errors = bytearray()
        self._cut = False
        self._progress: float | None = None
        self._selector = selectors.DefaultSelector()
        for stream, hear in ((process.stdout, self._hear_line), (process.stderr, self._hear_error)):
            assert stream is not None  # noqa: S101 - both are pipes
            self._selector.register(stream, selectors.EVENT_READ, hear)

    def watched(self, folder: Folder, limits: Limits, stop: Stop) -> Why:
        """Wait for its end, and ask for that when it has to be; why that was."""
        why: Why = ""
        killed, look = 0.0, 0.0
        while self._process.poll() is None:
            self._hear(_MOMENT)
            now = time.monotonic()
            if why and now > killed:
                self._process.kill()
            if why:
                continue
            why = "stop" if stop.is_set() else "time" if now >= limits.until else ""
            if not why and now >= look:
                why = "disk" if used(folder) > limits.disk else ""
                look = now + _LOOK
            if why:
                self._process.send_signal(signal.SIGTERM)
                killed = now + GRACE + _HOPELESS
        return why

    def ended(self, why: Why) -> Ended:
        until = time.monotonic() + _DRAIN
        while self._selector.get_map() and time.monotonic() < until:
            self._hear(_MOMENT)
        self._selector.close()
        too_large = self._process.returncode == -signal.SIGXFSZ
        said = one_line(bytes(self._errors), cut=self._cut, secrets=self._secrets)
        why = why or ("disk" if too_large else "")
        return Ended(self._process.returncode, why, said, self._progress)

    def _hear(self, patience: float) -> None:
        if not self._selector.get_map():
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(patience)
            return
        for key, _ in self._selector.select(patience):
            stream: IO[bytes] = key.fileobj  # type: ignore[assignment]
            piece = os.read(stream.fileno(), _PIECE)
            if piece:
                key.data(piece)
            else:
                self._selector.unregister(stream)

    def _hear_line(self, piece: bytes) -> None:
        # A program that shows its progress to a person ends lines with a carriage return.
        *lines, rest = (self._line + piece).replace(b"\r", b"\n").split(b"\n")
        self._line = rest[-_LONGEST_LINE:]
        for progress in filter(None, map(progress_of, lines)):
            self._progress = progress
            self._heard(progress)

    def _hear_error(self, piece: bytes) -> None:
        self._errors += piece
        if len(self._errors) > KEPT:
            del self._errors[:-KEPT]
            self._cut = True
