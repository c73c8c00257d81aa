"""Points 3 and 5: many throttled links, and what it costs to fill them.

Every link is one connection to the origin with a rate of its own. The ideal is the file's size
over the rate of all links together: no start, no request, no tail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.bench.clouds import TIMEOUT, Clouds, Deployed, Outcome
from tests.bench.figures import Figure, Series, Wanted

LINKS = 16
STREAMS = 8
# Slow enough for a small machine that does other things too: links are to be the limit.
_RATE = 4_000_000
_SIZE = 500_000_000
_KEY = "/random/*"
# Enough of them for every request that either approach makes.
_REQUESTS = 400


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is wrong with the links. ``capacity`` is all of them together, in bytes per second."""

    name: str
    runs: tuple[int, int]  # of ours and of the published approach
    capacity: float
    wanted: Wanted
    faults: Sequence[Mapping[str, Any]] = ()


def _on(nth: int, **what: int) -> Mapping[str, Any]:
    return {"server": "origin", "operation": "GET", "key": _KEY, "nth": nth, **what}


SCENARIOS = (
    Scenario("equal links", (2, 2), LINKS * _RATE, Wanted("<=", 1.15, of="ratio")),
    Scenario(
        "5 % of them ten times slower",
        (2, 1),
        LINKS * _RATE * (0.95 + 0.05 * 0.1),
        Wanted("<=", 1.4, of="ratio"),
        [_on(nth, bytes_per_second=_RATE // 10) for nth in range(10, _REQUESTS, 20)],
    ),
    Scenario(
        "one of them stalls",
        (1, 1),
        LINKS * _RATE,
        Wanted("<=", 1.4, of="ratio"),
        [_on(10, stall_after=1_000_000)],
    ),
)


def figures(clouds: Clouds, progress: Callable[[str], None]) -> Iterator[Figure]:
    """Yield makespan against ideal and against the published approach, then the cost."""
    for scenario in SCENARIOS:
        ours, theirs = (
            _outcomes(deployed, scenario, runs, progress)
            for deployed, runs in zip((clouds.ours, clouds.published), scenario.runs, strict=True)
        )
        yield from _makespans(scenario, ours, theirs)
        if scenario is SCENARIOS[0]:
            yield _cost(ours, theirs)
            yield from _memory(ours, theirs)


def _outcomes(
    deployed: Deployed, scenario: Scenario, runs: int, progress: Callable[[str], None]
) -> list[Outcome]:
    found = []
    for run in range(1, runs + 1):
        progress(f"fan-out, {scenario.name}, {deployed.name}, run {run} of {runs}")
        seed = f"{scenario.name[:4].strip()}{run}"
        outcome = deployed.transfer(seed, _SIZE, f"rate:{_RATE}", faults=scenario.faults)
        found.append(outcome)
    return found


def _makespans(
    scenario: Scenario, ours: Sequence[Outcome], theirs: Sequence[Outcome]
) -> Iterator[Figure]:
    ideal = _SIZE / scenario.capacity
    ended = _seconds("ours", ours)
    yield Figure(
        topic=f"fan-out, {LINKS} links of {_RATE / 1e6:g} MB/s",
        what=f"makespan, {scenario.name}",
        unit="s",
        ours=ended,
        reference=Series.of("ideal", [ideal]),
        wanted=scenario.wanted,
        note=_failures(scenario, "ours", ours),
    )
    yield Figure(
        topic=f"fan-out, {LINKS} links of {_RATE / 1e6:g} MB/s",
        what=f"makespan, {scenario.name}",
        unit="s",
        ours=ended,
        reference=_seconds("published", theirs),
        note=_failures(scenario, "published", theirs),
    )


def _seconds(name: str, outcomes: Sequence[Outcome]) -> Series:
    return Series.of(name, [outcome.seconds for outcome in outcomes])


def _failures(scenario: Scenario, name: str, outcomes: Sequence[Outcome]) -> str:
    failed = [outcome.error for outcome in outcomes if outcome.error]
    if not failed:
        return ""
    limit = f"(the function's time limit is {TIMEOUT:g} s)"
    count = f"{len(failed)} of {len(outcomes)} times"
    return f"{scenario.name}: {name} failed {count} {limit}: {failed[0].strip(': ')[:150]}"


def _cost(ours: Sequence[Outcome], theirs: Sequence[Outcome]) -> Figure:
    return Figure(
        topic="cost",
        what=f"billed over {LINKS} equal links, 1 GB of memory each",
        unit="GB-s/GB",
        ours=Series.of("ours", [outcome.gb_seconds_per_gb for outcome in ours]),
        reference=Series.of("published", [outcome.gb_seconds_per_gb for outcome in theirs]),
        wanted=Wanted("<=", 0.2, of="ratio"),
    )


def _memory(ours: Sequence[Outcome], theirs: Sequence[Outcome]) -> Iterator[Figure]:
    for role, called in (("copy", "child"), ("transfer", "coordinator")):
        yield Figure(
            topic="memory of instances, with all of their processes",
            what=f"{called}, {_SIZE / 1e6:g} MB over {LINKS} links",
            unit="MiB",
            ours=Series.of("ours", [outcome.peak_mb(role) for outcome in ours]),
            reference=Series.of("published", [outcome.peak_mb(role) for outcome in theirs]),
            wanted=Wanted("<", 128),
        )
