"""Shows a report in short."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import islice
from typing import Any

from .. import words
from ..client.task import Task
from ..report.document import read
from ..report.verdict import verdict
from ..say import say
from ..showing.line import end_of
from ..showing.screen import told
from .attend import print_json

_SHOWN = 10


def told_of_transfer(document: Mapping[str, Any], as_json: bool) -> None:
    """What it comes to, and how long it took."""
    report = read(json.dumps(document).encode())
    if as_json:
        return print_json(report.raw)
    say(f"{report.status}: {verdict(report)}")
    for phase, took in report.seconds.items():
        say(f"  {phase} {took:.2f} s")
    return None


def told_of_program(task: Task, as_json: bool) -> None:
    """Its reply: what it made, and how long each phase took."""
    reply, ended = task.report(), task.ended()
    if as_json:
        return print_json(told(ended))
    say(ended.error or end_of(ended, task.id))
    outputs = dict(reply.get("outputs") or {})
    made = list(outputs.get("objects") or ())
    for each in made[:_SHOWN]:
        say(f"  oss://{outputs['bucket']}/{each['key']}, {words.size(each['size'])}")
    if outputs.get("count", 0) > min(len(made), _SHOWN):
        say(f"  and {outputs['count'] - min(len(made), _SHOWN):,} more: --json, or the record")
    for phase, took in dict(reply.get("seconds") or {}).items():
        say(f"  {phase} {took:.2f} s")
    return None


def summary(task: Task, as_json: bool) -> None:
    """Of a job: counts, causes, and the first items that failed."""
    failed, ended = [*islice(task.failed(), _SHOWN)], task.ended()
    if as_json:
        return print_json({"id": task.id, **told(ended), "failed": failed})
    say(end_of(ended, task.id))
    for cause, count in dict(ended.reply.get("causes") or {}).items():
        say(f"  {count:,} failed by {cause}")
    for row in failed:
        say(f"  item {row.get('item')}: {row.get('source_url')}: {row.get('error')}")
    more = int(ended.reply.get("failed", 0)) - len(failed)
    if more > 0:
        say(f"  and {more:,} more: --save failed.jsonl")
    return None
