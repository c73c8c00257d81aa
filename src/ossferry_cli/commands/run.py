"""``ossferry run``: programs, as ``cp`` is for copies."""

from __future__ import annotations

from typing import Any

import click

from ..options import Which, follow_options, function_options, json_option


@click.command(
    "run",
    epilog="Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done but for failed items, 130 Ctrl-C"
    " (the program goes on).",
)
@click.argument("program")
@click.argument("places", nargs=-1, metavar="[SOURCE] [TARGET]")
@click.option("-p", "--parameter", multiple=True, metavar="NAME=VALUE", help="Of the program.")
@click.option("--list", "listed", metavar="FILE", help="Objects: a file, -, oss://b/key or a URL.")
@click.option("--alone", is_flag=True, help="Without an object, as without a SOURCE.")
@click.option("--include", multiple=True, metavar="PATTERN", help="Of a prefix: only such as *.gz.")
@click.option("--exclude", multiple=True, metavar="PATTERN", help="Of a prefix: none such as tmp/.")
@click.option("--naming", type=click.Choice(["name", "path", "host"]), help="Names in a list.")
@click.option("--fail-above", metavar="N", help="Fail if more items do: a count, or 5%.")
@click.option("--max-children", type=click.IntRange(0, 99), help="At most so many at once.")
@click.option("--then", metavar="PROGRAM", help="One more program, over what this one makes.")
@click.option("--when", metavar="N|all", help="With --then: over so many objects, or all of them.")
@click.option("--then-target", metavar="oss://...", help="With --then: where its outputs go.")
@click.option("--max-wait", type=click.IntRange(1), help="With --then: seconds to wait for others.")
@click.option("--then-parameter", multiple=True, metavar="NAME=VALUE", help="With --then: its own.")
@click.option("--flush", is_flag=True, help="With TARGET alone: gather what still waits.")
@click.option("--id", metavar="ID", help="Instead of the one that follows from what is asked.")
@click.option("--source-region", metavar="ID", help="Of the source's bucket.")
@click.option("--target-region", metavar="ID", help="Of the target's bucket.")
@click.option("--dry-run", is_flag=True, help="Of many: say what would be done, and do nothing.")
@follow_options
@json_option
@function_options
def command(
    program: str, places: tuple[str, ...], which: Which, as_json: bool, **options: Any
) -> None:
    """Run PROGRAM, which is deployed with the function, over SOURCE; its outputs go to TARGET.

    SOURCE is an object, or all objects below a prefix that ends in /. TARGET is what goes before
    the keys of outputs; a folder ends in /.

    \b
    ossferry run transcode oss://my-bucket/in/480P.mp4 oss://my-bucket/out/ -p format=mov
    ossferry run transcode oss://my-bucket/in/ oss://my-bucket/out/ --exclude drafts/
    ossferry run transcode --list objects.txt oss://my-bucket/out/
    ossferry run nightly oss://my-bucket/nightly/
    """
    from .running import run

    run(program, places, which, as_json, options)
