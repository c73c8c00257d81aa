"""What it costs a copy that somebody watches it: the same one, by the same command, attended to
its end and left alone, in turns."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench.figures import Figure, Series, Wanted
from tests.cli.running import Command, commanding, eventually

_SIZE = 300_000_000
_RATE = 1_000_000  # of a connection: slow enough to be looked at many times
_RUNS = 4


def figures(progress: Callable[[str], None]) -> Iterator[Figure]:
    """Yield how long the coordinator took, and what looking asked of OSS."""
    seconds: dict[bool, list[float]] = {True: [], False: []}
    with tempfile.TemporaryDirectory() as folder, commanding(Path(folder), "ossferry") as command:
        _copied(command, "warm", watched=False)
        for run in range(1, _RUNS + 1):
            for watched in (True, False):
                progress(f"watching, {'watched' if watched else 'left alone'}, {run} of {_RUNS}")
                seconds[watched].append(_copied(command, f"{run}{watched}", watched=watched))
    yield Figure(
        "watching",
        "a copy of 300 MB at 1 MB/s a connection, watched",
        "s",
        Series.of("watched", seconds[True]),
        Series.of("left alone", seconds[False]),
        Wanted("<=", 1.05, of="ratio"),
    )


def _copied(command: Command, seed: str, *, watched: bool) -> float:
    """How long its coordinator took, as Function Compute tells."""
    cloud = command.cloud
    url = cloud.generated(seed, _SIZE, f"rate:{_RATE}")
    before = len(_transfers(command))
    done = command("cp", url, command.target(f"bench/{seed}"), *(() if watched else ("--detach",)))
    if done.code:
        raise SystemExit(f"the copy failed: {done.err}")
    eventually(lambda: len(_transfers(command)) > before, within=120)
    (took,) = _transfers(command)[before:]
    return took


def _transfers(command: Command) -> list[float]:
    """Of coordinators that ended."""
    calls = [each for each in command.cloud.invocations() if each["role"] == "transfer"]
    ended = sorted((each["started"], each["ended"]) for each in calls if each["ended"])
    return [end - start for start, end in ended]
