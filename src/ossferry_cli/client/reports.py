"""Reads a report out of OSS: as data, or into a file, as it is or drawn."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import requests

from ossferry.ledger.head import folder_of
from ossferry.ledger.reported import document
from ossferry.names import BULK_REPORT, REPORTS_FOLDER

from ..buckets import bucket_of
from ..function import Function
from ..problems import Misuse, NotEnded, Problem
from ..session import guarded
from ..watching.known import Known
from ..watching.look import Ended
from .going_on import job_id_in

_FILES = {".csv": "report.csv", ".jsonl": "report.jsonl"}
_SLICE = 1 << 20
_DRAWN = (".html", ".json")


def document_of(function: Function, found: Known) -> bytes:
    """The report of a copy or a job, the reply of a program. ``NotEnded`` while it goes on, a
    ``Problem`` if there is none."""
    if found.is_job:
        _, job_id = _ended_job(found)
        return _of_job(function, found, job_id)
    request_id = _ended_one(found)
    if found.is_program:
        return _of_program(found)
    return _of_transfer(function, found, request_id)


def report_of(function: Function, found: Known) -> dict[str, Any]:
    """The same as data."""
    from ..report.document import read

    content = document_of(function, found)
    return dict(json.loads(content) if found.is_program else read(content).raw)


def save(function: Function, found: Known, path: str) -> None:
    """Whole or not at all; the end of the name says as what."""
    if found.is_program:
        if not path.lower().endswith(".json"):
            raise Misuse(f"{found.id} is one program: give a name that ends in .json")
        _ended_one(found)
        return _write(path, [_of_program(found)])
    if not found.is_job:
        if not _is_drawn(path):
            raise Misuse(
                f"{found.id} is one copy: give a name that ends in .html, .json or .trace.json"
            )
        return _draw(function, document_of(function, found), path)
    if _is_drawn(path):
        return _draw(function, document_of(function, found), path)
    job_id = _reported(found)
    file = _FILES.get(Path(path).suffix.lower())
    if Path(path).name == "failed.jsonl":
        file = "failed.jsonl"
    if file is None:
        raise Misuse(
            f"{path} ends in none of .html, .json, .trace.json, .csv and .jsonl: give such a name"
        )
    return _write(path, _content(function, found, job_id, file))


def failed(function: Function, found: Known) -> Iterator[dict[str, Any]]:
    """Rows of the report: those of items that failed."""
    if not found.is_job:
        raise Problem(f"{found.id} has no items: it is one, and its end says all")
    ended, job_id = _ended_job(found)
    _require_report(found, ended)
    held = b""
    if ended.reply.get("failed"):
        for content in _content(function, found, job_id, "failed.jsonl"):
            *lines, held = (held + content).split(b"\n")
            yield from map(json.loads, lines)


def _is_drawn(path: str) -> bool:
    """Whether a file of this name is made of report.json."""
    return Path(path).suffix.lower() in _DRAWN


def _ended_one(found: Known) -> str:
    """The request that a copy or a program was, after which its report is called."""
    if found.task is None or not found.task.request_id:
        raise NotEnded(f"{found.id} has not begun: ossferry status {found.id} --wait")
    if found.task.live:
        raise NotEnded(f"{found.id} has no report yet: ossferry status {found.id} --wait")
    return found.task.request_id


def _ended_job(found: Known) -> tuple[Ended, str]:
    ended = found.watched.look().ended
    job_id = job_id_in(found)
    if ended is None or not job_id:
        raise NotEnded(f"{found.id} has no report yet: ossferry status {found.id} --wait")
    return ended, job_id


def _reported(found: Known) -> str:
    ended, job_id = _ended_job(found)
    _require_report(found, ended)
    return job_id


def _require_report(found: Known, ended: Ended) -> None:
    if "report" not in ended.reply:
        raise Problem(ended.error or f"{found.id} has no report: it was {ended.status}")


def _of_job(function: Function, found: Known, job_id: str) -> bytes:
    """What it left, or what its records tell."""
    bucket = bucket_of(function, found.bucket, found.region)
    kept = bucket.read(f"{folder_of(job_id)}{BULK_REPORT}")
    if kept is not None:
        return kept[0]
    return json.dumps(document(bucket, job_id), ensure_ascii=False).encode()


def _of_transfer(function: Function, found: Known, request_id: str) -> bytes:
    """What it took is on no other record."""
    name = f"{REPORTS_FOLDER}{request_id}.json"
    kept = bucket_of(function, found.bucket, found.region).read(name)
    if kept is None:
        raise Problem(
            f"{found.id} has no {name} in oss://{found.bucket}: send it with report: true in its"
            " event to get one when it ends"
        )
    return kept[0]


def _of_program(found: Known) -> bytes:
    ended = found.watched.look().ended
    if ended is None or (not ended.error and "seconds" not in ended.reply):
        raise Problem(f"{found.id} left no reply: send it with report: true and a target")
    return json.dumps(dict(ended.reply), ensure_ascii=False, indent=2).encode()


def _draw(function: Function, content: bytes, path: str) -> None:
    """As a page, as a trace, or as it is, by the name of the file."""
    from ..planning.cost import billed
    from ..planning.deployment import deployment_of
    from ..planning.prices import prices_of
    from ..report.document import read
    from ..report.page import page
    from ..report.trace import trace

    report = read(content)
    if path.lower().endswith(".trace.json"):
        content = trace(report).encode()
    elif path.lower().endswith(".html"):
        price = billed(report.cost, deployment_of(function), prices_of(function.region))
        content = page(report, price).encode()
    _write(path, [content])


def _write(path: str, contents: Iterable[bytes]) -> None:
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


def _content(function: Function, found: Known, job_id: str, file: str) -> Iterator[bytes]:
    bucket = bucket_of(function, found.bucket, found.region)
    url = bucket.get_url(f"{folder_of(job_id)}{file}")
    session = guarded(requests.Session(), proxies=False)  # as all else that is asked of OSS
    try:
        with session, session.get(url.reveal(), stream=True, timeout=60) as reply:
            if reply.status_code != 200:
                raise Problem(
                    f"{file} of {found.id} cannot be read: OSS answers {reply.status_code}; a sweep"
                    " may have removed it"
                )
            yield from reply.iter_content(_SLICE)
    except requests.RequestException:
        raise Problem("OSS broke off while the report was read: try again") from None
