"""``ossferry resume``."""

from __future__ import annotations

import click

from ..options import Which, bucket_options, follow_options, function_options, json_option


@click.command("resume")
@click.argument("id")
@bucket_options
@follow_options
@json_option
@function_options
def command(
    id: str,
    bucket: str | None,
    target_region: str | None,
    detach: bool,
    which: Which,
    as_json: bool,
) -> None:
    """Send the same event again: it goes on with the parts and items that are kept.

    \b
    ossferry resume file-iso-1f0c9a2b3d
    """
    from ..showing.screen import screen
    from .attend import attend
    from .ferry import ferry_of

    task = ferry_of(which).task(id, bucket=bucket, target_region=target_region)
    attend(task.resume(), screen(as_json), which, detach=detach)
