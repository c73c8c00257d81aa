"""Items of all sizes in one job, beside what the servers alone give for the same."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from tests.bench.bulk import bare, ways
from tests.bench.bulk.sources import Ground, put_step
from tests.bench.figures import Figure, Series, Wanted

_TOPIC = "bulk, items of all sizes"
_SMALLEST = 10_000
_WANTED = Wanted("<=", 1.3, of="ratio")


@dataclass(frozen=True, slots=True)
class Mixture:
    """So many items, the largest of this size, most of them small."""

    items: int
    largest: int
    runs: int = 1

    @property
    def sizes(self) -> list[int]:
        """A long tail: the nth has n**-1.5 of the largest; in no order, but always the same."""
        sizes = [
            max(_SMALLEST, int(self.largest / number**1.5)) for number in range(1, self.items + 1)
        ]
        random.Random(self.items).shuffle(sizes)
        return sizes


QUICK = Mixture(700, 200_000_000, runs=2)
ALL = Mixture(2000, 1_000_000_000)


def figures(ground: Ground, mixture: Mixture, progress: Callable[[str], None]) -> Iterator[Figure]:
    """Yield the seconds of a job beside those of the servers alone."""
    sizes = mixture.sizes
    event = _event(ground, sizes)
    ours, ideal = [], []
    for run in range(1, mixture.runs + 1):
        progress(f"bulk, items of all sizes, run {run} of {mixture.runs}")
        ours.append(_job(ground, event, len(sizes)))
        ideal.append(_alone(ground, sizes))
    yield Figure(
        topic=_TOPIC,
        what=f"{len(sizes):,} items, {_SMALLEST // 1000} KB to {max(sizes) / 1e6:.0f} MB,"
        f" {sum(sizes) / 1e6:,.0f} MB in all",
        unit="s",
        ours=Series.of(ways.OURS, ours),
        reference=Series.of(ways.LIMIT, ideal),
        wanted=_WANTED,
    )


def _event(ground: Ground, sizes: Sequence[int]) -> dict[str, object]:
    cloud, name = ground.cloud, "bench/lists/mixed.tsv"
    rows = (f"{_url(ground, size, number)}\t{number}.bin\n" for number, size in enumerate(sizes))
    cloud.bucket.put_object(name, "".join(rows))
    return {"kind": "bulk", "list": f"oss://{cloud.bucket_name}/{name}", **ground.target}


def _url(ground: Ground, size: int, number: int) -> str:
    return ground.cloud.generated("mixed", size, name=f"{number}.bin")


def _job(ground: Ground, event: dict[str, object], items: int) -> float:
    prefix = ground.prefix()
    with ways.watched(ground.cloud) as found:
        reply = ground.cloud.invoke({**event, "target_prefix": prefix})
    if reply["copied"] != items:
        raise SystemExit(f"a bulk job did not copy all: {reply}")
    ground.forget(prefix)
    return found.seconds


def _alone(ground: Ground, sizes: Sequence[int]) -> float:
    """With the largest first, so that none of them is left alone in the end."""
    prefix, bucket = ground.prefix(), ground.cloud.bucket
    steps: list[bare.Steps] = [
        (("GET", _url(ground, size, number), {}), put_step(bucket, f"{prefix}{number}.bin"))
        for number, size in sorted(enumerate(sizes), key=lambda each: -each[1])
    ]
    seconds, _ = bare.run(steps)
    ground.forget(prefix)
    return seconds
