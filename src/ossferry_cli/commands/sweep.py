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
    from ..asked.events import encoded
    from ..asked.sources import target_of
    from ..fc.api import FunctionApi
    from ..function import chosen
    from ..problems import Misuse
    from .attend import print_json

    target = target_of(bucket)
    if target.key:
        raise Misuse(f"a sweep is for all of a bucket: give oss://{target.bucket}")
    function = chosen(which)
    event = {
        "kind": "sweep",
        "target_region": target_region or function.region,
        "target_bucket_name": target.bucket,
        "older_than_hours": older_than_hours,
    }
    reply = FunctionApi(function).invoke(encoded(event))
    if as_json:
        return print_json(reply)
    say(f"swept {reply['swept']:,}, kept {reply['kept']:,}, failed {reply['failed']:,}")
    return None
