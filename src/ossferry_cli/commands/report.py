"""``ossferry report``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ..options import Which, bucket_options, function_options, json_option

if TYPE_CHECKING:
    from ..function import Function
    from ..watching.known import Known


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
    from ..fc.api import FunctionApi
    from ..function import chosen
    from ..problems import Problem
    from ..watching.known import known
    from . import reporting

    function = chosen(which)
    found = known(function, FunctionApi(function), id, bucket, target_region)
    if not found.is_job:
        return _of_one(function, found, save, as_json)
    ended = found.watched.look().ended
    job_id = getattr(found.watched, "id", None)
    if ended is None or not job_id:
        raise Problem(f"{found.id} has no report yet: ossferry status {found.id} --wait")
    if save and reporting.is_drawn(save):
        return reporting.drawn(reporting.document_of_job(function, found, job_id), save)
    if "report" not in ended.reply:
        raise Problem(ended.error or f"{found.id} has no report: it was {ended.status}")
    if save:
        return reporting.saved(function, found, job_id, save)
    return reporting.summary(function, found, job_id, ended, as_json)


def _of_one(function: Function, found: Known, save: str | None, as_json: bool) -> None:
    """A copy, whose report is called after its request."""
    from ..problems import Misuse, Problem
    from . import reporting

    if found.is_program and save and not save.lower().endswith(".json"):
        raise Misuse(f"{found.id} is one program: give a name that ends in .json")
    if save and not reporting.is_drawn(save):
        raise Misuse(
            f"{found.id} is one copy: give a name that ends in .html, .json or .trace.json"
        )
    if found.task is None or not found.task.request_id:
        raise Problem(f"{found.id} has not begun: ossferry status {found.id} --wait")
    if found.task.live:
        raise Problem(f"{found.id} has no report yet: ossferry status {found.id} --wait")
    if found.is_program:
        return reporting.told_of_program(found, save, as_json)
    content = reporting.document_of_transfer(
        function, found.bucket, found.region, found.id, found.task.request_id
    )
    if save:
        return reporting.drawn(content, save)
    return reporting.told_of_transfer(content, as_json)
