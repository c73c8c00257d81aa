"""What ``cp`` does once its command line is read."""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ossferry.ledger.head import folder_of
from ossferry.names import BULK_FOLDER

from ..asked.events import Event, Wanted, described, encoded, event_of
from ..asked.ids import id_of
from ..asked.sources import headers_of, source_of, target_of
from ..asked.submit import job_id_of, submit
from ..buckets import bucket_of
from ..fc.api import FunctionApi
from ..function import Function, chosen
from ..options import Which
from ..problems import Misuse, Problem
from ..say import say
from ..showing.line import end_of
from ..showing.screen import screen, told
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


def copy(
    sources: tuple[str, ...], to: str, which: Which, as_json: bool, options: Mapping[str, Any]
) -> None:
    shown = screen(as_json)
    target = target_of(to)
    headers, warnings = headers_of(options["headers"])
    for each in warnings:
        shown.warn(each)
    address, own = _list(options["listed"])
    given = tuple(source_of(each) for each in sources)
    function = chosen(which)
    region = options["target_region"] or function.region
    wanted = Wanted(
        sources=given,
        target=target,
        region=region,
        list="local" if own else address,
        bulk=options["bulk"],
        thaw=options["thaw"],
        dry_run=options["dry_run"],
        overwrite=options["overwrite"],
        max_children=options["max_children"],
        source_region=options["source_region"],
        source_endpoint=options["source_endpoint"],
        credentials=options["credentials"],
        headers=headers,
        common={"storage_class": options["storage_class"]},
        selection=_selection(options),
        terms=_terms(options),
    )
    event = event_of(wanted)
    api = FunctionApi(function)
    if own:
        del event["list"]
    if options["dry_run"]:
        return _dry_run(function, api, event, own, as_json)
    base = id_of(event, own.content if own else b"")
    mark, before = "", None
    bucket = bucket_of(function, target.bucket, region)
    if event.get("kind") != "bulk":
        before = mark_of(bucket, event["target_object_name"])
    else:
        base, mark = next_job(bucket, base), AGAIN
        event = {**event, "id": base, **_put(own, bucket, base)}
    submitted = submit(api, event, base, mark)
    attend(function, api, submitted, shown, which, detach=options["detach"], before=before)


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
    if bucket.head(key) is None:
        bucket.write(key, own.content)
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
        raise Problem("the list of that job is gone: give the same ossferry cp --list again")
    bucket.write(key, content[0])
    return {"list": f"oss://{bucket.name}/{key}"}


def _selection(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: list(options[name]) for name in ("include", "exclude") if options[name]}


def _terms(options: Mapping[str, Any]) -> dict[str, Any]:
    terms = terms_of(options["days"], options["tier"], options["confirm_above"])
    if not options["thaw"] and terms:
        raise Misuse(f"--{next(iter(terms)).replace('_', '-')} is for --thaw: add that")
    return {**terms, "naming": options["naming"], "fail_above": _count(options["fail_above"])}


def terms_of(days: int | None, tier: str | None, confirm_above: str | None) -> dict[str, Any]:
    terms = {"days": days, "tier": tier, "confirm_above": _count(confirm_above)}
    return {name: value for name, value in terms.items() if value is not None}


def _count(text: str | None) -> int | str | None:
    """A count is a number in an event, a share or bytes are text."""
    return int(text) if text is not None and text.isdecimal() else text


def _list(given: str | None) -> tuple[str | None, LocalList | None]:
    """The address of a list, or one of this machine."""
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
    return None, LocalList(content, f"{name}.gz" if packed and name != "list" else name)


def _dry_run(
    function: Function, api: FunctionApi, event: Event, own: LocalList | None, as_json: bool
) -> None:
    """Asked of the function, and waited for; a list is read where a job would read it."""
    if own is not None:
        target = bucket_of(function, event["target_bucket_name"], event["target_region"])
        key = own.key(f"dry-run-{hashlib.sha256(own.content).hexdigest()[:16]}")
        target.write(key, own.content)
        try:
            reply = api.invoke(
                encoded({**event, "list": f"oss://{event['target_bucket_name']}/{key}"})
            )
        finally:
            target.delete(key)
    else:
        reply = api.invoke(encoded(event))
    ended = Ended(str(reply.get("status", "")), reply)
    if as_json:
        print_json(told(ended))
    else:
        say(end_of(ended, described(event)))
