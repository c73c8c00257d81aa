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
    from .. import words
    from ..asked.events import described
    from .attend import print_json
    from .ferry import ferry_of

    ferry = ferry_of(which)
    found = ferry.list(
        prefix, status=status, limit=limit, bucket=bucket, target_region=target_region
    )
    if as_json:
        return print_json(found)
    tasks, where = found["tasks"], bucket or ferry.bucket
    rows = [("ID", "STATUS", "WHAT")]
    for task in tasks:
        what = described(task["event"]) if task["event"] else ""
        rows.append((task["id"], task["status"], what))
    ids = {task["id"] for task in tasks}
    for job in found["jobs"]:
        if job["id"] not in ids:
            said = f"{words.several(job['items'], 'item')}, {job['failed']:,} failed"
            rows.append((job["id"], job["status"], f"job in oss://{where}: {said}"))
    say(words.table(rows) if len(rows) > 1 else "nothing")
    return None
