"""Reads a job's report out of OSS: in short, or into a file."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

import requests

from ossferry.ledger.head import folder_of

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


def saved(function: Function, known: Known, job_id: str, path: str) -> None:
    """All of it, which may be millions of lines."""
    file = _FILES.get(Path(path).suffix.lower())
    if Path(path).name == "failed.jsonl":
        file = "failed.jsonl"
    if file is None:
        raise Misuse(f"{path} ends in neither .csv nor .jsonl: give such a name")
    growing = f"{path}.part"
    try:
        with open(growing, "wb") as into:
            for content in _content(function, known, job_id, file):
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
