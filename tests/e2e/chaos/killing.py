"""What all runs share in which somebody is killed: who is at work, the kills, and the command.

Kills are those of a machine that dies: without a word. What has to hold afterwards is not known
here.
"""

from __future__ import annotations

import functools
import logging
import os
import random
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

import click
import requests

from tests.localcloud.client import FunctionError, LocalCloud

_SENT_AGAIN = 300  # times at the most, for as many kills as anybody asks for


class AtWork(NamedTuple):
    """An instance that is busy, and with what kind of job; "" if that is not known yet."""

    pid: int
    role: str
    is_async: bool


def at_work(cloud: LocalCloud) -> list[AtWork]:
    calls = {each["request_id"]: each for each in cloud.invocations()}
    found = []
    for each in cloud.instances():
        if each["busy"] and each["pid"]:
            call = calls.get(each["request_id"], {})
            found.append(AtWork(each["pid"], call.get("role", ""), call.get("type") == "async"))
    return sorted(found)


def kill(victims: Sequence[AtWork], chance: random.Random) -> str:
    """Kill one of these; its role, or "" if there is nobody."""
    if not victims:
        return ""
    victim = chance.choice(victims)
    with suppress(ProcessLookupError):
        os.kill(victim.pid, signal.SIGKILL)
    return victim.role or "somebody"


@contextmanager
def killing(cloud: LocalCloud, moments: Sequence[float], seed: int) -> Iterator[None]:
    """Kill an instance that is busy, if any, at each of the moments (seconds from now)."""
    chance = random.Random(f"kills {seed}")

    def kill_one() -> None:
        kill(at_work(cloud), chance)

    timers = [threading.Timer(moment, kill_one) for moment in moments]
    for timer in timers:
        timer.start()
    try:
        yield
    finally:
        for timer in timers:
            timer.cancel()
        for timer in timers:
            timer.join()


def kill_often(
    kill_one: Callable[[], str],
    times: int,
    chance: random.Random,
    *,
    pause: float,
    over: Callable[[], bool] = lambda: False,
) -> Counter[str]:
    """Kill so often, after pauses of up to so many seconds, unless it is over before that.

    How often whom it hit, whose role ``kill_one`` returns, or "" for nobody.
    """
    hit = Counter[str]()
    while hit.total() < times and not over():
        time.sleep(chance.uniform(0.1, pause))
        if role := kill_one():
            hit[role] += 1
    return hit


def reported(cloud: LocalCloud, event: Mapping[str, Any]) -> dict[str, Any]:
    """Send the event of a job of many items until its reply says that all is done."""
    for _ in range(_SENT_AGAIN):
        with suppress(FunctionError):
            reply = cloud.invoke(event)
            if "report" in reply:
                return dict(reply)
        time.sleep(0.2)
    raise AssertionError("it never came to its end")


def reported_all_the_same(
    cloud: LocalCloud,
    event: Mapping[str, Any],
    kills: Callable[[Callable[[], bool]], Counter[str]],
    *,
    deliveries: int = 1,
) -> tuple[list[dict[str, Any]], Counter[str]]:
    """The reply to each delivery of an event, sent at once, and whom the kills hit meanwhile.

    ``kills`` is given what says whether the job is over.
    """
    with ThreadPoolExecutor(deliveries) as callers:
        running: list[Future[dict[str, Any]]] = [
            callers.submit(reported, cloud, event) for _ in range(deliveries)
        ]
        hit = kills(lambda: all(each.done() for each in running))
        return [each.result() for each in running], hit


def in_words(hit: Mapping[str, int], of: str = " of") -> str:
    return ", ".join(f"{count}{of} {whom}" for whom, count in sorted(hit.items()))


def command(**numbers: int) -> Callable[[Callable[..., Iterable[str]]], click.Command]:
    """A command with these options, and their defaults, of a function that yields what to print."""

    def made(function: Callable[..., Iterable[str]]) -> click.Command:
        @functools.wraps(function)
        def run(**options: int) -> None:
            logging.disable(logging.CRITICAL)  # fc2 logs an error for every call that fails
            try:
                for line in function(**options):
                    click.echo(line)
            except (AssertionError, requests.RequestException) as error:
                click.echo(f"it went wrong: {error}")
                sys.exit(1)

        for name, default in reversed(numbers.items()):
            least = click.IntRange(0 if name == "seed" else 1)
            option = click.option(f"--{name}", type=least, default=default, show_default=True)
            run = option(run)
        return click.command(context_settings={"help_option_names": ["-h", "--help"]})(run)

    return made
