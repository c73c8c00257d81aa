"""The report as one page of HTML that asks for nothing else. Pure, but for its own template.

Whatever others wrote is shown inert: the template escapes it, and ``shown`` takes out of every
value what is no visible character. Its policy lets nothing run or load but what is written here.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from .. import words
from . import curves, figures, tables, timeline
from .marks import timeline as marks_of
from .model import Bulk, Document, Transfer
from .tables import Table
from .throughput import span, throughput
from .verdict import verdict

SMALL, LARGE = 200_000, 2_000_000
_SMALL_PARTS = 128
_HERE = Path(__file__).parent
_LEFT_OUT = ("slices", "failed", "over_time", "runs", "slowest")
_PROOFS = {
    "parts": "CRC64 of each part as it was received is that of the part in OSS",
    "object": "CRC64 of all parts together is that of the object in OSS",
    "source_crc64": "CRC64 of the bytes is the one that the source's server sent",
    "source_crc64nvme": "CRC-64/NVME of the bytes is the one that the source's server sent",
    "source_crc32c": "CRC-32C of the bytes is the one that the source's server sent",
    "expected_size": "the number of bytes is what the event expects",
    "expected_crc64": "CRC64 of the bytes is what the event expects",
    "expected_md5": "MD5 of the bytes is what the event expects",
    "copied_by_oss": "OSS made the copy itself",
}


class Chart(NamedTuple):
    """``keys`` are of what its marks mean: a class and words. ``drawing`` is None for tables that
    stand alone."""

    id: str
    title: str
    said: str
    drawing: Markup | None
    keys: list[tuple[str, str]]
    tables: list[Table]


def page(document: Document, price: Mapping[str, Any] | None = None) -> str:
    """All of it; at most ``SMALL`` bytes for what is small, and ``LARGE`` for anything. ``price``
    is what ``planning.cost.billed`` says of it."""
    view = _of_many(document) if isinstance(document, Bulk) else _of_one(document)
    if price is not None:
        view["figures"] += _price(price)
        view["charts"][-1].tables.append(tables.price(price))
    style, script = _file("style.css"), _file("script.js")
    html = _template().render(
        **view,
        document=document,
        verdict=verdict(document),
        about=tables.about(document),
        style=Markup(style),  # noqa: S704  a file of ours
        script=Markup(script),  # noqa: S704  a file of ours
        style_hash=_hash(style),
        script_hash=_hash(script),
        embedded=Markup("\0"),
    )
    most = SMALL if _is_small(document) else LARGE
    embedded = _embedded(document, most - len(html.encode()))
    return str(html).replace("\0", embedded)


def _of_one(transfer: Transfer) -> dict[str, Any]:
    seconds, rates = span(transfer), throughput(transfer)
    total = transfer.seconds.get("total", 0.0)
    charts = []
    if transfer.runs:
        line = marks_of(transfer, seconds)
        charts.append(
            Chart(
                "children",
                "Children and their streams",
                _how_drawn(line.whole),
                timeline.drawn(transfer, line),
                _keys(transfer, line.whole, line.fastest),
                [tables.runs(transfer), tables.parts(transfer)],
            )
        )
        planned = curves.planned_rate(transfer)
        said = f"At most {figures.rate(rates.sustained)} for a tenth of the time."
        if planned and transfer.plan:
            took = figures.seconds(transfer.plan.seconds)
            said += f" The plan foresaw {took}, at {figures.rate(planned)}."
        charts.append(
            Chart(
                "throughput",
                "Throughput over time",
                said,
                curves.drawn_rates(transfer, rates),
                [("area", "measured"), *([("plan", "foreseen")] if planned else [])],
                [tables.rates(rates)],
            )
        )
        slow = tables.slowest_parts(transfer)
        charts.append(Chart("slowest", "Slowest parts", "", None, [], [slow]))
    charts.append(_chart("phases", "Where the time went", tables.phases(transfer)))
    charts.append(_chart("cost", "Cost", tables.cost(transfer.cost)))
    name = transfer.target.rpartition("/")[2] or transfer.source_url
    return {
        "name": transfer.target or transfer.source_url or transfer.id,
        "title": f"{name}: {transfer.status}",
        "figures": _figures_of_one(transfer, total),
        "charts": charts,
        "proofs": [(each, _PROOFS.get(each, "")) for each in transfer.proof],
        "unproven": _unproven(transfer),
        "failed": None,
    }


def _figures_of_one(transfer: Transfer, total: float) -> list[tuple[str, str, str]]:
    """What, how much, and a remark. Each is in ``report.json`` as it is, or is made of two."""
    size = transfer.size if transfer.size is not None else transfer.source_size
    parts, children = transfer.parts, transfer.children
    found = [("time", figures.seconds(total), "")]
    if size is not None:
        found.insert(0, ("size", words.size(size), f"{size:,} bytes"))
        if transfer.status == "copied" and total > 0:
            found.append(("rate", figures.rate(size / total), "all phases together"))
    if parts.get("count"):
        largest = words.size(parts.get("size", 0))
        found.append(("parts", f"{parts['count']:,.0f}", f"of {largest} at most"))
    if "invocations" in children:
        peak = f"{children.get('peak', 0):,.0f} at once"
        found.append(("children", f"{children['invocations']:,.0f}", peak))
    retried = parts.get("retried", 0) + children.get("retried", 0)
    hedged = parts.get("hedged", 0) + children.get("hedged", 0)
    remark = f"{children.get('throttled', 0):,.0f} throttled"
    found += [("retries", f"{retried:,.0f}", remark), ("late, copied twice", f"{hedged:,.0f}", "")]
    if transfer.earlier.get("parts"):
        kept = words.size(transfer.earlier.get("bytes", 0))
        found.append(("kept from before", f"{transfer.earlier['parts']:,.0f}", f"parts, {kept}"))
    return [*found, *_busy(transfer)]


def _busy(document: Document) -> list[tuple[str, str, str]]:
    cost = document.cost
    if cost.gb_seconds is None:
        return [("busy time", figures.seconds(cost.busy_seconds), "of all instances")]
    busy = f"{figures.seconds(cost.busy_seconds)} busy"
    return [("GB-seconds", f"{cost.gb_seconds:,.1f}", busy)]


def _price(price: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    if price["known"] is None:
        return []
    left_out = "" if price["complete"] else ", not all of it"
    said = f"list price of {price['date']}{left_out}"
    return [("price", f"{price['currency']} {words.amount(price['known'])}", said)]


def _of_many(bulk: Bulk) -> dict[str, Any]:
    ends = [each.ended for each in bulk.slices] + [each.second for each in bulk.over_time]
    total = bulk.seconds.get("total", 0.0)
    most = max([total, *ends, 1e-3])
    charts = [_chart("outcomes", "Outcomes", tables.outcomes(bulk))]
    if bulk.causes or bulk.error_types:
        charts.append(_chart("causes", "Causes of failures", tables.causes(bulk)))
    if bulk.over_time:
        keys = [("area", "items done")]
        keys += [("bad", "of them failed")] if bulk.over_time[-1].failed else []
        drawing = curves.drawn_items(bulk, most)
        held = [tables.over_time(bulk)]
        charts.append(Chart("items", "Items over time", "", drawing, keys, held))
    if bulk.slices:
        keys = [("s1", "few items per second"), ("s2", ""), ("s3", ""), ("s4", "many")]
        keys += [("failing", "with failed items")] if bulk.failed_in_all else []
        drawing = timeline.drawn_slices(bulk, most)
        said = "Each bar is a slice of the items that one child was given."
        charts.append(Chart("slices", "Slices", said, drawing, keys, [tables.slices(bulk)]))
    if bulk.slowest:
        charts.append(_chart("slowest", "Slowest items", tables.slowest_items(bulk)))
    charts.append(_chart("cost", "Cost", tables.cost(bulk.cost)))
    return {
        "name": bulk.target or bulk.id,
        "title": f"{bulk.id}: {bulk.status}",
        "figures": _figures_of_many(bulk, total),
        "charts": charts,
        "proofs": [],
        "unproven": "",
        "failed": tables.failed(bulk) if bulk.failed else None,
    }


def _figures_of_many(bulk: Bulk, total: float) -> list[tuple[str, str, str]]:
    wanted = ("items", "copied", "restored", "done", "unchanged", "skipped", "waiting", "failed")
    found = [(name, f"{bulk.counts[name]:,.0f}", "") for name in wanted if name in bulk.counts]
    if "bytes" in bulk.counts:
        found.append(
            ("size", words.size(bulk.counts["bytes"]), f"{bulk.counts['bytes']:,.0f} bytes")
        )
    found.append(("time", figures.seconds(total), ""))
    if total > 0 and bulk.counts.get("items"):
        found.append(("rate", f"{bulk.counts['items'] / total:,.3g}", "items per second"))
    return [*found, *_busy(bulk)]


def _chart(name: str, title: str, table: Table) -> Chart:
    return Chart(name, title, "", None, [], [table])


def _how_drawn(whole: bool) -> str:
    if whole:
        return "Each line is a stream, each bar a part; the darker or brighter, the faster."
    return "Each line is a child, or several; the darker or brighter, the faster they were."


def _keys(transfer: Transfer, whole: bool, fastest: float) -> list[tuple[str, str]]:
    """Only of what is there."""
    ends = {run.outcome for run in transfer.runs}
    keys = [("s1", "slow"), ("s2", ""), ("s3", ""), ("s4", f"{figures.rate(fastest)} and more")]
    if whole and any(part.attempts > 1 for run in transfer.runs for part in run.parts):
        keys.append(("again", "tried again"))
    if whole and ends & {"late", "called_off"}:
        keys.append(("lost", "late or called off"))
    if ends & {"failed", "throttled"}:
        keys.append(("cross", "failed, or no instance was free"))
    if whole and any(run.by == "child" for run in transfer.runs):
        keys.append(("start", "asked, and not yet begun"))
    return keys


def _unproven(transfer: Transfer) -> str:
    if transfer.status != "copied":
        return ""
    told = {each for each in _PROOFS if each.startswith("source_")}
    if {*told, "expected_crc64", "expected_md5", "copied_by_oss"} & {*transfer.proof}:
        return ""
    return (
        "No checksum of the source was known. That the received bytes are the source's rests on"
        " what its server said with each reply."
    )


def _is_small(document: Document) -> bool:
    if isinstance(document, Bulk):
        return len(document.slices) + len(document.failed) <= _SMALL_PARTS
    return sum(len(run.parts) for run in document.runs) <= _SMALL_PARTS


def _embedded(document: Document, room: int) -> str:
    """The document for programs, or what is left without its long lists, which are then named."""
    whole = _inert(document.raw)
    if len(whole) <= room:
        return whole
    left = {name: value for name, value in document.raw.items() if name not in _LEFT_OUT}
    told = _inert({**left, "left_out": [name for name in _LEFT_OUT if name in document.raw]})
    return told if len(told) <= room else _inert({"left_out": sorted(map(str, document.raw))[:50]})


def _inert(raw: Any) -> str:
    """ASCII without anything that ends a script, or begins a comment, to who reads HTML."""
    text = json.dumps(raw, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _file(name: str) -> str:
    return (_HERE / name).read_text("utf-8")


@cache
def _template() -> Any:
    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: (
            figures.shown(value)
            if isinstance(value, str) and not isinstance(value, Markup)
            else value
        ),
    )
    return environment.get_template("page.html.j2")
