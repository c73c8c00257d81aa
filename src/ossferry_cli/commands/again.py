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
    from ..asked.ids import base_of, id_of
    from ..asked.programs import is_program
    from ..asked.submit import submit
    from ..fc.api import FunctionApi
    from ..function import chosen
    from ..problems import Problem
    from ..showing.screen import screen
    from ..watching.known import known
    from .attend import attend, where

    function = chosen(which)
    api = FunctionApi(function)
    found = known(function, api, id, bucket, target_region)
    ended = found.watched.look().ended
    if not found.is_job:
        one = "one program" if found.is_program else "one copy"
        raise Problem(f"{found.id} is {one}: send it again with ossferry resume {found.id}")
    if ended is None:
        raise Problem(
            f"{found.id} has not ended: wait for it with ossferry status {found.id} --wait"
            f"{where(which)}"
        )
    # With all that it had: a record has no secrets, so a list with some has to be given once more.
    before = {name: value for name, value in (found.event or {}).items() if name != "handover"}
    event = {
        "kind": "bulk",
        **before,
        "id": getattr(found.watched, "id", None) or found.id,
        "again": "failed",
        "target_region": found.region,
    }
    if not is_program(event):
        event["target_bucket_name"] = found.bucket
    base = f"again-{base_of(found.id)[:30].rstrip('-_')}-{id_of(event)[-10:]}"
    submitted = submit(api, event, base)
    attend(function, api, submitted, screen(as_json), which, detach=detach)
