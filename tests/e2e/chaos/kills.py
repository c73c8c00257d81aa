"""``python -m tests.e2e.chaos.kills --times 30``: kills the coordinator of a 1 GB transfer.

Each time at another moment, from the first millisecond to the last. The same event has to end well
afterwards, with the right object, and copy no more again than was in somebody's hands or came too
late for the last record.
"""

from __future__ import annotations

import logging
import random
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple

import click

from tests.e2e.contents import crc64_of
from tests.e2e.interrupted import asked_of_oss, kill_coordinator, record_names, swept
from tests.e2e.transfers import event_for, headers_of
from tests.localcloud.client import FunctionError, LocalCloud, started
from tests.localcloud.patience import eventually
from tests.localcloud.tidiness import open_uploads

SIZE = 1_000_000_000
PART = 4 * 1024 * 1024
STREAMS = 4
CHILDREN = 8
FIELDS = {"part_size": PART, "streams": STREAMS, "max_children": CHILDREN}
RATE = "rate:4000000"  # bytes per second of a stream: seven seconds for all
# Seconds between two records, and what writing one takes here at the worst.
INTERVAL = 2.0 + 1.0
LONGEST = 120.0  # seconds that one transfer takes


class Copied(NamedTuple):
    """What a re-run did: parts that it found done, and parts that were sent twice in all."""

    reused: int
    again: int
    most: int


class Counted:
    """How many parts OSS was sent, over time."""

    def __init__(self, cloud: LocalCloud) -> None:
        self._cloud = cloud
        self._over = threading.Event()
        self._before = asked_of_oss(cloud, "UploadPart")
        self._moments: list[tuple[float, int]] = []

    def total(self) -> int:
        """Return how many they are by now."""
        return asked_of_oss(self._cloud, "UploadPart") - self._before

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Look ten times a second."""
        watching = threading.Thread(target=self._watch)
        watching.start()
        try:
            yield
        finally:
            self._over.set()
            watching.join()

    def _watch(self) -> None:
        while not self._over.wait(0.1):
            self._moments.append((time.monotonic(), self.total()))

    def last(self, seconds: float) -> int:
        """Return how many came in the last seconds."""
        end = time.monotonic()
        counts = [count for moment, count in self._moments if moment <= end - seconds]
        return self.total() - (counts[-1] if counts else 0)


class Kills:
    """Transfers on one cloud, each killed once and gone on with."""

    def __init__(self, cloud: LocalCloud) -> None:
        self._cloud = cloud
        self._count = -(-SIZE // PART)

    def undisturbed(self) -> float:
        """Return how many seconds a transfer takes that nobody kills."""
        began = time.monotonic()
        self._cloud.invoke(self._event("undisturbed"))
        self._cloud.bucket.delete_object("undisturbed")
        return time.monotonic() - began

    def kill_at(self, moment: float, key: str) -> Copied | None:
        """Kill a transfer after so many seconds and go on; None if it had ended by then."""
        event = self._event(key)
        counted = Counted(self._cloud)
        with ThreadPoolExecutor(1) as caller, counted.counting():
            call = caller.submit(self._cloud.invoke, event)
            time.sleep(moment)
            killed = time.time()
            if not kill_coordinator(self._cloud):
                call.result()
                self._cloud.bucket.delete_object(key)
                return None
            late = counted.last(INTERVAL)
            assert isinstance(call.exception(), FunctionError), "it was killed, and answered"
        most = self._in_hand(killed) + late
        eventually(lambda: not any(each["busy"] for each in self._cloud.instances()), within=30)
        reply = self._cloud.invoke(event)
        self._check(key, reply)
        return Copied(reply["parts"]["reused"], counted.total() - self._count, most)

    def _in_hand(self, moment: float) -> int:
        """How many parts were in the slices that somebody was at just then, at the most."""
        running = [
            each
            for each in self._cloud.invocations(since=moment - LONGEST)
            if each["ended"] is None or each["ended"] >= moment
        ]
        rounds = -(-self._count // (2 * CHILDREN * STREAMS))  # of the largest slice
        return len(running) * rounds * STREAMS

    def _event(self, key: str) -> dict[str, object]:
        return event_for(self._cloud, self._cloud.generated("kills", SIZE, RATE), key, **FIELDS)

    def _check(self, key: str, reply: dict[str, Any]) -> None:
        headers = headers_of(self._cloud, key)
        assert reply["status"] == "copied", reply
        assert headers["x-oss-hash-crc64ecma"] == str(crc64_of("kills", SIZE)), "another object"
        swept(self._cloud)  # what was killed while it opened its upload
        assert not open_uploads(self._cloud), "an upload stayed open"
        assert not record_names(self._cloud), "a record stayed"
        self._cloud.bucket.delete_object(key)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--times", type=click.IntRange(1), default=30, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
def main(*, times: int, seed: int) -> None:
    """Kill so many transfers, and tell what each re-run had to copy again."""
    logging.disable(logging.CRITICAL)  # fc2 logs an error for every call that fails on purpose
    chance, failed = random.Random(seed), 0
    with started() as cloud:
        kills = Kills(cloud)
        seconds = kills.undisturbed()
        number = 0
        while number < times:
            moment = chance.uniform(0, seconds)
            try:
                copied = kills.kill_at(moment, f"kills/{number}")
                if copied is None:
                    continue  # it had ended by then
                assert copied.again <= copied.most, f"too much was copied again: {copied}"
                click.echo(f"killed after {moment:.2f} s of {seconds:.2f}: {copied}")
            except Exception as error:  # whatever it is, the other moments are to be tried
                failed += 1
                click.echo(f"killed after {moment:.2f} s: {type(error).__name__}: {error}")
            number += 1
        click.echo(f"{times} kills, {failed} went wrong")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main(prog_name="python -m tests.e2e.chaos.kills")
