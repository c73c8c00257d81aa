"""A command runs apart from us: its environment, its end, and nothing of it after that."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from ossferry.apart.folder import Folder, own_folder
from ossferry.apart.process import Ended, Limits, call_of, run
from ossferry.stop import Stop
from tests.localcloud.patience import eventually

SH = "/bin/sh"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    with own_folder("", str(tmp_path)) as made:
        yield made


def ran(
    folder: Folder, *arguments: str, seconds: float = 20, disk: int = 10**9, **options: object
) -> Ended:
    limits = Limits(time.monotonic() + seconds, disk)
    stop = options.pop("stop", Stop())
    declared = options.pop("declared", {})
    return run(arguments, folder, declared, limits, stop, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("code", [0, 1, 75, 255])
def test_its_exit_code_is_told(folder: Folder, code: int) -> None:
    """As it is."""
    assert ran(folder, SH, "-c", f"exit {code}") == Ended(code, "", "", None)


@pytest.mark.parametrize("name", ["TERM", "KILL", "SEGV", "INT"])
def test_a_signal_is_told(folder: Folder, name: str) -> None:
    """As a negative code, and not as our doing."""
    ended = ran(folder, SH, "-c", f"kill -{name} $$")
    assert ended.code < 0
    assert ended.why == ""


def test_what_cannot_be_started_is_said(folder: Folder) -> None:
    """There is no such file, or it is none that runs."""
    ended = ran(folder, "/no/such/thing")
    assert (ended.code, ended.said) == (
        126,
        "/no/such/thing cannot be started: No such file or directory",
    )
    assert ran(folder, "/etc").said == "/etc cannot be started: Permission denied"


def test_it_sees_nothing_of_ours(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Environment, descriptors, arguments: only what it is given."""
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "canary")
    with open(__file__):
        script = 'env > "$0/env"; ls /proc/self/fd > "$0/fd"; pwd > "$0/pwd"'
        ended = ran(folder, SH, "-c", script, folder.outputs, declared={"A": "b"})
    assert ended.code == 0
    read = {each: Path(folder.outputs, each).read_text() for each in ("env", "fd", "pwd")}
    names = {line.partition("=")[0] for line in read["env"].splitlines()}
    assert names == {"PATH", "HOME", "LANG", "TMPDIR", "A", "PWD"}
    assert len(read["fd"].split()) <= 4
    assert read["pwd"].strip() == folder.work


def test_progress_is_heard_as_it_is_said(folder: Folder) -> None:
    """With ends of lines of either kind, in pieces; what is no number is nothing."""
    heard: list[float] = []
    script = "printf 'progress 0.1\\rprog'; sleep 0.1; printf 'ress 0.2\\nhello\\nprogress 1\\n'"
    ended = ran(folder, SH, "-c", script, heard=heard.append)
    assert heard == [0.1, 0.2, 1.0]
    assert ended.progress == 1.0


def test_the_end_of_what_it_said_is_kept(folder: Folder) -> None:
    """4 KB of any amount, and stdout does not stand in its way."""
    script = "i=0; while [ $i -lt 3000 ]; do echo banner $i >&2; echo out; i=$((i+1)); done"
    ended = ran(folder, SH, "-c", f"{script}; head -c 1000000 /dev/zero; echo the end >&2")
    assert ended.said.endswith("| banner 2999 | the end")
    assert "banner 10 " not in ended.said
    assert 3000 < len(ended.said) < 6000


HIDING = """
trap "" TERM
(trap "" TERM; sleep 4711.1) &
setsid sh -c 'trap "" TERM; sleep 4711.1; :' &
(env -i setsid sh -c 'sleep 4711.1; :' &)
"""


def hiding() -> list[bytes]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            text = path.read_bytes()
        except OSError:
            continue
        if b"4711.1" in text.split(b"\0"):
            found.append(text)
    return found


def zombies() -> int:
    count = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            count += path.read_text().rpartition(") ")[2].startswith("Z")
        except OSError:
            continue
    return count


@pytest.mark.parametrize(("rest", "why"), [("sleep 60 & wait", "time"), ("sleep 0.3", "")])
def test_nothing_of_it_is_left(folder: Folder, rest: str, why: str) -> None:
    """Whether it ends or is ended: not what ignores signals, nor what hides in other sessions."""
    before, began = zombies(), time.monotonic()
    ended = ran(folder, SH, "-c", HIDING + rest, seconds=1 if why else 20)
    assert ended.why == why
    assert time.monotonic() - began < 15
    assert hiding() == []
    # Of other tests there may be some for a moment.
    eventually(zombies, wanted=lambda count: count <= before, within=20)


def test_who_heeds_sigterm_ends_in_its_own_way(folder: Folder) -> None:
    """It has a moment for that."""
    script = "trap 'echo tidied >&2; exit 3' TERM; sleep 60 & wait"
    began = time.monotonic()
    ended = ran(folder, SH, "-c", script, seconds=1.5)
    assert (ended.why, ended.code, ended.said) == ("time", 3, "tidied")
    assert time.monotonic() - began < 15


def test_a_stop_ends_it(folder: Folder) -> None:
    """At any moment."""
    stop = Stop()
    timer = threading.Timer(0.3, stop.set)
    timer.start()
    assert ran(folder, "/bin/sleep", "60", stop=stop).why == "stop"
    timer.join()


@pytest.mark.parametrize(
    "script",
    [
        'head -c 30000000 /dev/zero > "$0/a"; sleep 60',
        'for i in 1 2 3 4 5; do head -c 5000000 /dev/zero > "$0/$i"; done; sleep 60',
        "for i in 1 2 3 4 5; do head -c 5000000 /dev/zero > $TMPDIR/$i; done; sleep 60",
        'exec head -c 30000000 /dev/zero > "$0/a"',
    ],
)
def test_the_disk_is_not_filled(folder: Folder, script: str) -> None:
    """In one file the kernel itself says no, in many we do."""
    began = time.monotonic()
    assert ran(folder, SH, "-c", script, folder.outputs, disk=10_000_000).why == "disk"
    assert time.monotonic() - began < 15


class _Feed:
    """Bytes without end, until it is given up or the reader has gone."""

    def __init__(self, pieces: int) -> None:
        self.pieces = pieces
        self.wanted = True
        self.given_up = threading.Event()

    def write_to(self, stdin: IO[bytes]) -> None:
        for _ in range(self.pieces):
            if self.given_up.is_set():
                return
            try:
                stdin.write(bytes(100_000))
            except OSError:
                self.wanted = False
                return

    def give_up(self) -> None:
        self.given_up.set()


def test_input_is_written_to_its_end(folder: Folder) -> None:
    """However slowly it is read."""
    feed = _Feed(30)
    ended = ran(folder, SH, "-c", 'sleep 0.2; wc -c > "$0/n"', folder.outputs, feed=feed)
    assert ended.code == 0
    assert Path(folder.outputs, "n").read_text().strip() == "3000000"


@pytest.mark.parametrize("script", ["exit 0", "exit 3", "head -c 1 >/dev/null", "sleep 60"])
def test_who_does_not_read_holds_nobody_up(folder: Folder, script: str) -> None:
    """The writer ends when the program does."""
    feed = _Feed(1_000_000)
    sleeps = "sleep" in script
    ended = ran(folder, SH, "-c", script, seconds=0.5 if sleeps else 20, feed=feed)
    assert feed.given_up.is_set() or not feed.wanted
    assert ended.why == ("time" if sleeps else "")


def test_a_function_is_called_with_paths_and_parameters(folder: Folder, tmp_path: Path) -> None:
    """What it returns is no success if it is a number; what it raises is said."""
    (tmp_path / "mine.py").write_text(
        "def good(file, folder, n):\n    (folder / n).write_text(str(file))\n"
        "def again(file, folder, n):\n    return 75\n"
        "def bad(file, folder, n):\n    raise ValueError('no such ' + n)\n"
    )

    def call(name: str) -> Ended:
        command = call_of(f"mine:{name}", [str(tmp_path)], folder, {"n": "nut"})
        return ran(folder, *command, is_python=True)

    assert call("good").code == 0
    assert Path(folder.outputs, "nut").read_text() == folder.file
    assert call("again").code == 75
    bad = call("bad")
    assert (bad.code, bad.said.rpartition(" | ")[2]) == (1, "ValueError: no such nut")
    assert "has no attribute 'none'" in call("none").said


def test_descriptors_and_threads_do_not_add_up(folder: Folder) -> None:
    """An instance runs programs for hours."""
    ran(folder, "/bin/true")
    before = len(os.listdir("/proc/self/fd")), threading.active_count()
    for _ in range(5):
        ran(folder, "/bin/true", feed=_Feed(1))
    assert (len(os.listdir("/proc/self/fd")), threading.active_count()) == before
    assert sys.executable
