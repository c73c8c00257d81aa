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
    from ..asked.events import encoded
    from ..fc.api import FunctionApi
    from ..function import chosen
    from ..problems import Problem
    from ..watching.known import known
    from .attend import print_json, where

    function = chosen(which)
    api = FunctionApi(function)
    found = known(function, api, id, bucket, target_region)
    look = found.watched.look()
    if look.ended is not None:
        raise Problem(f"{found.id} has ended already: {look.ended.status}")
    job_id = getattr(found.watched, "id", None)
    if found.is_job and job_id and look.state != "Enqueued":
        # The job, not one of its invocations: it goes on in others.
        target = {"target_region": found.region, "target_bucket_name": found.bucket}
        api.invoke(encoded({"kind": "bulk", "id": job_id, "stop": True, **target}))
    elif found.task is not None and found.task.live:
        api.stop(found.id)
    elif found.task is not None:
        later = api.going_on(found.task.request_id)
        if not later:
            raise Problem(
                f"nothing of {found.id} runs just now: look at ossferry status {found.id}"
            )
        for task in later:
            api.stop(task.id)
    if as_json:
        print_json({"id": found.id, "status": "stopping"})
    else:
        say(f"stopping: {found.id}")
        say(f"To see it end: ossferry status {found.id} --wait{where(which)}", err=True)
