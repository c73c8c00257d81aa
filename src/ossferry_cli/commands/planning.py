"""What ``plan`` does once its command line is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ossferry.jobs import Selection, Thaw

from ..asked.sources import headers_of, source_of, target_of
from ..function import chosen
from ..options import Which
from ..planning.asked import Asked, Elsewhere
from ..planning.deployment import deployment_of
from ..planning.plan import Options, planned
from ..planning.show import shown
from ..say import say
from .attend import print_json


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
    given = tuple(source_of(each) for each in sources)
    if target is not None:
        target_of(target)
    function = chosen(which)
    asked = Asked(
        sources=given,
        listed=options["listed"],
        region=options["target_region"] or function.region,
        source_region=options["source_region"] or function.region,
        elsewhere=Elsewhere(
            options["source_region"], options["source_endpoint"], options["credentials"]
        ),
        headers=headers,
        selection=Selection(include=options["include"], exclude=options["exclude"]),
        thaw=Thaw(options["days"], options["tier"], copies=target is not None),
        thaws=options["thaw"],
    )
    rate = options["rate"] and options["rate"] * 1e6
    wanted = Options(options["measure"], rate, options["max_children"], options["prices"])
    document = planned(asked, function, deployment_of(function), wanted)
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
