"""Reads a report out of OSS: in short, or into a file, as it is or drawn."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

import requests

from ossferry.ledger.head import folder_of
from ossferry.ledger.reported import document
from ossferry.names import BULK_REPORT, REPORTS_FOLDER

from .. import words
from ..buckets import bucket_of
from ..function import Function
from ..problems import Misuse, Problem
from ..say import say
from ..session import guarded
from ..showing.line import end_of
from ..showing.screen import told
from ..watching.known import Known
from ..watching.look import Ended
from .attend import print_json

_SHOWN = 10
_FILES = {".csv": "report.csv", ".jsonl": "report.jsonl"}
_SLICE = 1 << 20
_DRAWN = (".html", ".json")


def is_drawn(path: str) -> bool:
    """Whether a file of this name is made of report.json."""
    return Path(path).suffix.lower() in _DRAWN


def saved(function: Function, known: Known, job_id: str, path: str) -> None:
    """All of it, which may be millions of lines."""
    file = _FILES.get(Path(path).suffix.lower())
    if Path(path).name == "failed.jsonl":
        file = "failed.jsonl"
    if file is None:
        raise Misuse(
            f"{path} ends in none of .html, .json, .trace.json, .csv and .jsonl: give such a name"
        )
    written(path, _content(function, known, job_id, file))


def document_of_job(function: Function, known: Known, job_id: str) -> bytes:
    """What it left, or what its records tell."""
    bucket = bucket_of(function, known.bucket, known.region)
    found = bucket.read(f"{folder_of(job_id)}{BULK_REPORT}")
    if found is not None:
        return found[0]
    return json.dumps(document(bucket, job_id), ensure_ascii=False).encode()


def document_of_transfer(
    function: Function, bucket: str, region: str, id: str, request_id: str
) -> bytes:
    """A ``Problem`` if there is none: what it took is on no record."""
    name = f"{REPORTS_FOLDER}{request_id}.json"
    found = bucket_of(function, bucket, region).read(name)
    if found is None:
        raise Problem(
            f"{id} has no {name} in oss://{bucket}: send it with report: true in its event to get"
            " one when it ends"
        )
    return found[0]


def drawn(content: bytes, path: str) -> None:
    """As a page, as a trace, or as it is, by the name of the file."""
    from ..report.document import read
    from ..report.page import page
    from ..report.trace import trace

    report = read(content)
    if path.lower().endswith(".trace.json"):
        content = trace(report).encode()
    elif path.lower().endswith(".html"):
        content = page(report).encode()
    written(path, [content])


def told_of_transfer(content: bytes, as_json: bool) -> None:
    """In short: what it comes to, and how long it took."""
    from ..report.document import read
    from ..report.verdict import verdict

    report = read(content)
    if as_json:
        return print_json(report.raw)
    say(f"{report.status}: {verdict(report)}")
    for phase, took in report.seconds.items():
        say(f"  {phase} {took:.2f} s")
    return None


def told_of_program(known: Known, save: str | None, as_json: bool) -> None:
    """Its reply: what it made, and how long each phase took."""
    ended = known.watched.look().ended
    reply = dict(ended.reply) if ended else {}
    if ended is None or (not ended.error and "seconds" not in reply):
        raise Problem(f"{known.id} left no reply: send it with report: true and a target")
    if save:
        return written(save, [json.dumps(reply, ensure_ascii=False, indent=2).encode()])
    if as_json:
        return print_json(told(ended))
    say(ended.error or end_of(ended, known.id))
    outputs = dict(reply.get("outputs") or {})
    made = list(outputs.get("objects") or ())
    for each in made[:_SHOWN]:
        say(f"  oss://{outputs['bucket']}/{each['key']}, {words.size(each['size'])}")
    if outputs.get("count", 0) > min(len(made), _SHOWN):
        say(f"  and {outputs['count'] - min(len(made), _SHOWN):,} more: --json, or the record")
    for phase, took in dict(reply.get("seconds") or {}).items():
        say(f"  {phase} {took:.2f} s")
    return None


def written(path: str, contents: Iterable[bytes]) -> None:
    """Under its name only once it is whole."""
    growing = f"{path}.part"
    try:
        with open(growing, "wb") as into:
            for content in contents:
                into.write(content)
        os.replace(growing, path)
    except OSError as error:
        raise Problem(f"{path} cannot be written: {error.strerror}") from None
    finally:
        with suppress(OSError):
            os.remove(growing)
    say(f"saved as {path}", err=True)


def summary(function: Function, known: Known, job_id: str, ended: Ended, as_json: bool) -> None:
    failed = [*islice(_rows(function, known, job_id), _SHOWN)] if ended.reply.get("failed") else []
    if as_json:
        return print_json({"id": known.id, **told(ended), "failed": failed})
    say(end_of(ended, known.id))
    for cause, count in dict(ended.reply.get("causes") or {}).items():
        say(f"  {count:,} failed by {cause}")
    for row in failed:
        say(f"  item {row.get('item')}: {row.get('source_url')}: {row.get('error')}")
    more = int(ended.reply.get("failed", 0)) - len(failed)
    if more > 0:
        say(f"  and {more:,} more: --save failed.jsonl")
    return None


def _rows(function: Function, known: Known, job_id: str) -> Iterator[dict[str, Any]]:
    held = b""
    for content in _content(function, known, job_id, "failed.jsonl"):
        *lines, held = (held + content).split(b"\n")
        yield from map(json.loads, lines)


def _content(function: Function, known: Known, job_id: str, file: str) -> Iterator[bytes]:
    bucket = bucket_of(function, known.bucket, known.region)
    url = bucket.get_url(f"{folder_of(job_id)}{file}")
    session = guarded(requests.Session(), proxies=False)  # as all else that is asked of OSS
    try:
        with session.get(url.reveal(), stream=True, timeout=60) as reply:
            if reply.status_code != 200:
                raise Problem(
                    f"{file} of {known.id} cannot be read: OSS answers {reply.status_code}; a sweep"
                    " may have removed it"
                )
            yield from reply.iter_content(_SLICE)
    except requests.RequestException:
        raise Problem("OSS broke off while the report was read: try again") from None
