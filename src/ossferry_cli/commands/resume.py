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
    from ..asked.ids import base_of
    from ..asked.submit import Submitted, submit
    from ..buckets import bucket_of
    from ..fc.api import FunctionApi
    from ..function import chosen
    from ..problems import Problem
    from ..showing.screen import screen
    from ..watching.known import known
    from .attend import attend
    from .sending import AGAIN, kept_list, next_job

    function = chosen(which)
    api = FunctionApi(function)
    found = known(function, api, id, bucket, target_region)
    if found.event is None:
        raise Problem(f"the event of {found.id} is not on record: give the same command again")
    event = {name: value for name, value in found.event.items() if name != "handover"}
    base, mark = base_of(found.id), ""
    if found.is_job and not event.get("again"):
        # One that has ended only answers with its reply, so what is left is a new one.
        records = bucket_of(function, found.bucket, found.region)
        base, mark = next_job(records, base_of(found.job_id or found.id)), AGAIN
        event = {**event, "id": base, **kept_list(records, event, base)}
    if found.task is not None and found.watched.look().ended is None:
        submitted = Submitted(found.id, event, found.task.request_id, attached=True)
    else:
        submitted = submit(api, event, base, mark)
    attend(function, api, submitted, screen(as_json), which, detach=detach)
