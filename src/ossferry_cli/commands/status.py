"""``ossferry status``."""

from __future__ import annotations

import click

from ..options import Which, bucket_options, function_options, json_option
from ..say import say


@click.command("status")
@click.argument("id")
@click.option("--wait", is_flag=True, help="Show how it goes on, until its end.")
@bucket_options
@json_option
@function_options
def command(
    id: str,
    wait: bool,
    bucket: str | None,
    target_region: str | None,
    which: Which,
    as_json: bool,
) -> None:
    """Show how far a copy or a job is. The beginning of an ID is enough.

    \b
    ossferry status file-iso-1f0c9a2b3d
    ossferry status file-iso-1f0c9a2b3d --wait
    """
    import sys

    from ..problems import DONE
    from ..showing.line import end_of, line_of
    from ..showing.screen import screen, told
    from .attend import print_json, watch
    from .ferry import ferry_of

    task = ferry_of(which).task(id, bucket=bucket, target_region=target_region)
    if wait:
        shown = screen(as_json)
        shown.started(task.id, task.what, attached=True)
        watch(task, shown, which)
    progress = task.status()
    ended = progress.look.ended
    if as_json:
        document = {"id": task.id, "what": task.what, **progress.to_json()}
        print_json({**document, **(told(ended) if ended else {})})
    elif ended:
        say(end_of(ended, task.what))
        if ended.error:
            say(f"ossferry: {ended.error}", err=True)
    else:
        say(f"{task.id}: {task.what}\n{line_of(progress)}")
    sys.exit(ended.exit_code if ended else DONE)
