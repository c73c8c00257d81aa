"""``ossferry plan``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..options import Which, function_options, json_option, source_options
from ..problems import Misuse


@click.command("plan")
@click.argument("places", nargs=-1, metavar="SOURCE... [oss://BUCKET/KEY]")
@click.option("--list", "listed", metavar="FILE", help="Sources: a file, - or oss://b/key.")
@click.option("--include", multiple=True, metavar="PATTERN", help="Of a prefix: only such as *.gz.")
@click.option("--exclude", multiple=True, metavar="PATTERN", help="Of a prefix: none such as tmp/.")
@click.option("--measure", is_flag=True, help="Read the source from here, for two seconds.")
@click.option(
    "--rate", type=click.FloatRange(0, min_open=True), metavar="MB", help="MB/s of a connection."
)
@click.option("--max-children", type=click.IntRange(0, 99), help="At most so many at once.")
@click.option("--thaw", is_flag=True, help="With what restoring archived objects takes.")
@click.option("--days", type=click.IntRange(1, 365), default=3, help="With --thaw: for so long.")
@click.option(
    "--tier",
    type=click.Choice(["Expedited", "Standard", "Bulk"]),
    default="Standard",
    help="With --thaw.",
)
@click.option("--header", "headers", multiple=True, metavar="'N: V'", help="For sources; or @file.")
@click.option(
    "--prices",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Other prices.",
)
@source_options
@click.option("--target-region", metavar="ID", help="Of the target's bucket.")
@json_option
@function_options
def command(places: tuple[str, ...], which: Which, as_json: bool, **options: Any) -> None:
    """Say what a copy would take: seconds, requests, and money. Nothing is copied.

    Sources are those of cp. They are asked, listed and measured from this machine, with your own
    credentials; the function is looked at, and not invoked.

    \b
    ossferry plan https://example.org/file.iso
    ossferry plan https://example.org/file.iso --measure
    ossferry plan oss://my-bucket/photos/ oss://my-bucket/copies/ --thaw
    ossferry plan --list urls.txt
    """
    if not places and options["listed"] is None:
        raise Misuse("the source is missing: ossferry plan https://example.org/file.iso")
    from .planning import plan

    plan(places, which, as_json, options)
