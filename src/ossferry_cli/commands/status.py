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

    from ..asked.events import described
    from ..fc.api import FunctionApi
    from ..function import chosen
    from ..problems import DONE
    from ..showing.line import end_of, line_of
    from ..showing.screen import screen, told
    from ..watching.known import known
    from ..watching.progress import Model
    from .attend import print_json, watch

    function = chosen(which)
    found = known(function, FunctionApi(function), id, bucket, target_region)
    what = described(found.event) if found.event else f"job {found.id} in oss://{found.bucket}"
    if wait:
        shown = screen(as_json)
        shown.started(found.id, what, attached=True)
        watch(found, what, shown, which)
    progress = Model().seen(found.watched.look(), 0.0)
    ended = progress.look.ended
    if as_json:
        document = {"id": found.id, "what": what, **progress.to_json()}
        print_json({**document, **(told(ended) if ended else {})})
    elif ended:
        say(end_of(ended, what))
        if ended.error:
            say(f"ossferry: {ended.error}", err=True)
    else:
        say(f"{found.id}: {what}\n{line_of(progress)}")
    sys.exit(ended.exit_code if ended else DONE)
