"""``python -m tests.e2e.chaos.program_kills``: kills who gives many objects to a program.

One job, and so many kills in it, each of an instance that chance picks: a coordinator, or one of
its children with all programs that run in it. The event is always delivered twice, and again when
that ends with an error. In the end the report has each item once, each item has its outputs and one
record that says what they are, and nothing else is there.
"""

from __future__ import annotations

import logging
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from tests.e2e.programs.many import assert_counted, assert_made, program_event, put
from tests.localcloud.client import FunctionError, LocalCloud, started
from tests.localcloud.config import REPOSITORY
from tests.localcloud.patience import eventually
from tests.localcloud.tidiness import open_uploads

KEY = "killed"
DEPLOYED = Path(__file__).resolve().parents[1] / "programs" / "deployed"
_COORDINATORS = 0.3  # of all kills
_SENT_AGAIN = 300  # times at the most, for as many kills as anybody asks for


class Job:
    """A job under way, which somebody kills."""

    def __init__(self, cloud: LocalCloud, items: int) -> None:
        self._cloud = cloud
        self._names = [f"{number // 100:02}/{number:05}.txt" for number in range(items)]
        put(cloud, f"{KEY}/in/", self._names)
        # It is not over before there were so many kills.
        given = {"seconds": "0.5", "bad": "none"}
        self._event = program_event(cloud, KEY, "upper", parameters=given, id=KEY)

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
        """Kill an instance that is busy while children are at work; its role, or ""."""
        roles = {each["request_id"]: str(each["role"]) for each in self._cloud.invocations()}
        busy: dict[str, list[int]] = {"items": [], "program": []}
        for each in self._cloud.instances():
            if each["busy"]:
                busy.setdefault(roles.get(each["request_id"], ""), []).append(each["pid"])
        if not busy["items"]:
            return ""
        role = "program" if busy["program"] and chance.random() < _COORDINATORS else "items"
        with suppress(ProcessLookupError):
            os.kill(chance.choice(busy[role]), signal.SIGKILL)
        return role

    def check(self, *replies: dict[str, Any]) -> None:
        eventually(lambda: not any(each["busy"] for each in self._cloud.instances()), within=30)
        for reply in replies:
            assert reply["status"] == "completed", reply
            assert reply["done"] + reply["unchanged"] == len(self._names), reply
            assert_counted(self._cloud, reply)
        assert_made(self._cloud, KEY, self._names)
        assert not open_uploads(self._cloud), "an upload stayed open"


def killed(items: int, times: int, seed: int, code: Path) -> dict[str, int]:
    """Run such a job; how often whom it hit."""
    chance, hit = random.Random(seed), dict[str, int]()
    with started(code=code, runtime="python3.12") as cloud, ThreadPoolExecutor(2) as callers:
        job = Job(cloud, items)
        running: list[Future[dict[str, Any]]] = [callers.submit(job.run) for _ in range(2)]
        while not all(each.done() for each in running) and sum(hit.values()) < times:
            time.sleep(chance.uniform(0.1, 1.5))
            role = job.kill_one(chance)
            if role:
                hit[role] = hit.get(role, 0) + 1
        job.check(*(each.result() for each in running))
    return hit


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--items", type=click.IntRange(1), default=1_000, show_default=True)
@click.option("--times", type=click.IntRange(1), default=30, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
def main(*, items: int, times: int, seed: int) -> None:
    """Kill somebody while so many objects are given to a program, and tell how it ended."""
    logging.disable(logging.CRITICAL)  # fc2 logs an error for every call that fails on purpose
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        code = Path(folder) / "code"
        no_caches = shutil.ignore_patterns("__pycache__")
        shutil.copytree(REPOSITORY / "src", code, ignore=no_caches)
        shutil.copytree(DEPLOYED, code / "programs", ignore=no_caches)
        try:
            hit = killed(items, times, seed, code)
        except AssertionError as error:
            click.echo(f"it went wrong: {error}")
            sys.exit(1)
    told = ", ".join(f"{count} of {role}" for role, count in sorted(hit.items()))
    seconds = time.monotonic() - began
    click.echo(
        f"{items} items in {seconds:.0f} s, killed {told}: each has its outputs and one record"
    )


if __name__ == "__main__":
    main(prog_name="python -m tests.e2e.chaos.program_kills")
