"""``ossferry report``."""

from __future__ import annotations

import click

from ..options import Which, bucket_options, function_options, json_option


@click.command("report")
@click.argument("id")
@click.option(
    "--save",
    type=click.Path(dir_okay=False),
    help="A file to save it as: .csv or .jsonl, or failed.jsonl for the failed items.",
)
@bucket_options
@json_option
@function_options
def command(
    id: str,
    save: str | None,
    bucket: str | None,
    target_region: str | None,
    which: Which,
    as_json: bool,
) -> None:
    """Show what came of a job's items in short, with the first that failed, or save all of it.

    \b
    ossferry report images-1f0c9a2b3d
    ossferry report images-1f0c9a2b3d --save report.csv
    """
    from ..fc.api import FunctionApi
    from ..function import chosen
    from ..problems import Problem
    from ..watching.known import known
    from .reporting import saved, summary

    function = chosen(which)
    found = known(function, FunctionApi(function), id, bucket, target_region)
    if not found.is_job:
        raise Problem(f"{found.id} is one copy, which has no report: ossferry status {found.id}")
    ended = found.watched.look().ended
    job_id = getattr(found.watched, "id", None)
    if ended is None or not job_id:
        raise Problem(f"{found.id} has no report yet: ossferry status {found.id} --wait")
    if "report" not in ended.reply:
        raise Problem(ended.error or f"{found.id} has no report: it was {ended.status}")
    if save:
        saved(function, found, job_id, save)
    else:
        summary(function, found, job_id, ended, as_json)
