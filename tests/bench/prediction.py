"""Point 6: seconds for what cannot be run here, from a bandwidth model and fixed costs. Pure.

    seconds = fixed + start + (size - what the coordinator copies meanwhile) / bandwidth

The copying is the planner's own model, ``ossferry.model``; what is added is the fixed cost of a
transfer, as measured, and the time that starting takes at a given rate.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ossferry.spread.model import Network, children_for
from tests.bench.figures import Figure, Series, Wanted

GBIT = 125e6  # bytes per second


@dataclass(frozen=True, slots=True)
class Published:
    """A size in bytes, and the seconds that were reported for it."""

    size: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the model says for one size; ``children`` is how many the planner would start."""

    published: Published
    children: int
    seconds: float


PUBLISHED = (
    Published(200_000_000, 1),
    Published(2_000_000_000, 4),
    Published(10_774_000_000, 11),
    Published(14_680_000_000, 14),
)
MOST_CHILDREN = 99
# Into OSS, per account, in the large regions; FC starts 100 to 300 instances at once (its burst)
# and documents 1 to 5 Gbit/s for each. The last network is one where everything is slow to start.
OSS_ACCOUNT = 20 * GBIT
NETWORKS = (
    Network(instance=1 * GBIT, account=OSS_ACCOUNT),
    Network(instance=2.5 * GBIT, account=OSS_ACCOUNT),
    Network(instance=5 * GBIT, account=OSS_ACCOUNT),
    Network(instance=1 * GBIT, account=OSS_ACCOUNT, cold_start=2.0, starts_per_second=20),
)


def predict(network: Network, fixed: float, fan_out_from: int) -> Iterator[Prediction]:
    """Yield what each published size would take, children chosen as the planner does."""
    for published in PUBLISHED:
        size = published.size
        children = children_for(size, MOST_CHILDREN, network) if size >= fan_out_from else 0
        yield Prediction(published, children, fixed + network.seconds(size, children))


def figures(fixed: float, fan_out_from: int) -> Iterator[Figure]:
    """Yield each prediction beside what was published; the first of a network states it."""
    for network in NETWORKS:
        note = assumptions(network, fixed)
        for prediction in predict(network, fixed, fan_out_from):
            published = prediction.published
            yield Figure(
                topic=f"model, {network.instance / GBIT:g} Gbit/s per instance,"
                f" {network.cold_start:g} s cold start",
                what=f"{published.size / 1e9:g} GB, children: {prediction.children}",
                unit="s",
                ours=Series.of("ours, predicted", [prediction.seconds]),
                reference=Series.of("as published", [published.seconds]),
                wanted=Wanted("<", 1, of="ratio"),
                note=note,
            )
            note = ""


def assumptions(network: Network, fixed: float) -> str:
    """Say what a prediction rests on."""
    return (
        f"{network.instance / GBIT:g} Gbit/s per instance, {network.account / GBIT:g} Gbit/s per"
        f" account into OSS, cold start {network.cold_start:g} s,"
        f" {network.starts_per_second:g} starts/s, fixed cost {fixed:.2f} s;"
        " the source bears all of it"
    )
