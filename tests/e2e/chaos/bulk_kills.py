"""``python -m tests.e2e.chaos.bulk_kills --times 30``: kills whoever works on a job of many items.

One job, and so many kills in it, each of an instance that chance picks: the coordinator or one of
its children. Whenever the event ends with an error it is sent again, as Function Compute would. In
the end the report has each item once, every object is its source, and nothing is left open.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import oss2

from tests.e2e.bulk_jobs import assert_consistent, bulk_event, listed
from tests.e2e.chaos.killing import (
    at_work,
    command,
    in_words,
    kill,
    kill_often,
    reported_all_the_same,
)
from tests.e2e.contents import crc64_of
from tests.localcloud.client import LocalCloud, started
from tests.localcloud.tidiness import idle, open_uploads

SIZE = 10_000
PREFIX = "killed/"


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

    def run(self, times: int, chance: random.Random) -> Counter[str]:
        """From the event to the end, with so many kills; how often whom they hit."""

        def kills(over: Callable[[], bool]) -> Counter[str]:
            return kill_often(
                lambda: kill(at_work(self._cloud), chance), times, chance, pause=2, over=over
            )

        [reply], hit = reported_all_the_same(self._cloud, self._event, kills)
        self._check(reply)
        return hit

    def _check(self, reply: dict[str, Any]) -> None:
        assert reply["status"] == "completed", reply
        assert reply["items"] == self._items, reply
        assert_consistent(self._cloud, reply)
        there = {each.key for each in oss2.ObjectIteratorV2(self._cloud.bucket, prefix=PREFIX)}
        assert there == {f"{PREFIX}{number:06}" for number in range(self._items)}
        for number in range(self._items):
            headers = self._cloud.bucket.head_object(f"{PREFIX}{number:06}").headers
            crc = str(crc64_of(f"item-{number}", SIZE))
            assert headers["x-oss-hash-crc64ecma"] == crc, f"item {number} is another object"
        idle(self._cloud)
        assert not open_uploads(self._cloud), "an upload stayed open"


@command(items=20_000, times=30, seed=0)
def main(*, items: int, times: int, seed: int) -> Iterator[str]:
    """Kill somebody in a job of so many items, so often, and tell how it ended."""
    began = time.monotonic()
    with started() as cloud:
        hit = Job(cloud, items).run(times, random.Random(seed))
    seconds = time.monotonic() - began
    yield (
        f"{items} items in {seconds:.0f} s, killed {in_words(hit)}: each is there, and told of once"
    )


if __name__ == "__main__":
    main(prog_name="python -m tests.e2e.chaos.bulk_kills")
