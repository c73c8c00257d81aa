"""``ossferry thaw``."""

from __future__ import annotations

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
    from ..asked.events import described, encoded, thaw_event
    from ..asked.ids import id_of
    from ..asked.sources import target_of
    from ..asked.submit import submit
    from ..buckets import bucket_of
    from ..fc.api import FunctionApi
    from ..function import chosen
    from ..showing.line import end_of
    from ..showing.screen import screen, told
    from ..watching.look import Ended
    from .attend import attend, print_json
    from .copying import terms_of
    from .sending import AGAIN, next_job

    place = target_of(source)
    event = thaw_event(place, terms_of(days, tier, confirm_above), source_region)
    function = chosen(which)
    api = FunctionApi(function)
    if dry_run:
        reply = api.invoke(encoded({**event, "dry_run": True}))
        ended = Ended(str(reply.get("status", "")), reply)
        if as_json:
            print_json(told(ended))
            return
        say(end_of(ended, described(event)))
        for name, took in dict(reply.get("restore") or {}).items():
            say(f"  {name}: {took}")
        return
    bucket = bucket_of(function, place.bucket, source_region)
    base = next_job(bucket, f"thaw-{id_of(event)}")
    submitted = submit(api, {**event, "id": base}, base, AGAIN)
    attend(function, api, submitted, screen(as_json), which, detach=detach)
