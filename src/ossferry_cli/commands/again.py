"""``ossferry again``."""

from __future__ import annotations

import click

from ..options import Which, bucket_options, follow_options, function_options, json_option


@click.command("again")
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
    """Do the failed items of a job once more; it has to have ended.

    \b
    ossferry again images-1f0c9a2b3d
    """
    from ..problems import NotEnded
    from ..showing.screen import screen
    from .attend import attend, where
    from .ferry import ferry_of

    task = ferry_of(which).task(id, bucket=bucket, target_region=target_region)
    try:
        later = task.again()
    except NotEnded as error:
        raise NotEnded(f"{error.sentence}{where(which)}") from None
    attend(later, screen(as_json), which, detach=detach)
