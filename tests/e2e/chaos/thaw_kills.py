"""``python -m tests.e2e.chaos.thaw_kills``: misfortunes of a job that waits for archived objects.

Objects of three classes are restored by one job. At moments that chance picks whoever is at work is
killed, a wake-up is lost or doubled, the timer comes late, or the same event is sent again. In the
end all are restored, none was asked for twice, the report has each once, and hardly anything was
billed while nothing was to be done.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from tests.e2e.bulk_jobs import assert_consistent, report
from tests.e2e.chaos.killing import at_work, command, in_words, kill
from tests.e2e.thaws import (
    HOUR,
    MINUTE,
    Asked,
    assert_not_due,
    billed,
    due_names,
    due_of,
    freeze,
    lost_wakes,
    now,
    once,
    pass_until_due,
    status,
    thaw_event,
    wake_event,
    woken_by_timer,
)
from tests.localcloud.client import FunctionError, LocalCloud, started
from tests.localcloud.patience import eventually
from tests.localcloud.tidiness import idle

PREFIX = "ordeal/"
MISFORTUNES = ("killed", "lost", "doubled", "late", "sent again")
_AT_FIRST = 0.6  # of the misfortunes are kills while OSS is asked
_ROUNDS = 400  # at the most, until a job is over


class Ordeal:
    """A job, and so many misfortunes of it. ``hit`` counts those that befell somebody."""

    def __init__(
        self,
        cloud: LocalCloud,
        objects: int,
        times: int,
        seed: int = 0,
        *,
        ignore_delay: bool = False,
        deliver_twice: bool = False,
    ) -> None:
        self.hit: Counter[str] = Counter()
        self.share = 0.0  # of the time that passed, what was billed
        self._cloud = cloud
        self._objects = objects
        self._times = times
        self._chance = random.Random(seed)
        self._by_timer = ignore_delay
        self._event = thaw_event(cloud, source=freeze(cloud, PREFIX, objects), days=7)
        self._asked = Asked(cloud)
        self._own = 0.0  # seconds that were billed for looking on
        self.reply: dict[str, Any] = {}

    def run(self) -> None:
        """From the event to the end."""
        began, since = now(self._cloud), time.time()
        job = self._begin()
        for _ in range(_ROUNDS):
            told = self._rested(job)
            if told["status"] != "waiting":
                break
            self._next_round(job, told)
        self.reply = told
        idle(self._cloud)
        passed = now(self._cloud) - began
        self.share = (billed(self._cloud, since) - self._looking(since)) / passed

    def check(self) -> None:
        cloud, reply = self._cloud, self.reply
        assert (reply["status"], reply["items"]) == ("completed", self._objects), reply
        # Whoever goes on cannot know who asked for the last thousand, if it takes so long that they
        # can be read by then.
        most = 1000 * self.hit["killed while asking"]
        assert reply["unchanged"] <= most, reply
        assert reply["restored"] == self._objects - reply["unchanged"], reply
        assert_consistent(cloud, reply)
        keys = {f"{PREFIX}{number:05}" for number in range(self._objects)}
        assert {row["key"] for row in report(cloud, reply)} == keys
        assert self._asked.by_key() == once(keys), "an object was asked for twice, or not at all"
        woken_by_timer(cloud)  # whoever was killed between two writes left a name
        assert_not_due(cloud)
        assert self.hit.total() >= self._times, self.hit

    def _begin(self) -> str:
        """Send the event until the job waits; who does it is killed while it asks."""
        cloud = self._cloud
        kills = int(self._times * _AT_FIRST)
        for number in range(_ROUNDS):
            with ThreadPoolExecutor(1) as caller:
                call = caller.submit(cloud.invoke, self._event)
                while number < kills and not call.done():
                    # So many more, or so much longer, until somebody is killed.
                    time.sleep(self._chance.uniform(0.05, 0.3 + self._objects / 2000))
                    if not call.done() and kill(at_work(cloud), self._chance):
                        self.hit["killed while asking"] += 1
                        break
                with suppress(FunctionError):
                    reply = call.result()
                    if reply["status"] == "waiting":
                        return str(reply["id"])
        raise AssertionError("it never came to waiting")

    def _next_round(self, job: str, told: dict[str, Any]) -> None:
        left = self.hit.total() < self._times
        what = self._chance.choice(MISFORTUNES) if left else ""
        if what:
            self.hit[what] += 1
        match what:
            case "lost" | "late":
                # What this round sends to be woken for the next; begun by the event, as what the
                # timer sends would get lost, too.
                pass_until_due(self._cloud, told)
                with lost_wakes(self._cloud):
                    self._cloud.invoke(self._event)
                    told = self._rested(job)
                if told["status"] == "waiting":
                    late = self._chance.uniform(0, 5 * HOUR) if what == "late" else 15 * MINUTE
                    pass_until_due(self._cloud, told)
                    self._cloud.advance(late)
                    woken_by_timer(self._cloud)
            case "killed":
                self._wake(told)
                self._kill()
            case "doubled" | "sent again":
                event = wake_event(self._cloud, id=job) if what == "doubled" else self._event
                pass_until_due(self._cloud, told)
                with ThreadPoolExecutor(2) as callers:
                    for call in [callers.submit(self._cloud.invoke, event) for _ in "12"]:
                        call.result()
            case _:
                self._wake(told)

    def _wake(self, told: dict[str, Any]) -> None:
        """By itself; by the timer where delays are not kept."""
        if told["status"] != "waiting":
            return
        pass_until_due(self._cloud, told)
        if self._by_timer:
            self._cloud.fire_timer("wake")

    def _kill(self) -> None:
        """Somebody who is at work before long."""
        with suppress(AssertionError):
            eventually(self._at_work, within=2)
            time.sleep(self._chance.uniform(0, 0.05 + self._objects / 10_000))
            kill(at_work(self._cloud), self._chance)

    def _at_work(self) -> bool:
        return bool(at_work(self._cloud))

    def _rested(self, job: str) -> dict[str, Any]:
        """What the job says when nobody is at it, and it is not due. A timer comes, if need be."""
        for _ in range(_ROUNDS):
            began = time.monotonic()
            while time.monotonic() - began < 15:
                idle(self._cloud)
                told = status(self._cloud, job)
                waits = told["status"] == "waiting"
                if "report" in told or (waits and due_in(self._cloud, told) > 0):
                    return told
                time.sleep(0.2)
            self._cloud.advance(16 * MINUTE)
            woken_by_timer(self._cloud)
        raise AssertionError(f"it is stuck: {told}, {due_names(self._cloud)}")

    def _looking(self, since: float) -> float:
        """Seconds that were billed for asking how it is, and for the event itself."""
        calls = self._cloud.invocations(since)
        return sum(float(each["duration_ms"]) for each in calls if each["type"] == "sync") / 1000


def due_in(cloud: LocalCloud, told: dict[str, Any]) -> float:
    return due_of(told) - now(cloud)


@command(objects=10_000, times=20, seed=0)
def main(*, objects: int, times: int, seed: int) -> Iterator[str]:
    """Restore so many objects with so many misfortunes, with delays that are kept, and without."""
    for options in ({}, {"ignore_delay": True}):
        began = time.monotonic()
        with started(**options) as cloud:
            ordeal = Ordeal(cloud, objects, times, seed, **options)
            ordeal.run()
            ordeal.check()
            assert ordeal.share < 0.001, f"{ordeal.share:.3%} of the time was billed"
        seconds = time.monotonic() - began
        kept = "delays ignored" if options else "delays kept"
        yield (
            f"{objects} objects in {seconds:.0f} s, {kept}, {in_words(ordeal.hit, '')}: each"
            f" restored once and told of once; {ordeal.share:.4%} of"
            f" {ordeal.reply['seconds'] / HOUR:.0f} h was billed"
        )


if __name__ == "__main__":
    main(prog_name="python -m tests.e2e.chaos.thaw_kills")
