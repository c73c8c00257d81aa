"""What ``cp`` does once its command line is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..asked.sources import headers_of, source_of, target_of
from ..options import Which
from ..showing.screen import screen
from .attend import attend, rehearsed
from .ferry import ferry_of, list_said

_GIVEN_ON = (
    *("bulk", "include", "exclude", "naming", "fail_above", "overwrite", "max_children"),
    *("storage_class", "thaw", "days", "tier", "confirm_above"),
    *("source_region", "source_endpoint", "credentials", "target_region", "dry_run"),
)


def copy(
    sources: tuple[str, ...], to: str, which: Which, as_json: bool, options: Mapping[str, Any]
) -> None:
    shown = screen(as_json)
    target_of(to)  # before anything is read
    headers, warnings = headers_of(options["headers"])
    for each in warnings:
        shown.warn(each)
    listed = list_said(options["listed"])
    given = tuple(source_of(each) for each in sources)
    fields = {name: options[name] for name in _GIVEN_ON}
    task = ferry_of(which).copy(given, to, list=listed, headers=headers, **fields)
    if options["dry_run"]:
        rehearsed(task, as_json)
    else:
        attend(task, shown, which, detach=options["detach"])
