"""The ways to copy many items, each measured alike: what is copied, how soon, at what cost."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.bench.bulk import bare, rclone
from tests.bench.bulk.cost import Cost, billed, machine
from tests.bench.bulk.sources import Ground, Source
from tests.localcloud.client import LocalCloud
from tests.localcloud.config import REPOSITORY
from tests.localcloud.fc.processes import read_process

CALLERS = 32

OURS = "ours"
LIMIT = "loopback limit"
RCLONE = "rclone"

# Copies so many items, and tells at what cost.
Way = Callable[[Ground, Source, int], Cost]


@dataclass
class _Watched:
    """What was used since the beginning; CPU is that of the function's instances."""

    seconds: float = 0.0
    cpu: float = 0.0
    gb_seconds: float = 0.0
    servers: float = 0.0
    idle: float = 0.0

    def cost(self, items: int, requests: int | None = None) -> Cost:
        used = self.gb_seconds, self.servers, self.idle
        return Cost(items, self.seconds, self.cpu, requests, *used)


@contextmanager
def watched(cloud: LocalCloud) -> Iterator[_Watched]:
    """Fill in what is used while the block runs."""
    found = _Watched()
    cpu, servers, moment = _cpu(cloud), _servers(cloud), time.time()
    (idle, total), began = machine(), time.perf_counter()
    yield found
    found.seconds = time.perf_counter() - began
    idle_now, total_now = machine()
    found.idle = (idle_now - idle) / max(0.01, total_now - total)
    found.cpu, found.servers = _cpu(cloud) - cpu, _servers(cloud) - servers
    found.gb_seconds = billed(cloud.invocations(moment))


def _cpu(cloud: LocalCloud) -> float:
    return float(sum(each["cpu_seconds"] for each in cloud.instances()))


def _servers(cloud: LocalCloud) -> float:
    """The cloud's own processes; instances are not among their children."""
    with open(f"/proc/{cloud.pid}/task/{cloud.pid}/children", encoding="ascii") as file:
        found = [read_process(int(pid)) for pid in file.read().split()]
    return sum(each.cpu_seconds for each in found if each)


def many_in_one_job(ground: Ground, source: Source, count: int) -> Cost:
    """A bulk job. From a prefix, ``count`` has to be all that there are."""
    prefix = ground.prefix()
    event = ground.bulk_event(source, count, prefix)
    with watched(ground.cloud) as found:
        reply = ground.cloud.invoke(event)
    if (reply["status"], reply["copied"]) != ("completed", count):
        raise SystemExit(f"a bulk job did not copy all: {reply}")
    ground.forget(prefix)
    requests: Mapping[str, int] = reply["requests"]
    return found.cost(count, sum(requests.values()))


def one_by_one(ground: Ground, source: Source, count: int) -> Cost:
    """One invocation for each object, sent by a pool of callers."""
    return _called(ground, source, count, 1, CALLERS)


def batches(size: int, callers: int) -> Way:
    """Events that are lists of messages, which one invocation does one after another."""
    return lambda ground, source, count: _called(ground, source, count, size, callers)


def pool_of_threads(ground: Ground, source: Source, count: int) -> Cost:
    """With ``requests`` and oss2, in a process of its own."""
    prefix = ground.prefix()
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.bulk.pooled"],
        input=ground.errands(source, count, prefix),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        cwd=REPOSITORY,
    )
    ground.forget(prefix)
    seconds, cpu = (float(text) for text in done.stdout.strip("[]\n").split(","))
    return Cost(count, seconds, cpu)


def by_rclone(ground: Ground, source: Source, count: int) -> Cost:
    """Its origin waits because it is told to, as no URL of rclone's can ask for it."""
    folder, rest = ground.folder
    rule = {"delay": source.latency}
    ground.cloud.faults("origin", [rule] if source.latency else [])
    try:
        names = [f"{number}{rest}" for number in range(count)]
        seconds, cpu = rclone.copy(folder, names, ground.sink)
    finally:
        ground.cloud.faults("origin")
    return Cost(count, seconds, cpu)


def servers_alone(ground: Ground, source: Source, count: int) -> Cost:
    """As fast as the servers give and take, with more connections where replies take long."""
    prefix = ground.prefix()
    steps = [ground.steps(source, number, prefix) for number in range(count)]
    connections = 32 + round(source.latency * 2000)
    with watched(ground.cloud) as found:
        seconds, cpu = bare.run(steps, connections)
    ground.forget(prefix)
    requests = sum(len(each) for each in steps)
    # The start of the bare client's processes is none of its time.
    servers, idle = found.servers, found.idle
    return Cost(count, seconds, cpu, requests, servers=servers, idle=idle)


def _called(ground: Ground, source: Source, count: int, size: int, callers: int) -> Cost:
    prefix = ground.prefix()
    events = [ground.event(source, number, prefix) for number in range(count)]
    payloads: Sequence[Any] = events
    if size > 1:
        payloads = [events[start : start + size] for start in range(0, count, size)]
    cloud = ground.cloud
    with ThreadPoolExecutor(callers) as pool:
        _ = cloud.fc  # made once, before there are threads
        with watched(cloud) as found:
            replies = [*pool.map(cloud.invoke, payloads)]
    done = [
        each
        for reply in replies
        for each in (reply["messages"] if size > 1 else [reply])
        if each["status"] == "copied"
    ]
    if len(done) != count:
        raise SystemExit(f"{count - len(done)} of {count} transfers failed: {replies[:1]}")
    ground.forget(prefix)
    return found.cost(count)
