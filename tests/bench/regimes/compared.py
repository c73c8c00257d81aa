"""Each regime measured: ours and the published approach in turns, beside each other and the ideal.

Both are deployed as s.yaml says and asked as a user asks, with warm instances. The machine's other
work falls on both, so their ratio says more than the seconds. But the published approach has many
more processes, which wait for each other on a machine that is small or busy, and not in the cloud:
so it is also told what its parts alone would take.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from tests.bench.clouds import Clouds, Outcome
from tests.bench.figures import Figure, Series, Wanted
from tests.bench.published import index
from tests.bench.regimes.machine import Machine, measure
from tests.bench.regimes.regime import MB, Regime, pace, wanted
from tests.bench.regimes.sight import Sight

_NO_SLOWER = Wanted("<=", 1.02, of="ratio")
_CHEAPER = Wanted("<", 0.2, of="ratio")
_BACK_WITHIN = Wanted("<=", 1.0)  # seconds above what a capped source bears


def figures(
    clouds: Clouds, regimes: Sequence[Regime], progress: Callable[[str], None]
) -> Iterator[Figure]:
    """Yield what the machine bears, then for each regime times, cost and connections."""
    machines = {}
    for rate in dict.fromkeys(regime.rate for regime in regimes):
        progress(f"regimes, what this machine bears at {pace(rate)}")
        machines[rate] = measure(clouds.ours.cloud, rate)
        yield _machine(machines[rate])
    for deployed in (clouds.ours, clouds.published):
        progress(f"regimes, warming the instances of {deployed.name}")
        deployed.warm(_instances(regimes))
    for number, regime in enumerate(regimes, 1):
        ours: list[Outcome] = []
        theirs: list[Outcome] = []
        for run in range(1, regime.runs + 1):
            for deployed, outcomes in ((clouds.ours, ours), (clouds.published, theirs)):
                progress(
                    f"regime {number} of {len(regimes)}, {regime}, {deployed.name},"
                    f" run {run} of {regime.runs}"
                )
                seed = f"regime-{number}-{run}"
                wishes = regime.behaviours
                outcomes.append(deployed.transfer(seed, regime.size, *wishes, within=regime.within))
        yield from compared(regime, machines[regime.rate], ours, theirs)


def _instances(regimes: Sequence[Regime]) -> int:
    """As many as the published approach needs: a child for each part, and a coordinator."""
    parts = -(-max(regime.size for regime in regimes) // index.PART_SIZE)
    return min(parts, index.PROCESSES) + 1


def compared(
    regime: Regime, machine: Machine, ours: Sequence[Outcome], theirs: Sequence[Outcome]
) -> Iterator[Figure]:
    """Yield the figures of one regime.

    A failure of ours is a miss, however soon it came; a published run that failed is left out.
    """
    done = [outcome for outcome in theirs if not outcome.error]

    def figure(what: str, unit: str, of: Callable[[Outcome], float]) -> Figure:
        return Figure(
            topic=f"regime: {regime}",
            what=what,
            unit=unit,
            ours=Series.of("ours", [of(outcome) for outcome in ours]),
            reference=Series.of("published", [of(outcome) for outcome in done]) if done else None,
        )

    failed = any(outcome.error for outcome in ours)
    makespan = replace(figure("makespan", "s", lambda each: each.seconds), failed=failed)
    yield replace(makespan, wanted=_NO_SLOWER, note=_failures(ours, theirs))
    if regime.published_at_best:
        at_best = Series.of("published at best", [regime.published_at_best])
        yield replace(makespan, reference=at_best)
    yield _beside_the_ideal(makespan, regime, machine)
    billed = figure("billed", "GB-s/GB", lambda each: each.gb_seconds_per_gb)
    yield replace(billed, wanted=_CHEAPER, failed=failed)
    yield figure("connections at once", "", lambda each: _sight(each).peak)
    if regime.cap:
        yield figure("connections refused", "", lambda each: _sight(each).refused)
        too_many = figure("more than are borne, at most for", "s", lambda each: _sight(each).row)
        yield replace(too_many, wanted=_BACK_WITHIN)


def _beside_the_ideal(makespan: Figure, regime: Regime, machine: Machine) -> Figure:
    """Judged where the source is what limits. Where it gives more than the machine bears, the
    kernel's own copy is the reference instead."""
    if regime.bears > machine.copied:
        kernel = Series.of("the kernel here", [regime.size / machine.copied])
        return replace(makespan, reference=kernel)
    ideal = regime.size / regime.bears
    return replace(
        makespan,
        reference=Series.of("ideal", [ideal]),
        wanted=wanted(ideal) if machine.bears(regime) else None,
    )


def _machine(machine: Machine) -> Figure:
    return Figure(
        topic="regimes: local OSS takes what the local origin gives, copied by the kernel",
        what=f"{pace(machine.rate)}, {machine.connections} connections",
        unit="MB/s",
        ours=Series.of("kernel", [machine.copied / MB]),
        reference=Series.of("origin alone", [machine.read / MB]),
    )


def _sight(outcome: Outcome) -> Sight:
    return Sight.of(outcome.source)


def _failures(ours: Sequence[Outcome], theirs: Sequence[Outcome]) -> str:
    """Say which of the two failed, how often and why the first time."""
    said = []
    for name, outcomes in (("ours", ours), ("published", theirs)):
        errors = [outcome.error for outcome in outcomes if outcome.error]
        if errors:
            times = f"{len(errors)} of {len(outcomes)} times"
            said.append(f"{name} failed {times}: {errors[0].strip(': ')[:150]}")
    return "; ".join(said)
