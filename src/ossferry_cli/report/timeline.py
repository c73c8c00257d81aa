"""Draws who copied which part when. What is drawn is decided in ``marks``. Pure."""

from __future__ import annotations

from markupsafe import Markup

from .. import words
from .figures import rate, seconds, time_ticks
from .marks import Bar, Group, Timeline, lanes_of, shade_of
from .model import Bulk, Part, Run, Transfer
from .svg import drawing, element, number, together

WIDTH, LEFT, RIGHT, TOP = 960.0, 104.0, 12.0, 26.0
_GAP = 6.0
_ENDS = {
    "failed": "failed",
    "throttled": "no instance was free",
    "called_off": "called off",
    "late": "late: another copy was first",
}


class Scale:
    """From seconds to places."""

    def __init__(self, most: float) -> None:
        self.most = most

    def __call__(self, second: float) -> float:
        inside = min(max(second, 0.0), self.most)
        return LEFT + (WIDTH - LEFT - RIGHT) * inside / self.most


def drawn(transfer: Transfer, line: Timeline) -> Markup:
    scale = Scale(line.seconds)
    height = _lane_height(line)
    y, pieces = TOP, list[Markup]()
    for group in line.groups:
        pieces.append(_group(group, y, height, scale))
        y += height * len(group.lanes) + _gap(line)
    label = (
        f"{words.several(len(transfer.runs), 'slice')} of parts over {seconds(line.seconds)}; the"
        " same is in the table below"
    )
    return drawing(WIDTH, y + 4, label, [_axis(scale, y), *pieces])


def drawn_slices(bulk: Bulk, most: float) -> Markup:
    """The slices of a job, in as few lanes as there were children at once."""
    scale = Scale(most)
    slices = sorted(bulk.slices, key=lambda each: each.began)
    lanes = lanes_of((each.began, each.ended) for each in slices)
    height = 16.0 if max(lanes, default=0) < 24 else 8.0 if max(lanes) < 64 else 4.0
    fastest = max((each.items / max(each.ended - each.began, 1e-3) for each in slices), default=0)
    shown = slices if len(slices) <= 2500 else slices[:: -(-len(slices) // 2500)]
    bars = []
    for place, each in enumerate(slices):
        if len(shown) < len(slices) and place % -(-len(slices) // 2500):
            continue
        speed = each.items / max(each.ended - each.began, 1e-3)
        said = (
            f"slice {each.number}: {words.several(each.items, 'item')}, {words.size(each.size)},"
            f" {seconds(each.began)} to {seconds(each.ended)}"
            + (f", {each.failed:,} failed" if each.failed else "")
        )
        x, y = scale(each.began), TOP + lanes[place] * height
        kind = f"m s{shade_of(speed, fastest)}" + (" bad" if each.failed else "")
        bars.append(_bar(x, y, scale(each.ended) - x, height - 2, kind, said))
    bottom = TOP + (max(lanes, default=0) + 1) * height
    label = f"{words.several(len(slices), 'slice')} over {seconds(most)}; see the table below"
    names = element("text", "slices", x=LEFT - 10, y=TOP + 12, class_="name")
    return drawing(WIDTH, bottom + 6, label, [_axis(scale, bottom), names, *bars])


def said_of(part: Part, run: Run) -> str:
    """A part in words, for a tooltip."""
    return (
        f"part {part.number}: {run.name}, stream {part.stream}, {words.size(part.size)} at"
        f" {rate(part.rate)}, {seconds(part.began)} to {seconds(part.ended)}"
        + (f", {part.attempts} attempts" if part.attempts > 1 else "")
        + (f", {_ENDS[run.outcome]}" if run.outcome in _ENDS else "")
    )


def axis(scale: Scale, bottom: float, top: float = TOP) -> list[Markup]:
    pieces = []
    for second in time_ticks(scale.most):
        x = scale(second)
        end = {"text_anchor": "end"} if x > WIDTH - 40 else {}
        pieces += [
            element("line", x1=x, x2=x, y1=top - 6, y2=bottom, class_="grid"),
            element("text", _tick(second), x=x, y=top - 12, class_="tick", **end),
        ]
    return pieces


def _tick(second: float) -> str:
    if second < 120:
        return f"{second:g} s"
    return words.duration(second).removesuffix(" 00 s").removesuffix(" 00 min")


def _axis(scale: Scale, bottom: float) -> Markup:
    return together(axis(scale, bottom))


def _lane_height(line: Timeline) -> float:
    lanes = sum(len(group.lanes) for group in line.groups)
    return 16.0 if lanes <= 24 else 10.0 if lanes <= 64 else 7.0 if line.whole else 11.0


def _gap(line: Timeline) -> float:
    return _GAP if line.whole else 2.0


def _group(group: Group, y: float, height: float, scale: Scale) -> Markup:
    tall = height * len(group.lanes)
    pieces = []
    if tall >= 9:
        pieces.append(
            element("text", group.name, x=LEFT - 10, y=y + min(tall, 16) - 4, class_="name")
        )
    for run in group.runs:
        pieces += _around(run, y, tall, scale, whole=len(group.runs) == 1)
    lost = len(group.runs) == 1 and group.runs[0].outcome in ("late", "called_off")
    for place, lane in enumerate(group.lanes):
        for bar in lane.bars:
            x, width = scale(bar.began), scale(bar.ended) - scale(bar.began)
            top = y + place * height
            kind = f"m s{bar.shade}" + (" lost" if lost else "")
            if bar.part is not None and bar.part.attempts > 1:
                kind += " again"
            pieces.append(_bar(x, top, width, height - 1.5, kind, _said(bar, group)))
    return together(pieces)


def _said(bar: Bar, group: Group) -> str:
    if bar.part is not None:
        return said_of(bar.part, group.runs[0])
    return f"{group.name}: up to {rate(bar.rate)}, {seconds(bar.began)} to {seconds(bar.ended)}"


def _bar(x: float, y: float, width: float, height: float, kind: str, said: str) -> Markup:
    return element(
        "rect",
        element("title", said),
        x=x,
        y=y,
        width=max(1.0, width - 0.6),
        height=max(1.5, height),
        class_=kind,
    )


def _around(run: Run, y: float, tall: float, scale: Scale, *, whole: bool) -> list[Markup]:
    """What is no part: how long it took to begin, and how it ended where that was badly."""
    pieces = []
    asked, middle = scale(run.asked), y + min(tall, 16) / 2
    starts = run.began if run.began is not None else run.answered
    if whole and run.by == "child" and starts is not None and starts > run.asked:
        said = (
            f"{run.name}: asked at {seconds(run.asked)}, began {seconds(starts - run.asked)} later"
        )
        pieces.append(
            element(
                "rect",
                element("title", said),
                x=asked,
                y=middle - 1,
                width=max(1.0, scale(starts) - asked),
                height=2,
                class_="start",
            )
        )
    if run.outcome in ("throttled", "failed"):
        x = asked if run.outcome == "throttled" else scale(run.ended)
        a, b, c, d = (number(each) for each in (x - 4, x + 4, middle - 4, middle + 4))
        said = f"{run.name}: {_ENDS[run.outcome]}" + (f", {run.error.message}" if run.error else "")
        cross = f"M{a} {c}L{b} {d}M{a} {d}L{b} {c}"
        pieces.append(element("path", element("title", said), d=cross, class_="cross m"))
    return pieces
