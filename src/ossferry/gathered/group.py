"""What a group has in OSS: names that are made once, and no object that two would have to share.

groups/<group>.json           what it is, for the timer
<group>/members/<id>.json     an item that was noted; in its metadata the batch that it is in
<group>/waiting/<id>.json     one that is in no batch yet, and since when: removed after that
<group>/batches/<k>.json      a batch, which counts as soon as it is there
<group>/open/<k>.json         one that has no result yet, and since when
<group>/head.json             up to which number all batches are settled: may lag behind
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from ..cloud import Cloud
from ..depot.side_by_side import side_by_side
from ..errors import InvalidEvent, ObjectExists, TargetRefused
from ..jobs import GatherJob, Then
from ..names import BATCH_MARK, GROUPS_FOLDER, THEN_FOLDER, ObjectName
from ..stop import Stop
from .batches import (
    Batch,
    Waiting,
    ids_of,
    number_of,
    numbered,
    recorded,
)

if TYPE_CHECKING:
    from ..oss.bucket import Bucket
    from ..oss.direct import Direct

T = TypeVar("T")

_JSON = {"Content-Type": "application/json"}
_ONCE = {**_JSON, "x-oss-forbid-overwrite": "true"}
_AT_ONCE = 8  # connections


class Group:
    """One group, in the bucket of its items' outputs. Idempotent, but for what it reads."""

    def __init__(self, target: ObjectName, id: str, cloud: Cloud) -> None:
        self.target = target._replace(key="")
        self.id = id
        self._cloud = cloud
        self._folder = f"{THEN_FOLDER}{id}/"
        self._bucket: Bucket = cloud.bucket(self.target)

    def now(self) -> float:
        return self._bucket.now()

    def require_once(self) -> None:
        """Raise in a bucket in which OSS would let two make one name."""
        if self._bucket.versioning():
            raise TargetRefused(
                f"oss://{self.target.bucket} has, or had, versioning, under which OSS lets two make"
                " the same batch: for then, give a target in a bucket that never had it"
            )

    def then(self) -> Then | None:
        """What is to be done with its items, as was said last."""
        found = self._bucket.read(self._about)
        with suppress(InvalidEvent, ValueError):
            return recorded(json.loads(found[0])) if found else None
        raise TargetRefused(f"{self._about} is not what ossferry wrote: delete it")

    def describe(self, then: Then) -> None:
        self._bucket.write(self._about, json.dumps(then.to_json()).encode())

    def note(self, id: str) -> None:
        """An item is there, which waits from now on, unless it did before."""
        with closing(self._cloud.direct(self.target)) as bucket:
            if self._is_new(bucket, self._member(id)) or not _batch_of(bucket, self._member(id)):
                self._is_new(bucket, self._waiting(id))

    def waiting(self) -> list[Waiting]:
        """Items of which some may be in a batch already, of somebody who was interrupted."""
        return ids_of([*self._bucket.names(f"{self._folder}waiting/")])

    def used(self, ids: Sequence[str]) -> set[str]:
        """Those that are in a settled batch."""

        def used(bucket: Direct, id: str) -> str | None:
            return id if _batch_of(bucket, self._member(id)) else None

        return {id for id in self._each(ids, used) if id}

    def mark(self, ids: Sequence[str], number: int) -> None:
        """Say of items which batch they are in."""

        def mark(bucket: Direct, id: str) -> None:
            headers = {**_JSON, f"x-oss-meta-{BATCH_MARK}": str(number)}
            bucket.put(self._member(id), headers, memoryview(b"{}"))

        self._each(ids, mark)

    def forget_waiting(self, ids: Collection[str]) -> None:
        self._bucket.delete_all([self._waiting(id) for id in ids])

    def settled(self) -> int:
        """Up to which number all that follows from a batch was done."""
        found = self._bucket.read(self._head)
        with suppress(KeyError, TypeError, ValueError):
            return int(json.loads(found[0])["settled"]) if found else 0
        return 0

    def settle(self, number: int) -> None:
        self._bucket.write(self._head, json.dumps({"settled": number}).encode())

    def batches(self, after: int) -> list[tuple[int, float]]:
        """The numbers of later ones, and when each was made."""
        return [*self._numbered("batches/", after)]

    def batch_name(self, number: int) -> ObjectName:
        return self.target._replace(key=f"{self._folder}batches/{numbered(number)}")

    def batch(self, number: int) -> tuple[Batch, bytes] | None:
        """A batch, and the text that it is."""
        name = self.batch_name(number).key
        found = self._bucket.read(name)
        return (Batch.decode(found[0], name), found[0]) if found else None

    def make(self, number: int, batch: Batch) -> bool:
        """Whether it is ours that has this number."""
        with closing(self._cloud.direct(self.target)) as bucket:
            return self._is_new(bucket, self.batch_name(number).key, batch.encode())

    def open(self, number: int) -> None:
        with closing(self._cloud.direct(self.target)) as bucket:
            self._is_new(bucket, self._open(number))

    def close(self, number: int) -> None:
        self._bucket.delete(self._open(number))

    def opened(self) -> list[tuple[int, float]]:
        """Batches without a result, and since when."""
        return [*self._numbered("open/", 0)]

    def event(self, batch: int | None = None) -> dict[str, object]:
        return event_of(GatherJob(self.target, self.id, batch))

    def _numbered(self, folder: str, after: int) -> Iterator[tuple[int, float]]:
        prefix, last = f"{self._folder}{folder}", numbered(after)
        truncated, behind = True, f"{self._folder}{folder}{last}" if after else ""
        while truncated:
            page = self._bucket.page(prefix, behind)
            truncated = page.truncated
            for entry in page.entries:
                behind = entry.key
                if number := number_of(entry.key):
                    yield number, entry.modified

    def _each(self, ids: Sequence[str], act: Callable[[Direct, str], T]) -> list[T]:
        """Do it for each, over several connections."""

        def several(start: int) -> list[T]:
            with closing(self._cloud.direct(self.target)) as bucket:
                return [act(bucket, id) for id in ids[start::_AT_ONCE]]

        every = range(min(_AT_ONCE, len(ids)))
        parts = side_by_side([partial(several, n) for n in every], Stop(), _AT_ONCE)
        return [each for part in parts for each in part]

    @staticmethod
    def _is_new(bucket: Direct, key: str, content: bytes = b"{}") -> bool:
        try:
            bucket.put(key, _ONCE, memoryview(content))
        except ObjectExists:
            return False
        return True

    @property
    def _about(self) -> str:
        return f"{GROUPS_FOLDER}{self.id}.json"

    @property
    def _head(self) -> str:
        return f"{self._folder}head.json"

    def _member(self, id: str) -> str:
        return f"{self._folder}members/{id}.json"

    def _waiting(self, id: str) -> str:
        return f"{self._folder}waiting/{id}.json"

    def _open(self, number: int) -> str:
        return f"{self._folder}open/{numbered(number)}"


def _batch_of(bucket: Direct, member: str) -> str | None:
    found = bucket.head(member)
    return found.metadata.get(BATCH_MARK) if found else None


def event_of(job: GatherJob) -> dict[str, object]:
    """What has this function do it."""
    document: Mapping[str, object] = {
        "kind": "program",
        "group": job.group,
        "target_region": job.target.region,
        "target_bucket_name": job.target.bucket,
    }
    return {**document, **({} if job.batch is None else {"batch": job.batch})}


def groups(target: ObjectName, cloud: Cloud) -> list[str]:
    """The ids of all that a bucket has."""
    names = cloud.bucket(target._replace(key="")).names(GROUPS_FOLDER)
    return [name.removeprefix(GROUPS_FOLDER).removesuffix(".json") for name, _ in names]
