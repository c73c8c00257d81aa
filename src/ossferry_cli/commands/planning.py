"""What ``plan`` does once its command line is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..asked.sources import headers_of, source_of
from ..options import Which
from ..planning.show import shown
from ..say import say
from .attend import print_json
from .ferry import ferry_of, list_said

_GIVEN_ON = (
    *("include", "exclude", "measure", "max_children", "thaw", "days", "tier", "prices"),
    *("source_region", "source_endpoint", "credentials", "target_region"),
)


def plan(
    places: tuple[str, ...],
    which: Which,
    as_json: bool,
    options: Mapping[str, Any],
) -> None:
    """Ends without a word about what went well: the plan is all that is printed."""
    sources, target = _parted(places, options["listed"])
    headers, warnings = headers_of(options["headers"])
    for each in warnings:
        say(f"ossferry: {each}", err=True)
    document = ferry_of(which).plan(
        tuple(source_of(each) for each in sources),
        target,
        list=list_said(options["listed"]),
        headers=headers,
        rate=options["rate"] and options["rate"] * 1e6,
        **{name: options[name] for name in _GIVEN_ON},
    )
    if as_json:
        print_json(document)
    else:
        say(shown(document))


def _parted(places: tuple[str, ...], listed: str | None) -> tuple[tuple[str, ...], str | None]:
    """Sources, and the target, which is the last object after others; it may be left out."""
    ends = bool(places) and places[-1].startswith("oss://")
    if ends and (len(places) > 1 or listed is not None):
        return places[:-1], places[-1]
    return places, None
