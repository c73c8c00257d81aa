"""Where the items of a job come from, opened: a list that is read twice, or a prefix."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, cast
from urllib.parse import quote, unquote

from ..cloud import Cloud
from ..entries import Pages
from ..errors import InvalidEvent
from ..jobs import BulkJob
from ..ledger.head import Cursor
from ..listing.ahead import listed
from ..lists.read import read_list
from ..lists.rows import Rows
from ..names import ObjectName
from ..origins.place import ForeignName
from ..programs.description import Program
from ..sharing.supplied import Supply
from ..source.steady import Steady
from ..urls import Url
from .program import made_of, to_program
from .supply import from_list, from_prefix, look_through

if TYPE_CHECKING:
    from ..oss.bucket import Bucket


@dataclass(frozen=True, slots=True)
class Opened:
    """``version`` tells one list from the next with the same name; ``items`` is None for a prefix,
    whose end nobody knows."""

    version: str
    format: str
    items: int | None
    nothing_there: bool
    supply: Callable[[Cursor, int], Supply]


@contextmanager
def opened(
    job: BulkJob, cloud: Cloud, bucket: Bucket, program: Program | None = None
) -> Iterator[Opened]:
    """Looked through where that may refuse it; what it takes ends with the block. Of a prefix a
    ``program`` gets what it is for."""
    with ExitStack() as stack:
        if job.source is not None:
            listing = _listing(job, job.source, cloud, stack)
            yield _prefix(job, job.source, listing, bucket, stack, program)
        elif job.items:
            yield _items(job, bucket)
        else:
            where = cast(Url | ObjectName | ForeignName, job.list)
            yield _list(job, where, cloud, bucket, stack, program)


def _listing(
    job: BulkJob, source: ObjectName | ForeignName, cloud: Cloud, stack: ExitStack
) -> Pages:
    """Of a bucket here, or in another cloud."""
    if isinstance(source, ObjectName):
        return cloud.source_bucket(source._replace(key="")).page
    from ..origins.listing import Listing  # which few jobs need
    from ..origins.signing import signed

    bucket, chosen = source._replace(key=""), job.elsewhere.get("credentials")

    def sign(query: Mapping[str, str], seconds: float) -> Url:
        return signed(bucket, cloud.foreign, chosen, seconds=seconds, query=query)

    entry = cloud.foreign.entry(bucket, chosen)
    found = Listing(
        bucket,
        sign,
        cloud.guard,
        cloud.deadline,
        setting=entry.credentials if entry else None,
        sleep=cloud.stop.wait,
    )
    return stack.enter_context(closing(found)).page


def _prefix(
    job: BulkJob,
    source: ObjectName | ForeignName,
    sources: Pages,
    bucket: Bucket,
    stack: ExitStack,
    program: Program | None,
) -> Opened:
    def begin(after: Cursor, _: int) -> Supply:  # the listing of the targets tells
        if program:  # what is done, records tell
            ours = stack.enter_context(closing(listed(sources, source.key, after=after.key)))
            return to_program(cast(ObjectName, source), ours, program, job, after)
        behind = job.target.key + after.key.removeprefix(source.key) if after.key else ""
        ours = stack.enter_context(closing(listed(sources, source.key, after=after.key)))
        theirs = stack.enter_context(closing(listed(bucket.page, job.target.key, after=behind)))
        targets = iter(()) if job.overwrite == "always" else theirs
        return from_prefix(source, ours, targets, job, after)

    return Opened("", "prefix", None, False, begin)


def _items(job: BulkJob, bucket: Bucket) -> Opened:
    """Those that the event has itself, as a list is read."""
    content = "".join(f"{json.dumps(each)}\n" for each in job.items).encode()
    unsigned = [_unsigned(f"{each.get('source_url')}") for each in job.items]
    named = json.dumps([unsigned, [each.get("target_object_name") for each in job.items]])

    def rows() -> Rows:
        prefix, naming = job.target.key, job.naming
        return read_list("items.jsonl", iter([content]), prefix=prefix, naming=naming)

    version = sha256(named.encode()).hexdigest()
    return replace(_looked_through(rows, job, bucket), version=version, format="items")


def _unsigned(source: str) -> str:
    """Signed anew, a URL is the same. In an object's name, a "?" is a character like any other."""
    return source.partition("?")[0] if source.strip().lower().startswith("http") else source


def _looked_through(
    rows: Callable[[], Rows], job: BulkJob, bucket: Bucket, program: Program | None = None
) -> Opened:
    looked = look_through(rows, job, made_of(program, job))
    nothing_there = not bucket.page(job.target.key, "", 1).entries

    def begin(after: Cursor, look: int) -> Supply:
        return from_list(rows(), job, after, look)

    return Opened("", looked.format, looked.items, nothing_there, begin)


def _list(
    job: BulkJob,
    where: Url | ObjectName | ForeignName,
    cloud: Cloud,
    bucket: Bucket,
    stack: ExitStack,
    program: Program | None,
) -> Opened:
    reading = _reading(where, job, cloud)
    name = unquote(where.redacted) if isinstance(where, Url) else where.key
    folder = partial(_file_of, where, job, cloud)

    def rows() -> Rows:
        content = stack.enter_context(closing(reading.content()))
        return read_list(name, content, prefix=job.target.key, naming=job.naming, open_file=folder)

    looked = _looked_through(rows, job, bucket, program)
    return replace(looked, version=reading.version)


def _reading(where: Url | ObjectName | ForeignName, job: BulkJob, cloud: Cloud) -> Steady:
    if isinstance(where, ObjectName):
        url = cloud.source_bucket(where).get_url(where.key)
    elif isinstance(where, ForeignName):
        from ..origins.signing import signed  # which few jobs need

        chosen = job.elsewhere.get("credentials")
        url = signed(where, cloud.foreign, chosen, seconds=cloud.signed_for)
    else:
        url = where
    return Steady(url, cloud.guard, cloud.deadline, cloud.stop)


def _file_of(
    where: Url | ObjectName | ForeignName, job: BulkJob, cloud: Cloud, key: str
) -> Iterator[bytes]:
    """A file that a manifest names: by its key in the manifest's bucket, or beside it."""
    if not isinstance(where, Url):
        return _reading(where._replace(key=key), job, cloud).content()
    name = key.rpartition("/")[2]
    if not name or not {".", ".."}.isdisjoint(key.split("/")):
        raise InvalidEvent("the manifest names files that are not beside it")
    beside = where.join(quote(name, safe="%"))  # a name, whatever its characters mean in URLs
    return _reading(beside, job, cloud).content()
