"""Sends an event that a command line asks for, and follows it: what ``cp`` and ``run`` have in
common. A list of this machine goes with it."""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ossferry.crc64 import crc64
from ossferry.ledger.head import folder_of
from ossferry.names import BULK_FOLDER

from ..asked.events import Event, described, encoded
from ..asked.ids import ID, id_of
from ..asked.programs import LOCAL
from ..asked.sources import without_secrets
from ..asked.submit import Submitted, job_id_of, submit
from ..buckets import bucket_of
from ..fc.api import FunctionApi
from ..function import Function
from ..options import Which
from ..problems import Misuse, Problem
from ..say import say
from ..showing.line import end_of
from ..showing.screen import Screen, told
from ..watching.jobs import read_head
from ..watching.look import Ended
from ..watching.transfers import mark_of
from .attend import attend, print_json

if TYPE_CHECKING:
    from ossferry.oss.bucket import Bucket

_ENDINGS = ("urls", "txt", "tsv", "csv", "jsonl", "ndjson")
AGAIN = "r"  # before the number of what goes on with a job


class LocalList(NamedTuple):
    """A list that lies with its job, so that both are swept together."""

    content: bytes
    name: str  # list.tsv, list.csv.gz

    def key(self, job_id: str) -> str:
        return f"{folder_of(job_id)}{self.name}"


class Sending(NamedTuple):
    """An event, and where its records are: None without a target. ``many``: it is a job, which has
    an id of its own. ``own`` is a list of this machine, ``id`` one that somebody chose."""

    event: Event
    many: bool
    bucket: str | None
    region: str
    own: LocalList | None = None
    id: str | None = None
    dry_run: bool = False
    detach: bool = False


def send(sending: Sending, function: Function, which: Which, shown: Screen, as_json: bool) -> None:
    """Ends the command, unless it is a dry run."""
    api = FunctionApi(function)
    event, own = sending.event, sending.own
    if own:
        event = {name: value for name, value in event.items() if name != "list"}
    if sending.dry_run:
        return _dry_run(function, api, sending._replace(event=event), as_json)
    base = _id(sending.id) or id_of(event, own.content if own else b"")
    mark, before = "", None
    bucket = bucket_of(function, sending.bucket, sending.region) if sending.bucket else None
    if bucket and sending.many:
        base, mark = next_job(bucket, base), AGAIN
        event = {**event, "id": base, **_put(own, bucket, base)}
    elif bucket and "target_object_name" in event:
        before = mark_of(bucket, event["target_object_name"])
    submitted = submit(api, event, base, mark)
    if sending.id:
        _require_same(submitted, event)
    attend(function, api, submitted, shown, which, detach=sending.detach, before=before)


def _id(given: str | None) -> str | None:
    if given is not None and not ID.fullmatch(given):
        raise Misuse("--id is a letter, then up to 63 letters, digits, - and _")
    return given


def _require_same(submitted: Submitted, event: Event) -> None:
    """An id that somebody chose may be that of something else."""
    if submitted.attached and without_secrets(submitted.event) != without_secrets(event):
        raise Problem(
            f"{submitted.id} runs already, and is something else: choose another --id, or look at"
            f" ossferry status {submitted.id}"
        )


def next_job(bucket: Bucket, base: str) -> str:
    """The id of a job that has not ended."""

    def is_over(job_id: str) -> bool:
        head = read_head(bucket, job_id)
        return head is not None and head.over

    return job_id_of(base, is_over)


def _put(own: LocalList | None, bucket: Bucket, job_id: str) -> Event:
    """A list of this machine, to where the function reads it."""
    if own is None:
        return {}
    key = own.key(job_id)
    there = bucket.head(key)
    if there is None:
        bucket.write(key, own.content)
    elif (there.size, there.crc64) != (len(own.content), crc64(own.content)):
        raise Problem(f"{job_id} is a job over another list: choose another --id")
    return {"list": f"oss://{bucket.name}/{key}"}


def kept_list(bucket: Bucket, event: Mapping[str, Any], job_id: str) -> Event:
    """Of an earlier job: put beside the one that goes on with it, so that no sweep takes it away
    while that runs."""
    found = re.fullmatch(
        rf"oss://{bucket.name}/({BULK_FOLDER}[^/]+/)(list[^/]*)", event.get("list", "")
    )
    key = f"{folder_of(job_id)}{found[2]}" if found else ""
    if not found or key == f"{found[1]}{found[2]}":
        return {}
    content = bucket.read(f"{found[1]}{found[2]}")
    if content is None:
        raise Problem("the list of that job is gone: give the same command with --list again")
    bucket.write(key, content[0])
    return {"list": f"oss://{bucket.name}/{key}"}


def list_of(given: str | None) -> tuple[str | None, LocalList | None]:
    """The address of a list, or one of this machine, which ``LOCAL`` stands for."""
    if given is None or given.startswith(("oss://", "http://", "https://")):
        return given, None
    try:
        content = sys.stdin.buffer.read() if given == "-" else Path(given).read_bytes()
    except OSError as error:
        raise Misuse(f"the list {given} cannot be read: {error.strerror}") from None
    if not content.strip():
        raise Misuse(f"the list {given} is empty: write a source into each line")
    pieces = Path(given).name.lower().split(".")
    packed = pieces[-1:] == ["gz"]
    ending = (pieces[:-1] if packed else pieces)[-1:] if len(pieces) > 1 else []
    name = ".".join(["list", *(each for each in ending if each in _ENDINGS)])
    return LOCAL, LocalList(content, f"{name}.gz" if packed and name != "list" else name)


def selection_of(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: list(options[name]) for name in ("include", "exclude") if options[name]}


def count_of(text: str | None) -> int | str | None:
    """A count is a number in an event, a share or bytes are text."""
    return int(text) if text is not None and text.isdecimal() else text


def _dry_run(function: Function, api: FunctionApi, sending: Sending, as_json: bool) -> None:
    """Asked of the function, and waited for; a list is read where a job would read it."""
    event, own = sending.event, sending.own
    if own is not None and sending.bucket:
        target = bucket_of(function, sending.bucket, sending.region)
        key = own.key(f"dry-run-{hashlib.sha256(own.content).hexdigest()[:16]}")
        target.write(key, own.content)
        try:
            reply = api.invoke(encoded({**event, "list": f"oss://{sending.bucket}/{key}"}))
        finally:
            target.delete(key)
    else:
        reply = api.invoke(encoded(event))
    ended = Ended(str(reply.get("status", "")), reply)
    if as_json:
        print_json(told(ended))
    else:
        say(end_of(ended, described(event)))
