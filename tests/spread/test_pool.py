"""Real processes that hold many calls each: answers, errors, deaths, and an end without traces."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import wait
from pathlib import Path

import psutil
import pytest

from ossferry.errors import ChildFailed, InternalError, SourceChanged
from ossferry.spread.pool import CALLS_PER_PROCESS, ProcessPool

SRC = Path(__file__).resolve().parents[2] / "src"


def eventually(holds: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Whether it holds within so many seconds."""
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


def children() -> set[int]:
    return {child.pid for child in psutil.Process().children()}


def answer(question: str) -> object:
    """What a process of the pool does for a call; in place of an invocation."""
    what, _, detail = question.partition(":")
    if what == "fail":
        raise SourceChanged("another file", 1.5)
    if what == "crash":
        raise KeyError(detail)
    if what == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "wait":
        time.sleep(60)
    if what == "gather":  # as many calls at once as detail says, or none ever ends
        folder, count = detail.split(",")
        Path(folder, f"{os.getpid()}-{time.monotonic_ns()}").touch()
        assert eventually(lambda: len(os.listdir(folder)) >= int(count))
    return (what, os.getpid())


def test_many_calls_are_in_flight_at_once_in_few_processes(tmp_path: Path) -> None:
    """All of them, because each waits for all others; in as many processes as the width needs."""
    width = 2 * CALLS_PER_PROCESS
    with ProcessPool(answer, width) as pool:
        assert len(pool._lanes) == 2
        calls = [pool.submit(f"gather:{tmp_path},{width}") for _ in range(width)]
        pids = {call.result(30)[1] for call in calls}  # type: ignore[index]
    assert len(pids) == 2
    assert os.getpid() not in pids


def test_large_arguments_and_answers_cross() -> None:
    """A job with the URLs of hundreds of parts is larger than any pipe's buffer."""
    large = "x" * 5_000_000
    with ProcessPool(str.upper, 2) as pool:
        assert [call.result(30) for call in [pool.submit(large) for _ in range(3)]] == [
            large.upper()
        ] * 3


def test_an_error_crosses_as_itself() -> None:
    """Class, message and the time to wait; and the process goes on."""
    with ProcessPool(answer, 1) as pool:
        with pytest.raises(SourceChanged, match="another file") as raised:
            pool.submit("fail").result(30)
        assert raised.value.retry_after == 1.5
        assert pool.submit("fine").result(30)


def test_an_unexpected_exception_crosses_without_its_text() -> None:
    """Which may quote what is secret."""
    with ProcessPool(answer, 1) as pool, pytest.raises(InternalError, match="KeyError") as raised:
        pool.submit("crash:C4n4ry").result(30)
    assert "C4n4ry" not in str(raised.value)


def test_a_process_that_dies_fails_its_calls() -> None:
    """Each of those that it held, in a way that lets them be tried again."""
    with ProcessPool(answer, CALLS_PER_PROCESS) as pool:
        held = [pool.submit("wait") for _ in range(5)]
        pool.submit("die")
        for call in held:
            error = call.exception(30)
            assert isinstance(error, ChildFailed)
            assert error.retryable


def test_later_calls_go_to_the_processes_that_live() -> None:
    """One process that was killed does not take the transfer with it."""
    with ProcessPool(answer, 2 * CALLS_PER_PROCESS) as pool:
        with pytest.raises(ChildFailed):
            pool.submit("die").result(30)
        answers = [pool.submit("fine").result(30) for _ in range(5)]
    assert len(set(answers)) == 1


def test_with_no_process_left_calls_fail_and_do_not_hang() -> None:
    """At once, and for each call."""
    with ProcessPool(answer, 1) as pool:
        for _ in range(3):
            with pytest.raises(ChildFailed):
                pool.submit("die").result(30)


def test_leaving_ends_processes_that_hold_calls() -> None:
    """At once, though the calls would go on for a minute; no process and no zombie is left."""
    before = children()
    with ProcessPool(answer, 2 * CALLS_PER_PROCESS) as pool:
        calls = [pool.submit("wait") for _ in range(10)]
        assert len(children() - before) == 2
        began = time.monotonic()
    assert time.monotonic() - began < 10
    assert children() == before
    assert not wait(calls, 10).not_done
    assert {type(call.exception()) for call in calls} == {ChildFailed}


def test_leaving_by_an_error_ends_the_processes_too() -> None:
    """The error is the one that is raised."""
    before = children()

    def fail_while_another_waits() -> None:
        with ProcessPool(answer, 2) as pool:
            pool.submit("wait")
            pool.submit("fail").result(30)

    with pytest.raises(SourceChanged):
        fail_while_another_waits()
    assert children() == before


def test_processes_end_with_a_parent_that_was_killed() -> None:
    """FC kills a coordinator that takes too long: its processes must not live on."""
    program = (
        "import time\n"
        "from ossferry.spread.pool import ProcessPool\n"
        "pool = ProcessPool(time.sleep, 50)\n"
        "calls = [pool.submit(60) for _ in range(4)]\n"
        "print(*(lane.process.pid for lane in pool._lanes), flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(SRC)},
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(pids) == 2
        assert all(psutil.pid_exists(pid) for pid in pids)
        parent.kill()
    assert eventually(lambda: not any(_lives(pid) for pid in pids))


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
