"""``ossferry thaw``."""

from __future__ import annotations

from typing import Any

import click

from ..options import Which, follow_options, function_options, json_option
from ..say import say


@click.command("thaw")
@click.argument("source", metavar="oss://BUCKET/PREFIX")
@click.option("--days", type=click.IntRange(1, 365), help="For how long objects stay readable.")
@click.option("--tier", type=click.Choice(["Expedited", "Standard", "Bulk"]), help="How fast.")
@click.option("--confirm-above", metavar="N", help="Refuse more: a count, or such as 500GB.")
@click.option("--source-region", metavar="ID", help="Of the bucket.")
@click.option("--dry-run", is_flag=True, help="Say what it would take, and do nothing.")
@follow_options
@json_option
@function_options
def command(
    source: str,
    days: int | None,
    tier: str | None,
    confirm_above: str | None,
    source_region: str | None,
    dry_run: bool,
    detach: bool,
    which: Which,
    as_json: bool,
) -> None:
    """Restore what is archived below a prefix, and wait until it is readable.

    That takes from a minute to two days, and costs money: --dry-run says how much data it is.

    \b
    ossferry thaw oss://my-bucket/2019/ --days 3 --detach
    """
    from ..showing.screen import screen
    from .attend import attend, rehearsed
    from .ferry import ferry_of

    terms: dict[str, Any] = {"days": days, "tier": tier, "confirm_above": confirm_above}
    task = ferry_of(which).thaw(source, **terms, source_region=source_region, dry_run=dry_run)
    if not dry_run:
        attend(task, screen(as_json), which, detach=detach)
    ended = rehearsed(task, as_json)
    for name, took in dict({} if as_json else ended.reply.get("restore") or {}).items():
        say(f"  {name}: {took}")
