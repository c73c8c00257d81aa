"""The numbers behind each picture, as tables, and those that need no picture. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from .. import words
from .figures import moment, rate, seconds
from .model import Bulk, Cost, Transfer
from .throughput import Rates

MOST = 500
_SLOWEST = 10


class Table(NamedTuple):
    """``numbers`` are the columns that are aligned as numbers. ``note`` tells what is left out."""

    caption: str
    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    numbers: frozenset[int] = frozenset()
    note: str = ""


def _table(
    caption: str, head: tuple[str, ...], rows: Iterable[tuple[str, ...]], words_in: int = 1
) -> Table:
    """The first ``words_in`` columns are words, all others numbers."""
    held = list(rows)
    note = ""
    if len(held) > MOST:
        note = f"The first {MOST} of {len(held):,} rows; ossferry report --save gives all as .json."
    return Table(caption, head, held[:MOST], frozenset(range(words_in, len(head))), note)


def parts(transfer: Transfer) -> Table:
    rows = (
        (
            run.name,
            _ends(run.outcome),
            f"{part.number}",
            f"{part.stream}",
            seconds(part.began),
            seconds(part.seconds),
            words.size(part.size),
            rate(part.rate),
            f"{part.attempts}",
        )
        for run in transfer.runs
        for part in run.parts
    )
    head = ("by", "outcome", "part", "stream", "began", "took", "bytes", "rate", "attempts")
    return _table("Each part", head, rows, 2)


def runs(transfer: Transfer) -> Table:
    rows = (
        (
            run.name,
            _ends(run.outcome) + (f": {run.error.message}" if run.error else ""),
            seconds(run.asked),
            "" if run.began is None else seconds(max(0.0, run.began - run.asked)),
            "" if run.answered is None else seconds(run.answered),
            f"{run.streams}",
            f"{len(run.parts):,}",
            words.size(sum(part.size for part in run.parts)),
            seconds(run.delayed),
        )
        for run in transfer.runs
    )
    head = (
        *("by", "outcome", "asked", "to begin", "answered", "streams", "parts", "bytes"),
        "held by OSS",
    )
    return _table("Each child's slice", head, rows, 2)


def slowest_parts(transfer: Transfer) -> Table:
    held = [(part, run) for run in transfer.runs for part in run.parts]
    held.sort(key=lambda each: each[0].rate)
    rows = (
        (
            run.name,
            f"{part.number}",
            rate(part.rate),
            seconds(part.seconds),
            words.size(part.size),
            f"{part.attempts}",
        )
        for part, run in held[:_SLOWEST]
    )
    return _table("Slowest parts", ("by", "part", "rate", "took", "bytes", "attempts"), rows)


def rates(found: Rates) -> Table:
    rows = (
        (seconds(at * found.width), rate(each), words.size(each * found.width))
        for at, each in enumerate(found.rates)
    )
    return _table("Throughput over time", ("from", "rate", "bytes"), rows)


def phases(document: Transfer | Bulk) -> Table:
    rows = ((name, seconds(took)) for name, took in document.seconds.items())
    return _table("Where the time went", ("phase", "took"), rows)


def cost(found: Cost) -> Table:
    rows = [("invocations", f"{found.invocations:,}"), ("busy time", seconds(found.busy_seconds))]
    if found.gb_seconds is not None:
        rows.append(("GB-seconds", f"{found.gb_seconds:,.1f}"))
    rows += [(f"{name} requests", f"{count:,.0f}") for name, count in found.requests.items()]
    return _table("What is billed", ("what", "how much"), rows)


def price(found: Mapping[str, Any]) -> Table:
    """A row for each quantity; what ``planning.cost.billed`` says."""
    currency = found["currency"]
    rows = (
        (
            line["what"],
            line["source"] or "price not known",
            f"{line['quantity']:,}",
            "" if line["price"] is None else f"{currency} {words.amount(line['price'])}",
        )
        for line in found["lines"]
    )
    said = f"Not included: {'; '.join(found['not_included'])}."
    return _table("By list prices", ("what", "list", "how much", "price"), rows, 2)._replace(
        note=said
    )


def outcomes(bulk: Bulk) -> Table:
    rows = (
        (name.replace("_", " "), words.size(count) if name == "bytes" else f"{count:,.0f}")
        for name, count in bulk.counts.items()
    )
    return _table("Outcomes", ("outcome", "how many"), rows)


def causes(bulk: Bulk) -> Table:
    held = [("cause", bulk.causes), ("error", bulk.error_types)]
    rows = ((kind, name, f"{count:,.0f}") for kind, each in held for name, count in each.items())
    return _table("Causes of failures", ("", "which", "items"), rows, 2)


def over_time(bulk: Bulk) -> Table:
    rows = (
        (seconds(each.second), f"{each.items:,.0f}", words.size(each.size), f"{each.failed:,.0f}")
        for each in bulk.over_time
    )
    return _table("Done by then", ("second", "items", "bytes", "failed"), rows)


def slices(bulk: Bulk) -> Table:
    rows = (
        (
            f"{each.number}",
            seconds(each.began),
            seconds(each.ended - each.began),
            f"{each.items:,}",
            words.size(each.size),
            f"{each.failed:,}",
        )
        for each in bulk.slices
    )
    return _table("Each slice", ("slice", "began", "took", "items", "bytes", "failed"), rows)


def failed(bulk: Bulk) -> Table:
    rows = [
        (each.item, each.error_type, each.error, each.source_url, each.target)
        for each in bulk.failed[:MOST]
    ]
    note = ""
    if bulk.failed_in_all > len(rows):
        note = (
            f"The first {len(rows):,} of {bulk.failed_in_all:,}; all of them:"
            f" ossferry report {bulk.id} --save failed.jsonl"
        )
    head = ("item", "error", "what it says", "source", "target")
    return Table("Failed items", head, rows, frozenset(), note)


def slowest_items(bulk: Bulk) -> Table:
    rows = (
        (each.item, each.target, words.size(each.size), seconds(each.seconds))
        for each in bulk.slowest
    )
    return _table("Slowest items", ("item", "target", "bytes", "took"), rows, 2)


def about(document: Transfer | Bulk) -> list[tuple[str, str]]:
    """Names and values for a list of what it was."""
    if isinstance(document, Bulk):
        said = [("From", document.source), ("To", document.target)]
        said += [(f"Report as {name}", key) for name, key in document.files.items()]
    else:
        said = [("From", document.source_url), ("To", document.target)]
        said += [("Known by", ", ".join(document.known_by)), ("CRC64", document.crc64)]
    said += [("Began", moment(document.began)), ("Id", document.id)]
    return [(name, value) for name, value in said if value]


def _ends(outcome: str) -> str:
    return outcome.replace("_", " ")
