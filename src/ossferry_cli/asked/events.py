"""The event that a ``cp`` or a ``thaw`` asks for. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from ossferry.errors import InvalidEvent
from ossferry.lists.keys import Prefixed
from ossferry.lists.rows import Unfit
from ossferry.origins.place import is_foreign, is_object

from .. import words
from ..problems import Misuse
from .sources import Target, is_prefix, shown

EVENT_AT_MOST = 128 * 1024
_ITEMS_AT_MOST = 1000
_OF_PREFIX = "--include and --exclude are for a prefix: leave them out"

Event = dict[str, Any]


class Wanted(NamedTuple):
    """What was said on the command line. ``list`` is an address that the function can read.

    ``region`` is that of the target, ``common`` fields of events as they are; what is not given is
    None, False or empty.
    """

    sources: tuple[str, ...]
    target: Target
    region: str
    list: str | None = None
    bulk: bool = False
    thaw: bool = False
    dry_run: bool = False
    overwrite: str | None = None
    max_children: int | None = None
    source_region: str | None = None
    source_endpoint: str | None = None
    credentials: str | None = None
    headers: Mapping[str, str] = {}
    common: Mapping[str, Any] = {}
    selection: Mapping[str, Any] = {}  # include, exclude
    terms: Mapping[str, Any] = {}  # days, tier, confirm_above

    def __repr__(self) -> str:
        return f"Wanted({self.target})"


def event_of(wanted: Wanted) -> Event:
    """The event, without an id."""
    _require_sense(wanted)
    if wanted.list is not None:
        return _bulk(wanted, {"list": wanted.list})
    prefixes = [each for each in wanted.sources if _is_prefix(each, wanted.bulk)]
    if prefixes:
        return _prefix(wanted)
    if len(wanted.sources) > 1 or wanted.thaw or wanted.dry_run:
        return _items(wanted)
    _require_one(wanted)
    [source] = wanted.sources
    return given(
        {
            "source_url": source,
            "source_region": wanted.source_region if is_object(source) else None,
            **_elsewhere(wanted),
            "target_object_name": key_of(source, wanted.target),
            **_where(wanted),
            "overwrite": wanted.overwrite,
            "max_children": wanted.max_children,
            "source_headers": dict(wanted.headers),
            "report": True,  # one more PUT; a job's can also be made afterwards
            **wanted.common,
        }
    )


def _require_sense(wanted: Wanted) -> None:
    if (wanted.list is None) == (not wanted.sources):
        raise Misuse("give sources, or a list of them with --list FILE, and the target at the end")
    several = len(wanted.sources) > 1
    if several and any(_is_prefix(each, wanted.bulk) for each in wanted.sources):
        raise Misuse("a prefix is copied alone: give one source that ends in /, or several objects")
    _require_there(wanted)
    many = several or wanted.list is not None or _is_prefix(wanted.sources[0], wanted.bulk)
    if many and not wanted.target.is_prefix:
        raise Misuse(f"what is many needs a prefix as its target: give {wanted.target}/")


def _require_one(wanted: Wanted) -> None:
    """What is said of many must not be said of one, where nobody would notice."""
    if wanted.selection:
        raise Misuse(_OF_PREFIX)
    for name in ("naming", "fail_above"):
        if wanted.terms.get(name) is not None:
            raise Misuse(f"--{name.replace('_', '-')} is for several sources: leave it out")


def _require_there(wanted: Wanted) -> None:
    """What is said of other clouds needs sources there, and what is not there needs OSS."""
    there = [each for each in wanted.sources if is_foreign(each)]
    if wanted.list is None and not there:
        for name in _elsewhere(wanted):
            raise Misuse(
                f"--{name.replace('_', '-')} is for sources such as s3://bucket/key: leave it out"
            )
    if wanted.thaw and there:
        raise Misuse(
            f"--thaw is for objects in OSS: restore {there[0]} in its own cloud first, and leave"
            " --thaw out"
        )


def _is_prefix(source: str, bulk: bool) -> bool:
    if bulk and not is_object(source):
        raise Misuse("--bulk is for oss://bucket/prefix: a URL has nothing that could be listed")
    return bulk or is_prefix(source)


def key_of(source: str, target: Target) -> str:
    """The key for a source: the target's own, or the name of the source below it."""
    if not target.is_prefix:
        return target.key
    try:
        return Prefixed(target.key, "name").of(source)
    except (Unfit, InvalidEvent, ValueError):
        raise Misuse(
            f"{shown(source)} ends with no name that a key could have: give a whole key as target"
        ) from None


def _elsewhere(wanted: Wanted) -> Event:
    named = {"source_endpoint": wanted.source_endpoint, "credentials": wanted.credentials}
    return {name: value for name, value in named.items() if value is not None}


def _where(wanted: Wanted) -> Event:
    return {"target_region": wanted.region, "target_bucket_name": wanted.target.bucket}


def _bulk(wanted: Wanted, what: Event) -> Event:
    if wanted.selection and "source" not in what:
        raise Misuse(_OF_PREFIX)
    return given(
        {
            "kind": "bulk",
            **what,
            "source_region": wanted.source_region,
            **_elsewhere(wanted),
            **_where(wanted),
            "target_prefix": wanted.target.key,
            "overwrite": wanted.overwrite,
            "max_children": wanted.max_children,
            "dry_run": wanted.dry_run,
            "thaw": wanted.thaw,
            "source_headers": dict(wanted.headers),
            **wanted.selection,
            **wanted.common,
            **wanted.terms,
            **what,
        }
    )


def _prefix(wanted: Wanted) -> Event:
    return _bulk(wanted, {"source": wanted.sources[0]})


def _items(wanted: Wanted) -> Event:
    """A few sources, in the event itself."""
    if len(wanted.sources) > _ITEMS_AT_MOST:
        raise Misuse(f"more than {_ITEMS_AT_MOST} sources are given as a list: --list FILE")
    items = [
        {"source_url": each, "target_object_name": key_of(each, wanted.target)}
        for each in wanted.sources
    ]
    return _bulk(wanted, {"items": items, "target_prefix": ""})


def thaw_event(source: Target, terms: Mapping[str, Any], region: str | None) -> Event:
    return given({"kind": "thaw", "source": str(source), "source_region": region, **terms})


def given(fields: Event) -> Event:
    return {
        name: value
        for name, value in fields.items()
        if value is not None and value is not False and value not in ({}, [], (), "")
    }


def encoded(event: Mapping[str, Any]) -> bytes:
    """As it is sent; a ``Misuse`` if Function Compute would not take it."""
    body = json.dumps(event, ensure_ascii=False).encode("utf-8", "backslashreplace")
    if len(body) > EVENT_AT_MOST:
        raise Misuse(
            f"Function Compute takes {EVENT_AT_MOST:,} bytes of an event, and this one has"
            f" {len(body):,}: put the sources into a file, and give --list FILE"
        )
    return body


def described(event: Mapping[str, Any]) -> str:
    """What is copied to where, in a few words without secrets."""
    kind = str(event.get("kind") or "")
    bucket = f"oss://{event.get('target_bucket_name', '')}"
    if kind == "program":
        from .programs import described_program

        return described_program(event)
    if kind == "thaw":
        return f"restore of {event.get('source') or shown(str(event.get('list', '')))}"
    if kind == "bulk" and event.get("again"):
        return f"failed items of {event.get('id')}"
    if kind == "bulk":
        what = event.get("source") or shown(str(event.get("list") or ""))
        what = what or words.several(len(event.get("items", ())), "source")
        return f"{what} to {bucket}/{event.get('target_prefix', '')}"
    if "source_url" in event:
        return f"{shown(str(event['source_url']))} to {bucket}/{event.get('target_object_name')}"
    return kind or "an event of a trigger"
