"""``ossferry sweep``."""

from __future__ import annotations

import click

from ..options import Which, function_options, json_option
from ..say import say


@click.command("sweep")
@click.argument("bucket", metavar="oss://BUCKET")
@click.option(
    "--older-than-hours",
    type=click.IntRange(0, 8760),
    default=24,
    show_default=True,
    help="What was written since then is left alone; 0 also ends what runs.",
)
@click.option("--target-region", metavar="ID", help="Of the bucket.")
@json_option
@function_options
def command(
    bucket: str, older_than_hours: int, target_region: str | None, which: Which, as_json: bool
) -> None:
    """Abort uploads of abandoned copies, and delete old records and reports.

    \b
    ossferry sweep oss://my-bucket
    """
    from .attend import print_json
    from .ferry import ferry_of

    reply = ferry_of(which).sweep(
        bucket, older_than_hours=older_than_hours, target_region=target_region
    )
    if as_json:
        return print_json(reply)
    say(f"swept {reply['swept']:,}, kept {reply['kept']:,}, failed {reply['failed']:,}")
    return None
