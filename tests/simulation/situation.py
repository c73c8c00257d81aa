"""What a transfer meets: a source, a platform, and the options that it was given. Pure.

Bytes, bytes per second, seconds. Everything random follows from the seed, so the repr of a
situation is all that it takes to see the same again.
"""

from __future__ import annotations

from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Literal

MB, GB, TB = 10**6, 10**9, 10**12
MBIT, GBIT = 125_000.0, 125_000_000.0


class _Short:
    """The repr leaves out what is as usual."""

    def __repr__(self) -> str:
        said = (
            f"{each.name}={getattr(self, each.name)!r}"
            for each in fields(self)  # type: ignore[arg-type]
            if getattr(self, each.name) != _usual(each)
        )
        return f"{type(self).__name__}({', '.join(said)})"


def _usual(each: Field[object]) -> object:
    return each.default if each.default_factory is MISSING else each.default_factory()


@dataclass(frozen=True, repr=False)
class Source(_Short):
    """``rate`` is of one connection, ``total`` of all; None for no limit.

    More than ``cap`` requests at once are refused, with 429 and perhaps Retry-After, or by a reset
    connection, which takes ``refusal`` seconds; so is everything in the first ``busy`` seconds. A
    new connection takes ``connect`` seconds, and ``ramp`` more until it has its full
    rate; each reply takes ``first_byte``, and by chance up to ``jitter`` of it more. Of all
    connections, a share of ``stragglers`` has ``slow`` of the rate of others.
    """

    rate: float | None = None
    total: float | None = None
    cap: int | None = None
    over: Literal["429", "reset"] = "429"
    retry_after: float | None = None
    refusal: float = 0.01
    busy: float = 0.0
    connect: float = 0.02
    first_byte: float = 0.02
    jitter: float = 0.5
    ramp: float = 0.0
    stragglers: float = 0.0
    slow: float = 0.1


@dataclass(frozen=True, repr=False)
class Platform(_Short):
    """``instance`` and ``account`` are bandwidths; each byte goes in and out.

    An instance's first invocation takes ``cold_start`` to ``slowest_start`` seconds to begin, each
    later one ``warm_start``; ``warm`` of them have had their first before. FC starts ``burst``
    instances at once, then ``starts_per_second``, and ``instances`` in all, the coordinator's too.
    """

    instance: float = GBIT
    account: float = 20 * GBIT
    cold_start: float = 1.0
    slowest_start: float = 0.0
    warm_start: float = 0.03
    warm: int = 0
    instances: int = 100
    burst: int = 100
    starts_per_second: float = 100 / 60
    put_answer: float = 0.02
    cpu_per_part: float = 0.0007
    cpu_per_byte: float = 0.45e-9

    @property
    def latest_start(self) -> float:
        return max(self.cold_start, self.slowest_start)

    @property
    def bears(self) -> float:
        """Bytes per second of an instance, whose one processor may be its limit."""
        return min(self.instance, 1 / self.cpu_per_byte if self.cpu_per_byte else self.instance)


@dataclass(frozen=True, repr=False)
class Situation(_Short):
    """One transfer. The options are those of an event."""

    size: int
    source: Source = field(default_factory=Source)
    platform: Platform = field(default_factory=Platform)
    max_children: int = 99
    streams: int = 128
    fan_out_from: int = 10_000_000_000
    seed: int = 0
