"""``ossferry report``."""

from __future__ import annotations

import click

from ..options import Which, bucket_options, function_options, json_option
from ..say import say


@click.command("report")
@click.argument("id")
@click.option(
    "--save",
    type=click.Path(dir_okay=False),
    help="A file to save it as: .html to look at, .json, or .trace.json for Perfetto; of a job also"
    " .csv or .jsonl, or failed.jsonl for the failed items.",
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
    """Show in short what came of a copy or of a job's items, or save all of it.

    \b
    ossferry report images-1f0c9a2b3d
    ossferry report images-1f0c9a2b3d --save report.html
    """
    from . import reporting
    from .ferry import ferry_of

    task = ferry_of(which).task(id, bucket=bucket, target_region=target_region)
    if save:
        task.save(save)
        return say(f"saved as {save}", err=True)
    if task.kind == "job":
        return reporting.summary(task, as_json)
    if task.kind == "program":
        return reporting.told_of_program(task, as_json)
    return reporting.told_of_transfer(task.report(), as_json)
