"""A supply whose archived sources are looked at and asked for before anybody is given an item."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from ..cloud import Cloud
from ..entries import Entry
from ..errors import FerryError, InvalidEvent, TargetRefused, TargetUnavailable
from ..items.job import shown_source
from ..items.row import Row, row_of
from ..jobs import BulkJob, Thaw
from ..ledger.state import State
from ..names import ObjectName, region_id
from ..settings import BUCKET, REGION
from ..sharing.beat import Beating
from ..sharing.slices import WINDOW
from ..sharing.supplied import Supplied, Supply
from ..small.item import Item
from ..thaw.look import found
from ..thaw.plan import Plan
from ..thaw.restorer import Restorer
from ..thaw.settle import Ask, Candidate, settle
from ..thaw.wish import Answer, Wish

THAWED_AT_ONCE = 1000  # items that are looked at together: as many as OSS lists at once

# What there is of these keys of a bucket, or why that cannot be said.
Look = Callable[[ObjectName, Iterable[str]], dict[str, Entry] | FerryError]


class _Known(NamedTuple):
    """What is supplied, and its source where that is an object."""

    supplied: Supplied
    source: ObjectName | None
    entry: Entry | None
    refused: FerryError | None = None


class Thawing:
    """Whatever it takes to have archived sources restored, as long as that is needed."""

    def __init__(
        self, job: BulkJob, state: State, cloud: Cloud, restorer: Callable[[], Restorer]
    ) -> None:
        self._job = job
        self._state = state
        self._cloud = cloud
        self._restorer = restorer() if job.thaw else None

    @property
    def requests(self) -> int:
        return self._restorer.requests if self._restorer else 0

    @property
    def window(self) -> int:
        """How many items are looked at before anything is recorded of them."""
        return THAWED_AT_ONCE if self._restorer else WINDOW

    def of(self, supply: Supply, beat: Callable[[], None], is_over: Callable[[], bool]) -> Supply:
        """``beat`` is called several times a second while OSS is asked; ``is_over`` says whether to
        ask for no more."""
        job, restorer = self._job, self._restorer
        if job.thaw is None or restorer is None:
            return supply

        def ask(wishes: Sequence[Wish]) -> list[Answer | FerryError]:
            with Beating(beat):
                return restorer.ask(wishes)

        def look(bucket: ObjectName, keys: Iterable[str]) -> dict[str, Entry] | FerryError:
            with Beating(beat):
                return listing(bucket, keys)

        listing = looker(self._cloud, job.target.region)
        ahead = self._state.now() - time.monotonic()

        def now() -> float:
            return time.monotonic() + ahead

        def some() -> int:
            return 0 if is_over() else min(THAWED_AT_ONCE, restorer.at_once)

        return thawed(supply, job, job.thaw, look, ask, some, now)

    def close(self) -> None:
        if self._restorer:
            self._restorer.close()


def thawed(
    supply: Supply,
    job: BulkJob,
    thaw: Thaw,
    look: Look,
    ask: Ask,
    at_once: Callable[[], int],
    now: Callable[[], float],
) -> Supply:
    """In the order of the supply, ``at_once`` together; 0 ends it. Sources that are no objects are
    copied as ever, where anything is. ``now`` is OSS's clock: what it says may take hours."""
    known = _known(supply, job, look)
    while some := [*islice(known, at_once())]:
        candidates = [each for each in (_candidate(each, job) for each in some) if each]
        settled = iter(settle(candidates, thaw, ask, now()))
        for each in some:
            mine = _candidate(each, job) is not None
            content = next(settled) if mine else _unless_nothing_to_restore(each.supplied, thaw)
            yield each.supplied._replace(content=content)


def _unless_nothing_to_restore(supplied: Supplied, thaw: Thaw) -> Item | Row:
    item = supplied.item
    if item is None or thaw.copies:
        return supplied.content
    shown, key = shown_source(item), str(item.event["target_object_name"])
    return row_of(item.number, shown, key, "skipped", reason="it is no object in OSS")


def planned(supply: Supply, job: BulkJob, thaw: Thaw, look: Look, now: float) -> Plan:
    """What restoring would take of all that is supplied."""
    plan = Plan(thaw)
    wanted = (each.entry for each in _known(supply, job, look) if each.source and each.entry)
    plan.count(wanted, now)
    return plan


def looker(cloud: Cloud, home: str) -> Look:
    """Looks objects up in any bucket that the role may list. That OSS of the region ``home`` cannot
    be reached is no word on the objects; that another cannot may be for want of such a region."""

    def look(bucket: ObjectName, keys: Iterable[str]) -> dict[str, Entry] | FerryError:
        if not re.fullmatch(BUCKET, bucket.bucket) or not re.fullmatch(REGION, bucket.region):
            return InvalidEvent(f"{bucket} is no bucket of a region")
        try:
            return found(cloud.source_bucket(bucket).page, keys)
        except TargetUnavailable as error:
            if bucket.region == home:
                raise
            return error
        except TargetRefused as error:
            return error

    return look


def _known(supply: Supply, job: BulkJob, look: Look) -> Iterator[_Known]:
    """With what a listing says of each source, a thousand at once."""
    while some := [*islice(supply, THAWED_AT_ONCE)]:
        sources = [_source(each, job) for each in some]
        missing: dict[ObjectName, list[str]] = {}
        for supplied, source in zip(some, sources, strict=True):
            if source and supplied.entry is None:
                missing.setdefault(source._replace(key=""), []).append(source.key)
        looked = {bucket: look(bucket, keys) for bucket, keys in missing.items()}
        for supplied, source in zip(some, sources, strict=True):
            if source is None or supplied.entry is not None:
                yield _Known(supplied, source, supplied.entry)
                continue
            there = looked[source._replace(key="")]
            if isinstance(there, FerryError):
                yield _Known(supplied, source, None, there)
            else:
                yield _Known(supplied, source, there.get(source.key))


def _source(supplied: Supplied, job: BulkJob) -> ObjectName | None:
    """The object that an item is to be copied from."""
    item = supplied.content
    if not isinstance(item, Item):
        return None
    before, scheme, name = str(item.event["source_url"]).partition("oss://")
    bucket, slash, key = name.partition("/")
    region = region_id(str(item.event.get("source_region") or job.source_region))
    is_object = scheme and slash and key and not before
    return ObjectName(region, bucket, key) if is_object else None


def _candidate(known: _Known, job: BulkJob) -> Candidate | None:
    item, source = known.supplied.item, known.source
    if item is None or source is None:
        return None
    target = job.target._replace(key=str(item.event["target_object_name"]))
    return Candidate(item, source, target, known.entry, known.supplied.waits, known.refused)
