"""``python -m tests.e2e.chaos.game_ai_kills``: kills who makes sets of recordings that arrive.

Recordings of examples/game-ai arrive one by one, and all that tells of them is told again at
moments that chance picks, meanwhile instances are killed: one that has a recording, or one that
has a batch. In the end there are as many full batches as there can be and, once somebody flushes,
a short one; each frame is in one file of one of them.
"""

from __future__ import annotations

import json
import os
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from glob import glob
from pathlib import Path
from threading import Event
from typing import Any, NamedTuple

import oss2

from ossferry.apart.folder import PREFIX
from tests.e2e.async_tasks import AsyncTasks
from tests.e2e.chaos.killing import AtWork, at_work, command, in_words, kill, kill_often
from tests.e2e.examples.deployed import deployed, keys_below
from tests.e2e.examples.game_ai import frames_event, played, recording, records
from tests.e2e.interrupted import swept
from tests.e2e.programs.many import ATTEMPTS, assert_named
from tests.e2e.programs.many import records as programs_records
from tests.e2e.thaws import woken_by_timer
from tests.e2e.watched import entry
from tests.localcloud.client import FunctionError, LocalCloud
from tests.localcloud.patience import eventually
from tests.localcloud.tidiness import idle, open_uploads

WHEN, SIZE = 40, 5_120  # recordings of a batch, and records of a file
_THEN = ".ossferry/programs/then/"
_TARGETS = ("frames/", "sets/")
_GATHERERS = 0.5  # of all kills, if any comes to work
_A_WHILE = 1.0  # seconds
_PAUSE = 0.4  # seconds at the most until the next one arrives
_LOST = 1300  # seconds after which a batch without a result is submitted again


class Ended(NamedTuple):
    """Whom kills hit, how often something was told again, and what a sweep had to remove."""

    hit: Counter[str]
    again: int
    remains: int


class Games:
    """Recordings that arrive while somebody kills."""

    def __init__(self, cloud: LocalCloud, count: int, seed: int) -> None:
        self._cloud = cloud
        self._seed = seed
        self._keys = [f"recordings/game-{number:04}.abs" for number in range(count)]
        self._contents = [recording(number) for number in range(count)]
        self._full, self._rest = divmod(count, WHEN)
        self._arrived = 0
        self._again = 0
        self._over = Event()
        self._tasks = AsyncTasks(cloud, retries=3)

    def run(self, times: int) -> Ended:
        """From the first recording until all is as it has to be."""
        chance = random.Random(self._seed)
        with ThreadPoolExecutor(3) as senders:
            sending: list[Future[None]] = [
                senders.submit(self._arrive, random.Random(f"arrive {self._seed}")),
                *(
                    senders.submit(self._tell_again, random.Random(f"again {n} {self._seed}"))
                    for n in range(2)
                ),
            ]
            try:
                hit = kill_often(lambda: self._kill_one(chance), times, chance, pause=1.5)
                sending[0].result()
            finally:
                self._over.set()
            for each in sending:
                each.result()
        self._settle()
        return Ended(hit, self._again, self._check())

    def _arrive(self, chance: random.Random) -> None:
        for key, content in zip(self._keys, self._contents, strict=True):
            self._cloud.bucket.put_object(key, content)
            self._arrived += 1
            time.sleep(chance.uniform(0, _PAUSE))

    def _tell_again(self, chance: random.Random) -> None:
        """Of arrivals, recordings and batches, as services do that deliver at least once."""
        while not self._over.wait(chance.uniform(0.1, 0.5)):
            if not self._arrived:
                continue
            key = chance.choice(self._keys[: self._arrived])
            batches = self._names("batches/")
            self._again += 1
            if batches and chance.random() < 0.2:
                self._later(self._batch_event(chance.choice(batches)))
            elif chance.random() < 0.5:
                arrived = entry(key, self._cloud.bucket_name)
                self._later({"events": [arrived]})
            else:
                with suppress(FunctionError):
                    self._cloud.invoke(frames_event(self._cloud, key))

    def _kill_one(self, chance: random.Random) -> str:
        """Kill who has a batch, or who has a recording; which of them it was, or ""."""
        if chance.random() < _GATHERERS and self._come():
            time.sleep(chance.uniform(0, _A_WHILE))
            if kill(self._at_work(gatherers=True), chance):
                return "a batch"
        return "a recording" if kill(self._at_work(gatherers=False), chance) else ""

    def _come(self) -> bool:
        """Wait a little until somebody has a batch: there are few, and soon done."""
        with suppress(AssertionError):
            eventually(lambda: self._at_work(gatherers=True), within=_A_WHILE)
            return True
        return False

    def _at_work(self, *, gatherers: bool) -> list[AtWork]:
        """Events of batches are asynchronous; those of recordings, sent here, are not."""
        return [
            each
            for each in at_work(self._cloud)
            if (each.role == "program" and each.is_async) == gatherers
        ]

    def _settle(self) -> None:
        """As Function Compute, the timer and, at last, a person do it."""
        self._quiet()
        with ThreadPoolExecutor(4) as callers:
            events = (frames_event(self._cloud, key) for key in self._keys)
            replies = [*callers.map(self._cloud.invoke, events)]
        assert {each["status"] for each in replies} <= {"done", "unchanged"}
        self._quiet()
        for _ in range(2):  # what is lost is found by the timer, an hour before any waits too long
            if self._is_settled(self._full, self._rest):
                break
            self._cloud.advance(_LOST)
            woken_by_timer(self._cloud)
            self._quiet()
        self._require(self._full, self._rest)
        flush = {**frames_event(self._cloud, ""), "flush": True}
        reply = self._cloud.invoke({each: flush[each] for each in flush if each != "source"})
        assert reply["batches"] == [self._full + 1] * bool(self._rest), reply
        self._quiet()
        self._require(self._full + bool(self._rest), 0)

    def _quiet(self) -> None:
        """Wait until Function Compute has nothing to do, nor anything to try again."""
        eventually(lambda: not self._tasks.under_way(), within=120)
        idle(self._cloud)

    def _is_settled(self, batches: int, waiting: int) -> bool:
        counted = [len(self._names(each)) for each in ("batches/", "waiting/", "open/")]
        return counted == [batches, waiting, 0]

    def _require(self, batches: int, waiting: int) -> None:
        found = {each: self._names(each) for each in ("batches/", "waiting/", "open/")}
        assert self._is_settled(batches, waiting), f"{batches}, {waiting}: {found}"

    def _check(self) -> int:
        """All that has to hold in the end; how many objects a sweep had to remove for that."""
        remains = self._unnamed()
        swept(self._cloud)
        assert not self._unnamed(), f"a sweep leaves what no record names: {self._unnamed()}"
        assert not keys_below(self._cloud, ATTEMPTS), "a sweep leaves notes of attempts"
        for target in _TARGETS:
            assert_named(self._cloud, target)
        assert not open_uploads(self._cloud), "an upload stayed open"
        assert len(keys_below(self._cloud, "frames/")) == len(self._keys)
        told = list[tuple[Any, ...]]()
        for number in range(1, self._full + bool(self._rest) + 1):
            files = {
                k: records(self._cloud, k) for k in keys_below(self._cloud, f"sets/{number:06}/")
            }
            if number <= self._full:
                assert {*map(len, files.values())} == {SIZE}, f"batch {number} has other files"
            told += [record[:3] for each in files.values() for record in each]
        expected = [frame for each in self._contents for frame in played(each)]
        missing = Counter(expected) - Counter(told)
        more = Counter(told) - Counter(expected)
        assert not missing, f"{missing.total()} frames are missing: {[*missing][:3]}"
        assert not more, f"{more.total()} frames are there again: {[*more][:3]}"
        return len(remains)

    def _unnamed(self) -> set[str]:
        there = {key for target in _TARGETS for key in keys_below(self._cloud, target)}
        records = [programs_records(self._cloud, target).values() for target in _TARGETS]
        return there - {
            made["key"] for some in records for each in some for made in each["outputs"]
        }

    def _names(self, folder: str) -> list[str]:
        listed = oss2.ObjectIterator(self._cloud.bucket, prefix=_THEN)
        return [each.key for each in listed if f"/{folder}" in each.key]

    def _batch_event(self, name: str) -> dict[str, object]:
        group, _, number = name.removeprefix(_THEN).removesuffix(".json").split("/")
        where = {
            "target_region": self._cloud.region,
            "target_bucket_name": self._cloud.bucket_name,
        }
        return {"kind": "program", "group": group, "batch": int(number), **where}

    def _later(self, event: Mapping[str, Any]) -> None:
        self._cloud.fc.invoke_function(
            self._cloud.service,
            self._cloud.function,
            payload=json.dumps(event).encode(),
            headers={"x-fc-invocation-type": "Async"},
        )


def killed(recordings: int, times: int, seed: int, folder: Path) -> Ended:
    """Have so many recordings arrive, with so many kills. Nothing stays of them on the disk."""
    disk = folder / "disk"
    disk.mkdir()
    with deployed("game-ai", folder, instances=8, env={"TMPDIR": str(disk)}) as cloud:
        ended = Games(cloud, recordings, seed).run(times)
        assert not processes_below(disk), "a program outlived its instance"
        assert not glob(f"{disk}/{PREFIX}*"), "a folder of a program stayed"
    assert not processes_below(folder), "a process outlived the cloud"
    return ended


def processes_below(folder: Path) -> list[int]:
    """The ids of processes that work there, or are of what is there."""
    found = []
    for path in glob("/proc/[0-9]*"):
        with suppress(OSError):
            where = os.readlink(f"{path}/cwd")
            what = Path(f"{path}/cmdline").read_bytes().decode("utf-8", "replace")
            if f"{folder}/" in f"{where}/" or f"{folder}/" in what:
                found.append(int(path.rpartition("/")[2]))
    return found


@command(recordings=100, times=30, seed=0)
def main(*, recordings: int, times: int, seed: int) -> Iterator[str]:
    """Kill somebody while so many recordings arrive, and tell what became of their frames."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        ended = killed(recordings, times, seed, Path(folder))
    seconds = time.monotonic() - began
    yield (
        f"{recordings} recordings in {seconds:.0f} s, killed {in_words(ended.hit)}, told again"
        f" {ended.again} times: each frame is in one file; a sweep removed {ended.remains} objects"
    )


if __name__ == "__main__":
    main(prog_name="python -m tests.e2e.chaos.game_ai_kills")
