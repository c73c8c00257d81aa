"""``ossferry stop``."""

from __future__ import annotations

import click

from ..options import Which, bucket_options, function_options, json_option
from ..say import say


@click.command("stop")
@click.argument("id")
@bucket_options
@json_option
@function_options
def command(
    id: str,
    bucket: str | None,
    target_region: str | None,
    which: Which,
    as_json: bool,
) -> None:
    """End a copy or a job. What is done is kept: resume goes on with it.

    \b
    ossferry stop file-iso-1f0c9a2b3d
    """
    from .attend import print_json, where
    from .ferry import ferry_of

    task = ferry_of(which).task(id, bucket=bucket, target_region=target_region)
    task.stop()
    if as_json:
        print_json({"id": task.id, "status": "stopping"})
    else:
        say(f"stopping: {task.id}")
        say(f"To see it end: ossferry status {task.id} --wait{where(which)}", err=True)
