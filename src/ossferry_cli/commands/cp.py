"""``ossferry cp``: the one command that most people need."""

from __future__ import annotations

from typing import Any

import click

from ..options import Which, follow_options, function_options, json_option, source_options
from ..problems import Misuse

EXAMPLE = "ossferry cp https://example.org/file.iso oss://my-bucket/images/file.iso"


@click.command(
    "cp",
    epilog="Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done but for failed items, 130 Ctrl-C"
    " (the copy goes on).",
)
@click.argument("places", nargs=-1, metavar="SOURCE... TARGET")
@click.option("--list", "listed", metavar="FILE", help="Sources: a file, -, oss://b/key or a URL.")
@click.option("--bulk", is_flag=True, help="The source is a prefix, even without / at its end.")
@click.option("--include", multiple=True, metavar="PATTERN", help="Of a prefix: only such as *.gz.")
@click.option("--exclude", multiple=True, metavar="PATTERN", help="Of a prefix: none such as tmp/.")
@click.option("--naming", type=click.Choice(["name", "path", "host"]), help="Keys of a list.")
@click.option("--fail-above", metavar="N", help="Fail if more items do: a count, or 5%.")
@click.option("--thaw", is_flag=True, help="Restore archived sources first.")
@click.option("--days", type=click.IntRange(1, 365), help="With --thaw: readable for so long.")
@click.option("--tier", type=click.Choice(["Expedited", "Standard", "Bulk"]), help="With --thaw.")
@click.option("--confirm-above", metavar="N", help="With --thaw: refuse more, such as 500GB.")
@click.option(
    "--overwrite",
    type=click.Choice(["different", "newer", "always", "never"]),
    help="What becomes of an object that is there.",
)
@click.option("--max-children", type=click.IntRange(0, 99), help="At most so many at once.")
@click.option("--header", "headers", multiple=True, metavar="'N: V'", help="For sources; or @file.")
@click.option("--storage-class", metavar="CLASS", help="Of the objects, such as IA.")
@source_options
@click.option("--target-region", metavar="ID", help="Of the target's bucket.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@follow_options
@json_option
@function_options
def command(places: tuple[str, ...], which: Which, as_json: bool, **options: Any) -> None:
    """Copy SOURCEs to TARGET, an object or a prefix like oss://bucket/ that ends in /.

    A SOURCE is an http or https URL (quote it), oss://bucket/key, s3://bucket/key or
    cos://bucket-appid/key, a prefix that ends in /, @file for a file that holds the URL, or - for
    one from standard input.

    \b
    ossferry cp https://example.org/file.iso oss://my-bucket/images/file.iso
    ossferry cp oss://my-bucket/photos/ oss://my-bucket/copies/
    ossferry cp --list urls.txt oss://my-bucket/images/
    """
    if not places:
        raise Misuse(f"the target is missing: {EXAMPLE}")
    from .copying import copy

    copy(places[:-1], places[-1], which, as_json, options)
