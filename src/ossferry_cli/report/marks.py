"""Which marks a timeline has: a bar for each part, or what many of them come to. Pure.

Beyond what a page bears, and an eye can tell apart, lanes and then spans of time are put together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .model import Part, Run, Transfer
from .throughput import spread

LANES = 160  # with a lane for each stream
GROUPS = 120  # with a lane for each run, or for several
MARKS = 2000
SHADES = 4
_SPANS = 150


class Bar(NamedTuple):
    """``part`` is None for what several come to. ``shade`` is 1 for slow to ``SHADES`` for fast."""

    began: float
    ended: float
    rate: float
    shade: int
    part: Part | None


class Lane(NamedTuple):
    stream: int
    bars: tuple[Bar, ...]


class Group(NamedTuple):
    """What is drawn beside one name."""

    name: str
    runs: tuple[Run, ...]
    lanes: tuple[Lane, ...]


class Timeline(NamedTuple):
    """``fastest`` is the rate from which on shades get no darker; ``whole``: each part has its own
    bar."""

    groups: tuple[Group, ...]
    fastest: float
    whole: bool
    seconds: float


def timeline(transfer: Transfer, seconds: float) -> Timeline:
    """The coordinator's streams first, then each child in the order in which it was asked."""
    own = tuple(run for run in transfer.runs if run.by == "own")
    children = [run for run in transfer.runs if run.by == "child"]
    lines = ([own] if own else []) + [(run,) for run in children]
    streams = [_streams(runs) for runs in lines]
    count = sum(len(run.parts) for run in transfer.runs)
    fastest = _fastest([part.rate for run in transfer.runs for part in run.parts])
    if count <= MARKS and sum(map(len, streams)) <= LANES:
        groups = [
            Group(_name(runs), runs, tuple(_each(lane, fastest) for lane in lanes))
            for runs, lanes in zip(lines, streams, strict=True)
        ]
        return Timeline(tuple(groups), fastest, True, seconds)
    together = -(-len(children) // GROUPS) or 1
    several = [tuple(children[at : at + together]) for at in range(0, len(children), together)]
    lines = ([own] if own else []) + several
    spans = max(20, min(_SPANS, 4 * MARKS // max(1, len(lines))))
    drawn = [Group(_name(runs), runs, (_put(runs, spans, seconds),)) for runs in lines]
    rates = (bar.rate for group in drawn for bar in group.lanes[0].bars)
    return Timeline(tuple(drawn), max(rates, default=0.0), False, seconds)


def lanes_of(spans: Iterable[tuple[float, float]]) -> list[int]:
    """For each the first lane that is free, so that none covers another; in order of beginnings."""
    ends: list[float] = []
    found = []
    for began, ended in spans:
        lane = next((at for at, end in enumerate(ends) if end <= began + 1e-9), len(ends))
        if lane == len(ends):
            ends.append(0.0)
        ends[lane] = ended
        found.append(lane)
    return found


def shade_of(rate: float, fastest: float) -> int:
    return max(1, min(SHADES, int(rate / fastest * SHADES) + 1)) if fastest > 0 else 1


def _fastest(rates: list[float]) -> float:
    """Of all but the few that were so short that their rate says nothing."""
    return sorted(rates)[int((len(rates) - 1) * 0.95)] if rates else 0.0


def _streams(runs: Sequence[Run]) -> list[tuple[int, list[Part]]]:
    """A stream copies one part at a time. If a report says otherwise, it gets another lane; and of
    several runs, which the coordinator's streams are, each takes the first lane that is free."""
    held: dict[int, list[Part]] = defaultdict(list)
    parts = sorted((part for run in runs for part in run.parts), key=lambda each: each.began)
    for part in parts:
        held[part.stream if len(runs) == 1 else 1].append(part)
    found: dict[tuple[int, int], list[Part]] = defaultdict(list)
    for stream, some in held.items():
        for part, lane in zip(some, lanes_of((p.began, p.ended) for p in some), strict=True):
            found[stream, lane].append(part)
    return [(stream, found[stream, lane]) for stream, lane in sorted(found)] or [(1, [])]


def _each(lane: tuple[int, list[Part]], fastest: float) -> Lane:
    stream, parts = lane
    return Lane(
        stream,
        tuple(Bar(p.began, p.ended, p.rate, shade_of(p.rate, fastest), p) for p in parts),
    )


def _put(runs: Sequence[Run], spans: int, seconds: float) -> Lane:
    """Spans of time with what was copied in them."""
    rates = spread((part for run in runs for part in run.parts), seconds, spans)
    bars: list[Bar] = []
    for at, rate in enumerate(rates.rates):
        if rate <= 0:
            continue
        shade = shade_of(rate, rates.peak)
        began, ended = at * rates.width, (at + 1) * rates.width
        if bars and bars[-1].shade == shade and abs(bars[-1].ended - began) < 1e-9:
            began, rate = bars[-1].began, max(rate, bars.pop().rate)
        bars.append(Bar(began, ended, rate, shade, None))
    return Lane(0, tuple(bars))


def _name(runs: Sequence[Run]) -> str:
    if len(runs) == 1 or runs[0].by == "own":
        return runs[0].name
    first, last = runs[0].number, runs[-1].number
    return f"{first}–{last}"
