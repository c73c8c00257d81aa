"""Items whose outputs are gathered, and what has to come of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import oss2

from tests.e2e.transfers import replied, stored
from tests.localcloud.client import LocalCloud
from tests.localcloud.patience import eventually

THEN_FOLDER = ".ossferry/programs/then/"


class Gathering:
    """Items that are asked for, one event each, and what became of them."""

    def __init__(self, cloud: LocalCloud, key: str, then: Mapping[str, object]) -> None:
        self.cloud, self.key = cloud, key
        self.below = f"oss://{cloud.bucket_name}/"
        self.then = {"program": "join", "when": 40, **then}
        self.then.setdefault("target", f"{self.below}joined/{key}/")

    def event(self, number: int) -> dict[str, Any]:
        key = f"in/{self.key}/{number:03d}.txt"
        self.cloud.bucket.put_object(key, f"item {number:03d}\n".encode())
        return {**self.common, "source": f"{self.below}{key}"}

    @property
    def common(self) -> dict[str, Any]:
        return {
            "kind": "program",
            "program": "piece",
            "target": f"{self.below}out/{self.key}/",
            "then": self.then,
        }

    @property
    def of_all(self) -> dict[str, Any]:
        """The event of a job over all of them that are there."""
        return {**self.common, "source": f"{self.below}in/{self.key}/"}

    def flushed(self) -> dict[str, Any]:
        return dict(replied(self.cloud, {**self.common, "flush": True}))

    def batch(self, group: str) -> dict[str, Any]:
        """The event of the first batch."""
        return {
            "kind": "program",
            "group": group,
            "batch": 1,
            "target_region": self.cloud.region,
            "target_bucket_name": self.cloud.bucket_name,
        }

    def later(self, event: Mapping[str, Any]) -> None:
        """Ask for it without waiting for its end."""
        self.cloud.fc.invoke_function(
            self.cloud.service,
            self.cloud.function,
            payload=json.dumps(event).encode(),
            headers={"x-fc-invocation-type": "Async"},
        )

    def joined(self, count: int, within: float = 60) -> list[list[int]]:
        """The numbers of the items in each output of the program that gathers, once there are so
        many outputs; and that they are what the items were."""

        def outputs() -> list[str]:
            listed = oss2.ObjectIterator(self.cloud.bucket, prefix=f"joined/{self.key}/")
            return [each.key for each in listed if each.key.endswith("all.txt")]

        names = eventually(outputs, wanted=lambda found: len(found) >= count, within=within)
        assert len(names) == count
        eventually(lambda: self.names("open/"), wanted=lambda found: not found, within=within)
        found = []
        for name in names:
            lines = stored(self.cloud, name).decode().splitlines()
            numbers = [int(line.removeprefix("item ")) for line in lines[1::2]]
            assert lines == [each for n in numbers for each in ("9", f"item {n:03d}")]
            found.append(numbers)
        return found

    def names(self, folder: str) -> list[str]:
        listed = oss2.ObjectIterator(self.cloud.bucket, prefix=THEN_FOLDER)
        return [each.key for each in listed if f"/{folder}" in each.key]


def forget(cloud: LocalCloud) -> None:
    for each in oss2.ObjectIterator(cloud.bucket, prefix=THEN_FOLDER):
        cloud.bucket.delete_object(each.key)
