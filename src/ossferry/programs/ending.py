"""When a program has to end, and what its end means. Its exit code decides, and nothing it says."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from ..apart.process import GRACE, Ended
from ..cloud import Cloud
from ..errors import (
    FerryError,
    OutOfTime,
    ProgramBusy,
    ProgramFailed,
    ProgramTooLong,
    Stopped,
)
from ..stop import Stop
from .description import Program

_RESERVE = 10.0  # seconds, at most, and at most a share of what is left, for storing its outputs
_SHARE = 0.1


class TimeLimit(NamedTuple):
    """``moment`` is on ``time.monotonic``; ``seconds`` are the program's own, if these are less."""

    moment: float
    seconds: float | None


def time_limit(program: Program, cloud: Cloud) -> TimeLimit:
    """Its own limit, or so long before the function's end that nothing of it is left by then."""
    now = time.monotonic()
    left = cloud.last_call - now
    last = cloud.last_call - min(GRACE, left * _SHARE) - min(_RESERVE, left * _SHARE)
    own = now + program.seconds if program.seconds else last
    return TimeLimit(min(own, last), program.seconds if own < last else None)


def require_success(program: Program, ended: Ended, until: TimeLimit, disk: int) -> None:
    """Raise what the end of a program means, unless that is success."""
    name = f"the program {program.name}"
    said = f": {ended.said}" if ended.said else ", and said nothing on stderr"
    if ended.why == "stop":
        raise Stopped(f"the function was stopped, and {name} with it, before it was done")
    if ended.why == "time" and until.seconds is not None:
        raise ProgramTooLong(
            f"{name} was ended after the {until.seconds:g} seconds of its description{said}"
        )
    if ended.why == "time":
        raise ProgramTooLong(
            f"{name} was ended because the function's time is up: raise the function's timeout, or"
            f" give the program less to do{said}",
            None,
            True,
        )
    if ended.why == "disk":
        raise ProgramFailed(
            f"{name} wrote more than {disk:,} bytes: raise disk_mb in its description, or the"
            f" function's disk (diskSize){said}"
        )
    if ended.code in program.again:
        raise ProgramBusy(f"{name} asks to be run again later (exit code {ended.code}){said}")
    if ended.code < 0:
        raise ProgramFailed(f"{name} was ended by {_signal(-ended.code)}{said}")
    if ended.code:
        raise ProgramFailed(f"{name} ended with exit code {ended.code}{said}")


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


@contextmanager
def ending(cloud: Cloud, moment: float) -> Iterator[Stop]:
    """What ends in the block when the function has to, or when this moment has come."""
    ended = Stop()
    timer = threading.Timer(max(0.0, moment - time.monotonic()), ended.set)
    timer.daemon = True
    timer.start()
    try:
        with cloud.stop.then(ended.set):
            yield ended
    except FerryError as error:
        interrupted = error.retryable or isinstance(error, OutOfTime)
        if interrupted and cloud.stop.is_set():
            raise Stopped("the function was stopped before the program was done") from error
        if interrupted and time.monotonic() >= moment:
            raise OutOfTime(
                "the function's time ended before the input was read or the outputs were stored:"
                " raise its timeout"
            ) from error
        raise
    finally:
        timer.cancel()
