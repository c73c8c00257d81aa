"""Where items are copied from: an origin that is near or far, OSS elsewhere, OSS itself."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import oss2

from tests.bench.bulk import bare
from tests.localcloud.client import LocalCloud

SIZE = 10_000
_FAR = "bench-far"
_BELOW = "bench/sources/"
_SEED = "bulk"

Kind = Literal["origin", "far", "near"]


@dataclass(frozen=True, slots=True)
class Source:
    """``latency``: seconds to the first byte of each reply; only the origin can have any."""

    kind: Kind
    latency: float = 0.0

    def __str__(self) -> str:
        if self.kind == "origin":
            wait = f"{self.latency * 1000:g} ms to the first byte"
            return f"from the origin, {wait}"
        return "from OSS of another region" if self.kind == "far" else "inside one region"

    @property
    def behaviours(self) -> tuple[str, ...]:
        return (f"delay:{self.latency:g}",) if self.latency else ()


SOURCES = (
    Source("origin"),
    Source("origin", 0.02),
    Source("origin", 0.1),
    Source("far"),
    Source("near"),
)


class Ground:
    """A cloud in which so many items are there to be copied, and where each copy goes.

    ``sink`` is the bench's own, for what cannot write to OSS.
    """

    def __init__(self, cloud: LocalCloud, sink: str, items: int) -> None:
        self.cloud = cloud
        self.sink = sink
        self.items = items
        self._prefixes = itertools.count(1)
        self._signed: dict[int, str] = {}

    @cached_property
    def far(self) -> oss2.Bucket:
        cloud = self.cloud
        auth = oss2.AuthV4(cloud.access_key_id, cloud.access_key_secret)
        bucket = oss2.Bucket(auth, cloud.second_oss_endpoint, _FAR, region=cloud.second_region)
        bucket.create_bucket()
        return bucket

    def bucket_of(self, source: Source) -> oss2.Bucket:
        return self.far if source.kind == "far" else self.cloud.bucket

    def prepare(self, source: Source) -> None:
        """Have the items there that are to be copied."""
        if source.kind != "origin":
            bucket = self.bucket_of(source)
            bare.run(
                [
                    (
                        ("GET", self.url(Source("origin"), number), {}),
                        put_step(bucket, _key(number)),
                    )
                    for number in range(self.items)
                ]
            )

    def tidy(self, source: Source) -> None:
        if source.kind != "origin":
            remove(self.bucket_of(source), _BELOW)

    def forget(self, prefix: str) -> None:
        """Remove copies, and what is on record of jobs."""
        for each in (prefix, ".ossferry/"):
            remove(self.cloud.bucket, each)

    def prefix(self) -> str:
        """A fresh one for copies."""
        return f"bench/copies/{next(self._prefixes)}/"

    def url(self, source: Source, number: int) -> str:
        """Its URL, signed where that is needed, or inside a region its name in OSS.

        A function of the local cloud knows OSS of one region, so it is given URLs of the other.
        """
        if source.kind == "origin":
            return self.cloud.generated(_SEED, SIZE, *source.behaviours, name=f"{number}.bin")
        if source.kind == "near":
            return f"oss://{self.cloud.bucket_name}/{_key(number)}"
        if number not in self._signed:
            url = self.far.sign_url("GET", _key(number), 36_000, slash_safe=True)
            self._signed[number] = url
        return self._signed[number]

    @property
    def folder(self) -> tuple[str, str]:
        """Where the origin has the items, and the rest of an item's URL but for its number."""
        return self.cloud.generated(_SEED, SIZE), ".bin"

    @property
    def target(self) -> dict[str, Any]:
        """The fields of an event that are the same for each item."""
        cloud = self.cloud
        return {"target_region": cloud.region, "target_bucket_name": cloud.bucket_name}

    def event(self, source: Source, number: int, prefix: str) -> dict[str, Any]:
        """That asks for one item in the plain way."""
        return {
            "source_url": self.url(source, number),
            "target_object_name": f"{prefix}{number}.bin",
            **self.target,
        }

    def bulk_event(self, source: Source, count: int, prefix: str) -> dict[str, Any]:
        """That asks for the first of the items; of a prefix, for all that there are."""
        event = {"kind": "bulk", "target_prefix": prefix, **self.target}
        if source.kind == "near":
            return {**event, "source": f"oss://{self.cloud.bucket_name}/{_BELOW}"}
        name = f"bench/lists/{source.kind}-{source.latency:g}-{count}.tsv"
        rows = (f"{self.url(source, number)}\t{number}.bin\n" for number in range(count))
        self.cloud.bucket.put_object(name, "".join(rows))
        return {**event, "list": f"oss://{self.cloud.bucket_name}/{name}"}

    def steps(self, source: Source, number: int, prefix: str) -> bare.Steps:
        """The requests that copy an item, signed and ready."""
        bucket, key = self.cloud.bucket, f"{prefix}{number}.bin"
        if source.kind == "near":
            copied = f"/{bucket.bucket_name}/{_key(number)}"
            return (put_step(bucket, key, {"x-oss-copy-source": copied}),)
        return ("GET", self.url(source, number), {}), put_step(bucket, key)

    def errands(self, source: Source, count: int, prefix: str) -> str:
        """What a pool of threads is told: as JSON, with keys that are only good here."""
        cloud = self.cloud
        far = source.kind == "far"
        return json.dumps(
            {
                "kind": source.kind,
                "key": [cloud.access_key_id, cloud.access_key_secret],
                "target": [cloud.oss_endpoint, cloud.bucket_name, cloud.region],
                "source": [
                    cloud.second_oss_endpoint if far else cloud.oss_endpoint,
                    self.bucket_of(source).bucket_name,
                    cloud.second_region if far else cloud.region,
                ],
                "items": [
                    [
                        self.url(source, number) if source.kind == "origin" else _key(number),
                        f"{prefix}{number}.bin",
                    ]
                    for number in range(count)
                ],
            }
        )


def remove(bucket: oss2.Bucket, prefix: str) -> int:
    """Delete all that is below; how much it was."""
    count = 0
    for keys in _batches(each.key for each in oss2.ObjectIteratorV2(bucket, prefix=prefix)):
        bucket.batch_delete_objects(keys)
        count += len(keys)
    return count


def _batches(keys: Iterator[str]) -> Iterator[list[str]]:
    while some := list(itertools.islice(keys, 1000)):
        yield some


def _key(number: int) -> str:
    return f"{_BELOW}{number:06d}.bin"


def put_step(bucket: oss2.Bucket, key: str, headers: dict[str, str] | None = None) -> bare.Step:
    url = bucket.sign_url("PUT", key, 3600, headers=headers, slash_safe=True)
    return "PUT", url, headers or {}
