"""``python -m tests.e2e.chaos.bulk_kills --times 30``: kills whoever works on a job of many items.

One job, and so many kills in it, each of an instance that chance picks: the coordinator or one of
its children. Whenever the event ends with an error it is sent again, as Function Compute would. In
the end the report has each item once, every object is its source, and nothing is left open.
"""

from __future__ import annotations

import logging
import os
import random
import signal
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import click
import oss2

from tests.e2e.bulk_jobs import assert_consistent, bulk_event, listed
from tests.e2e.contents import crc64_of
from tests.localcloud.client import FunctionError, LocalCloud, started
from tests.localcloud.patience import eventually
from tests.localcloud.tidiness import open_uploads

SIZE = 10_000
PREFIX = "killed/"
_SENT_AGAIN = 200  # times at the most, for as many kills as anybody asks for


class Job:
    """A job under way, which somebody kills."""

    def __init__(self, cloud: LocalCloud, items: int) -> None:
        self._cloud = cloud
        self._items = items
        rows = (f"{self._url(number)}\t{number:06}" for number in range(items))
        where = listed(cloud, "kills.tsv", "\n".join(rows))
        self._event = bulk_event(cloud, PREFIX, list=where, id="killed")

    def _url(self, number: int) -> str:
        return self._cloud.generated(f"item-{number}", SIZE)

    def run(self) -> dict[str, Any]:
        """Send the event until its reply says that all is done."""
        for _ in range(_SENT_AGAIN):
            with suppress(FunctionError):
                reply = self._cloud.invoke(self._event)
                if "report" in reply:
                    return dict(reply)
            time.sleep(0.2)
        raise AssertionError("it never came to its end")

    def kill_one(self, chance: random.Random) -> str:
        """Kill an instance that is busy; its role, or "" if none is."""
        busy = [each for each in self._cloud.instances() if each["busy"]]
        if not busy:
            return ""
        victim = chance.choice(busy)
        roles = {each["request_id"]: each["role"] for each in self._cloud.invocations()}
        with suppress(ProcessLookupError):
            os.kill(victim["pid"], signal.SIGKILL)
        return str(roles.get(victim["request_id"], "coordinator"))

    def check(self, reply: dict[str, Any]) -> None:
        assert reply["status"] == "completed", reply
        assert reply["items"] == self._items, reply
        assert_consistent(self._cloud, reply)
        there = {each.key for each in oss2.ObjectIteratorV2(self._cloud.bucket, prefix=PREFIX)}
        assert there == {f"{PREFIX}{number:06}" for number in range(self._items)}
        for number in range(self._items):
            headers = self._cloud.bucket.head_object(f"{PREFIX}{number:06}").headers
            crc = str(crc64_of(f"item-{number}", SIZE))
            assert headers["x-oss-hash-crc64ecma"] == crc, f"item {number} is another object"
        eventually(lambda: not any(each["busy"] for each in self._cloud.instances()), within=30)
        assert not open_uploads(self._cloud), "an upload stayed open"


def killed(items: int, times: int, seed: int) -> dict[str, int]:
    """Run such a job; how often whom it hit."""
    chance, hit = random.Random(seed), dict[str, int]()
    with started() as cloud, ThreadPoolExecutor(1) as caller:
        job = Job(cloud, items)
        running: Future[dict[str, Any]] = caller.submit(job.run)
        while not running.done() and sum(hit.values()) < times:
            time.sleep(chance.uniform(0.1, 2.0))
            role = job.kill_one(chance)
            if role:
                hit[role] = hit.get(role, 0) + 1
        job.check(running.result())
    return hit


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--items", type=click.IntRange(1), default=20_000, show_default=True)
@click.option("--times", type=click.IntRange(1), default=30, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
def main(*, items: int, times: int, seed: int) -> None:
    """Kill somebody in a job of so many items, so often, and tell how it ended."""
    logging.disable(logging.CRITICAL)  # fc2 logs an error for every call that fails on purpose
    began = time.monotonic()
    try:
        hit = killed(items, times, seed)
    except AssertionError as error:
        click.echo(f"it went wrong: {error}")
        sys.exit(1)
    told = ", ".join(f"{count} of {role}" for role, count in sorted(hit.items()))
    seconds = time.monotonic() - began
    click.echo(f"{items} items in {seconds:.0f} s, killed {told}: each is there, and told of once")


if __name__ == "__main__":
    main(prog_name="python -m tests.e2e.chaos.bulk_kills")
