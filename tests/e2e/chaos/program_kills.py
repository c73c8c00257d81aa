"""``python -m tests.e2e.chaos.program_kills``: kills who gives many objects to a program.

One job, and so many kills in it, each of an instance that chance picks: a coordinator, or one of
its children with all programs that run in it. The event is always delivered twice, and again when
that ends with an error. In the end the report has each item once, each item has its outputs and one
record that says what they are, nothing else is there, and another program was run over the outputs
of each item once.
"""

from __future__ import annotations

import json
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.e2e.bulk_jobs import keys_below
from tests.e2e.chaos.killing import (
    at_work,
    command,
    in_words,
    kill,
    kill_often,
    reported_all_the_same,
)
from tests.e2e.programs.code import code_with_programs
from tests.e2e.programs.gathering import THEN_FOLDER
from tests.e2e.programs.many import assert_counted, assert_made, program_event, put, records
from tests.e2e.transfers import replied, stored
from tests.localcloud.client import LocalCloud, started
from tests.localcloud.patience import eventually
from tests.localcloud.tidiness import idle, open_uploads

KEY = "killed"
_COORDINATORS = 0.3  # of all kills
_TOGETHER = 30  # items, whose outputs are gathered


class Job:
    """A job under way, which somebody kills."""

    def __init__(self, cloud: LocalCloud, items: int) -> None:
        self._cloud = cloud
        self._names = [f"{number // 100:02}/{number:05}.txt" for number in range(items)]
        put(cloud, f"{KEY}/in/", self._names)
        # It is not over before there were so many kills.
        given = {"seconds": "0.5", "bad": "none"}
        target = f"oss://{cloud.bucket_name}/joined/"
        then = {"program": "join", "when": _TOGETHER, "target": target}
        event = program_event(cloud, KEY, "upper", parameters=given, then=then)
        self._event = {**event, "id": KEY}
        self._flush = {**event, "flush": True}
        del self._flush["source"]

    def run(self, times: int, chance: random.Random) -> Counter[str]:
        """From the event to the end, with so many kills; how often whom they hit."""

        def kills(over: Callable[[], bool]) -> Counter[str]:
            return kill_often(lambda: self._kill_one(chance), times, chance, pause=1.5, over=over)

        replies, hit = reported_all_the_same(self._cloud, self._event, kills, deliveries=2)
        self._check(*replies)
        return hit

    def _kill_one(self, chance: random.Random) -> str:
        """Kill an instance that is busy while children are at work; its role, or ""."""
        busy = at_work(self._cloud)
        children = [each for each in busy if each.role == "items"]
        coordinators = [each for each in busy if each.role == "program"]
        is_one = children and coordinators and chance.random() < _COORDINATORS
        return kill(coordinators if is_one else children, chance)

    def _check(self, *replies: dict[str, Any]) -> None:
        idle(self._cloud)
        for reply in replies:
            # One whose child was killed time after time fails: it might have been the cause.
            assert {*reply.get("causes", {})} <= {"function"}, reply
            assert reply["done"] + reply["unchanged"] + reply["failed"] == len(self._names), reply
            assert_counted(self._cloud, reply)
        self._do_again(replies[0])
        assert_made(self._cloud, KEY, self._names)
        self._check_batches()
        assert not open_uploads(self._cloud), "an upload stayed open"

    def _do_again(self, reply: dict[str, Any]) -> None:
        """What has failed, as anybody would have it done."""
        if not reply["failed"]:
            return
        where = f"oss://{self._cloud.bucket_name}/{KEY}/out/"
        about = {"kind": "program", "target": where, "id": reply["id"], "again": "failed"}
        again = replied(self._cloud, about)
        assert (again["status"], again["done"]) == ("completed", reply["failed"]), again
        idle(self._cloud)

    def _check_batches(self) -> None:
        """All full but the last, each item in one, and each with its output."""
        replied(self._cloud, self._flush)
        below = sorted(keys_below(self._cloud, THEN_FOLDER))
        batches = [f"{THEN_FOLDER}{name}" for name in below if "/batches/" in name]
        members = [json.loads(stored(self._cloud, name))["members"] for name in batches]
        assert {len(each) for each in members[:-1]} == {_TOGETHER}
        gathered = sorted(id for each in members for id in each)
        assert gathered == sorted(records(self._cloud, f"{KEY}/out/"))

        def joined() -> list[str]:
            return [key for key in keys_below(self._cloud, "joined/") if key.endswith("-all.txt")]

        eventually(joined, wanted=lambda keys: len(keys) == len(batches), within=120)


def killed(items: int, times: int, seed: int, code: Path) -> Counter[str]:
    """Run such a job; how often whom it hit."""
    with started(code=code, runtime="python3.12") as cloud:
        return Job(cloud, items).run(times, random.Random(seed))


@command(items=1_000, times=30, seed=0)
def main(*, items: int, times: int, seed: int) -> Iterator[str]:
    """Kill somebody while so many objects are given to a program, and tell how it ended."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        hit = killed(items, times, seed, code_with_programs(Path(folder)))
    seconds = time.monotonic() - began
    yield (
        f"{items} items in {seconds:.0f} s, killed {in_words(hit)}: each has its outputs and one"
        " record"
    )


if __name__ == "__main__":
    main(prog_name="python -m tests.e2e.chaos.program_kills")
