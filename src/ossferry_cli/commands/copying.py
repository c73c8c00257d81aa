"""What ``cp`` does once its command line is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..asked.events import Wanted, event_of
from ..asked.sources import headers_of, source_of, target_of
from ..function import chosen
from ..options import Which
from ..problems import Misuse
from ..showing.screen import screen
from .sending import Sending, count_of, list_of, selection_of, send


def copy(
    sources: tuple[str, ...], to: str, which: Which, as_json: bool, options: Mapping[str, Any]
) -> None:
    shown = screen(as_json)
    target = target_of(to)
    headers, warnings = headers_of(options["headers"])
    for each in warnings:
        shown.warn(each)
    listed, own = list_of(options["listed"])
    given = tuple(source_of(each) for each in sources)
    function = chosen(which)
    region = options["target_region"] or function.region
    wanted = Wanted(
        sources=given,
        target=target,
        region=region,
        list=listed,
        bulk=options["bulk"],
        thaw=options["thaw"],
        dry_run=options["dry_run"],
        overwrite=options["overwrite"],
        max_children=options["max_children"],
        source_region=options["source_region"],
        source_endpoint=options["source_endpoint"],
        credentials=options["credentials"],
        headers=headers,
        common={"storage_class": options["storage_class"]},
        selection=selection_of(options),
        terms=_terms(options),
    )
    event = event_of(wanted)
    sending = Sending(
        event,
        many=event.get("kind") == "bulk",
        bucket=target.bucket,
        region=region,
        own=own,
        dry_run=options["dry_run"],
        detach=options["detach"],
    )
    send(sending, function, which, shown, as_json)


def _terms(options: Mapping[str, Any]) -> dict[str, Any]:
    terms = terms_of(options["days"], options["tier"], options["confirm_above"])
    if not options["thaw"] and terms:
        raise Misuse(f"--{next(iter(terms)).replace('_', '-')} is for --thaw: add that")
    return {**terms, "naming": options["naming"], "fail_above": count_of(options["fail_above"])}


def terms_of(days: int | None, tier: str | None, confirm_above: str | None) -> dict[str, Any]:
    terms = {"days": days, "tier": tier, "confirm_above": count_of(confirm_above)}
    return {name: value for name, value in terms.items() if value is not None}
