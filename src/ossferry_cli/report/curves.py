"""Draws throughput over time, beside what was planned, and a job's items over time. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from markupsafe import Markup

from .. import words
from .figures import rate, seconds, ticks
from .model import Bulk, Transfer
from .svg import drawing, element, path
from .throughput import Rates
from .timeline import LEFT, RIGHT, WIDTH, Scale, axis

_TOP, _BOTTOM = 30.0, 210.0


def drawn_rates(transfer: Transfer, rates: Rates) -> Markup:
    most = rates.width * len(rates.rates)
    planned = planned_rate(transfer)
    high = max(rates.peak, planned, 1.0)
    scale, up = Scale(most), partial(_up, high)
    line = [(0.0, 0.0)]
    for at, each in enumerate(rates.rates):
        line += [(at * rates.width, each), ((at + 1) * rates.width, each)]
    line.append((most, 0.0))
    places = [(scale(second), up(value)) for second, value in line]
    pieces = [
        *axis(scale, _BOTTOM, _TOP),
        *_heights(high, up, rate),
        element("path", d=path(places) + "Z", class_="area"),
        element("path", d=path(places[1:-1]), class_="curve"),
    ]
    if planned and transfer.plan:
        end, level = scale(transfer.plan.seconds), up(planned)
        corner = [(scale(0), level), (end, level), (end, _BOTTOM)]
        pieces.append(element("path", d=path(corner), class_="plan"))
    label = f"Throughput over {seconds(most)}, {rate(rates.peak)} at most; see the table below"
    return drawing(WIDTH, _BOTTOM + 8, label, pieces)


def planned_rate(transfer: Transfer) -> float:
    if transfer.plan is None or transfer.plan.seconds <= 0:
        return 0.0
    left = (transfer.size or transfer.source_size or 0) - transfer.earlier.get("bytes", 0.0)
    return max(0.0, left) / transfer.plan.seconds


def drawn_items(bulk: Bulk, most: float) -> Markup:
    high = max([point.items for point in bulk.over_time] + [1.0])
    scale, up = Scale(most), partial(_up, high)
    done = [(scale(point.second), up(point.items)) for point in bulk.over_time]
    bad = [(scale(point.second), up(point.failed)) for point in bulk.over_time]
    area = [(scale(0), up(0)), *done, (done[-1][0], up(0))]
    pieces = [
        *axis(scale, _BOTTOM, _TOP),
        *_heights(high, up, lambda value: f"{value:,.0f}"),
        element("path", d=path(area) + "Z", class_="area"),
        element("path", d=path(done), class_="curve"),
    ]
    if bulk.over_time[-1].failed:
        pieces.append(element("path", d=path(bad), class_="curve bad"))
    items = words.several(int(bulk.over_time[-1].items), "item")
    label = f"{items} over {seconds(most)}; see the table below"
    return drawing(WIDTH, _BOTTOM + 8, label, pieces)


def _up(high: float, value: float) -> float:
    return _BOTTOM - (_BOTTOM - _TOP) * min(max(value, 0.0), high) / high


def _heights(
    high: float, up: Callable[[float], float], said: Callable[[float], str]
) -> list[Markup]:
    pieces = []
    for value in _steps(high):
        y = up(value)
        pieces += [
            element("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, class_="grid"),
            element("text", said(value), x=LEFT - 10, y=y + 4, class_="name"),
        ]
    return pieces


def _steps(high: float) -> Sequence[float]:
    return ticks(high, 5)
