"""``ossferry ls``."""

from __future__ import annotations

import click

from ..options import Which, bucket_options, function_options, json_option
from ..say import say


@click.command("ls")
@click.argument("prefix", default="")
@click.option("--status", help="Only tasks like this: Running, Failed, Succeeded, ...")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="At most.")
@bucket_options
@json_option
@function_options
def command(
    prefix: str,
    status: str | None,
    limit: int,
    bucket: str | None,
    target_region: str | None,
    which: Which,
    as_json: bool,
) -> None:
    """List the tasks of the last seven days, the newest first, and the jobs in a bucket.

    PREFIX is how their ids begin.

    \b
    ossferry ls
    ossferry ls --status Running
    """
    from itertools import islice

    from .. import words
    from ..asked.events import described
    from ..asked.sources import without_secrets
    from ..buckets import bucket_of
    from ..fc.api import FunctionApi
    from ..function import chosen
    from ..watching.jobs import jobs_in, look_of
    from .attend import print_json

    function = chosen(which)
    tasks = [*islice(FunctionApi(function).tasks(prefix, status or ""), limit)]
    where = bucket or function.bucket
    heads = []
    if where and status is None:
        found = jobs_in(bucket_of(function, where, target_region))
        heads = [*islice((each for each in found if each.id.startswith(prefix)), limit)]
    if as_json:
        print_json(
            {
                "tasks": [
                    {
                        "id": task.id,
                        "status": task.status,
                        "started": task.started,
                        "ended": task.ended or None,
                        "retried": task.retried,
                        "error": task.error or None,
                        "event": without_secrets(task.event) if task.event else None,
                    }
                    for task in tasks
                ],
                "jobs": [
                    {
                        "id": head.id,
                        "status": head.status,
                        "began": head.began,
                        "items": head.sum.items,
                        "of": head.items,
                        "failed": head.sum.failed,
                        "bytes": head.sum.bytes,
                    }
                    for head in heads
                ],
            }
        )
        return
    rows = [("ID", "STATUS", "WHAT")]
    rows += [(task.id, task.status, described(task.event) if task.event else "") for task in tasks]
    ids = {task.id for task in tasks}
    for head in heads:
        if head.id not in ids:
            look = look_of(head)
            said = f"{words.several(look.items or 0, 'item')}, {look.failed:,} failed"
            rows.append((head.id, head.status, f"job in oss://{where}: {said}"))
    say(words.table(rows) if len(rows) > 1 else "nothing")
