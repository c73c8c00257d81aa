"""What a plan is of: read off the command line, and looked at where it lies."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from functools import partial
from typing import NamedTuple

from ossferry.copying.copy_job import SourceRef
from ossferry.errors import SourceGone, SourceRefused
from ossferry.jobs import Selection, Thaw
from ossferry.lists.read import read_list
from ossferry.lists.rows import Rows
from ossferry.origins.credentials import Credentials
from ossferry.origins.listing import Listing
from ossferry.origins.place import foreign_name, is_foreign, is_object
from ossferry.origins.signing import signed
from ossferry.oss.listing_page import one_by_one
from ossferry.source.foreign import Foreign
from ossferry.source.steady import Steady
from ossferry.stop import Stop
from ossferry.urls import Url

from ..asked.sources import Target, is_prefix, target_of
from ..buckets import bucket_of
from ..function import Function
from ..problems import Misuse
from .deployment import Deployment
from .look import Looked, guard_of, looked_at
from .many import Many, of_entries, of_rows

_MOST = 20  # sources that are asked one by one
_SECONDS = 60.0  # of a signature that is used at once
_LONG = 3600.0  # ... or for as long as a list may take


class Elsewhere(NamedTuple):
    """What was said about sources in other clouds."""

    region: str | None = None
    endpoint: str | None = None
    credentials: str | None = None


class Asked(NamedTuple):
    """``region`` is that of the target, ``source_region`` of buckets in OSS that are sources.
    ``listed`` is the name of a list, ``content`` what is in it, if it is at hand."""

    sources: tuple[str, ...]
    listed: str | None
    region: str
    source_region: str
    headers: Mapping[str, str]
    selection: Selection
    thaw: Thaw
    thaws: bool
    elsewhere: Elsewhere = Elsewhere()
    content: bytes | None = None

    @property
    def inside(self) -> bool:
        """Whether OSS copies it itself."""
        own = all(each.startswith("oss://") for each in self.sources)
        return bool(self.sources) and own and self.region == self.source_region

    @property
    def is_many(self) -> bool:
        return self.listed is not None or len(self.sources) > 1 or self.is_prefix

    @property
    def is_prefix(self) -> bool:
        [first, *others] = self.sources or ("",)
        return not others and (is_prefix(first) or (self.thaws and is_object(first)))


def look(asked: Asked, function: Function, deployment: Deployment) -> Looked:
    """The one source, as it answers from here."""
    return _one(asked, asked.sources[0], function, deployment)


def _one(asked: Asked, source: str, function: Function, deployment: Deployment) -> Looked:
    guard = guard_of(function, deployment.settings.allow_networks)
    if is_foreign(source):
        foreign = _foreign(asked, source, deployment)
        try:
            return looked_at(foreign.ref(_SECONDS), source, guard, signed_by_us=True)
        except (SourceRefused, SourceGone) as error:
            raise foreign.explained(error, guard, time.monotonic() + _SECONDS) from error
    if not source.startswith("oss://"):
        url = Url(source)
        ref = SourceRef(url, asked.headers)
        return looked_at(ref, url.redacted, guard, signed_by_us=False)
    place = target_of(source)
    url = bucket_of(function, place.bucket, asked.source_region).get_url(place.key)
    ref = SourceRef(url, asked.headers, unpaid=True)
    return looked_at(ref, source, guard, signed_by_us=True)


def count(asked: Asked, function: Function, deployment: Deployment) -> Many:
    """All of them, by a list, a listing, or by asking each of a few."""
    if asked.listed is not None:
        return of_rows(_rows(asked, function, deployment))
    if asked.is_prefix and is_foreign(asked.sources[0]):
        return _below(asked, function, deployment)
    if asked.is_prefix:
        place = target_of(asked.sources[0])
        bucket = bucket_of(function, place.bucket, asked.source_region)
        entries = one_by_one(bucket.page, place.key)
        return of_entries(entries, place.key, asked.selection, asked.thaw)
    if len(asked.sources) > _MOST:
        raise Misuse(f"more than {_MOST} sources are planned as a list: --list FILE")
    found = Many(items=len(asked.sources))
    for each in asked.sources:
        size = _one(asked, each, function, deployment).source.size
        found.unknown += size is None
        found.bytes += size or 0
    return found


def _foreign(asked: Asked, source: str, deployment: Deployment) -> Foreign:
    """An object, or a prefix, with the function's own keys; or those of this environment, if the
    function cannot be looked at, or has none."""
    credentials = deployment.settings.foreign
    if not credentials.keys:
        credentials = Credentials.from_env(os.environ)
    said = asked.elsewhere
    name = foreign_name(source, said.region, said.endpoint, "SOURCE", prefix=True)
    return Foreign(name, credentials, said.credentials, asked.headers)


def _below(asked: Asked, function: Function, deployment: Deployment) -> Many:
    """What is below a prefix of another cloud."""
    there = _foreign(asked, asked.sources[0], deployment)
    bucket = there.name._replace(key="")
    entry = there.credentials.entry(bucket, there.chosen)

    def sign(query: Mapping[str, str], seconds: float) -> Url:
        return signed(bucket, there.credentials, there.chosen, seconds=seconds, query=query)

    guard = guard_of(function, deployment.settings.allow_networks)
    setting = entry.credentials if entry else None
    listing = Listing(bucket, sign, guard, math.inf, setting=setting)
    with closing(listing):
        entries = one_by_one(listing.page, there.name.key)
        return of_entries(entries, there.name.key, asked.selection, asked.thaw)


def _rows(asked: Asked, function: Function, deployment: Deployment) -> Rows:
    """Those of a list; the files of a manifest are read where it lies."""
    given = str(asked.listed)
    if asked.content is not None:
        return read_list(given, iter([asked.content]))
    guard = guard_of(function, deployment.settings.allow_networks)
    if given.startswith("oss://"):
        place: Target = target_of(given)
        key, bucket = place.key, bucket_of(function, place.bucket, asked.source_region)
        if bucket.head(key) is None:
            raise Misuse(f"there is no list {given}: look at its name")
        url_of: Callable[[str], Url] = bucket.get_url
    elif is_foreign(given):
        there = _foreign(asked, given, deployment)
        key, url_of = there.name.key, partial(_signed, there)
    else:
        raise Misuse("a list behind a URL is not read by a plan: save it, and give the file")

    def opened(key: str) -> Iterator[bytes]:
        return Steady(url_of(key), guard, time.monotonic() + _LONG, Stop()).content()

    return read_list(given, opened(key), open_file=opened)


def _signed(there: Foreign, key: str) -> Url:
    return there._replace(name=there.name._replace(key=key)).ref(_LONG).url


def seconds_left(looked: Looked) -> float | None:
    """Until the signature of a URL ends."""
    return None if looked.expires is None else looked.expires - time.time()
