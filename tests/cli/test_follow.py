"""What watching costs, in virtual time: the requests of an hour."""

from __future__ import annotations

from typing import Any, cast

from ossferry.copying.copy_job import CopiedPart
from ossferry.copying.receipt import Receipt
from ossferry.oss.bucket import Bucket
from ossferry.records.record import RECEIPT, Record, folder_of, receipts_of
from ossferry_cli.fc.api import FunctionApi
from ossferry_cli.fc.tasks import Task
from ossferry_cli.watching.follow import follow
from ossferry_cli.watching.transfers import Transfer

_HOUR = 3600.0
KEY = "images/a"
RECORD = f"{folder_of(KEY)}0-1.json"


class World:
    """A bucket, Function Compute and a clock: an hour of 32 children. Each call is a request, but
    for listing parts, which takes one for each thousand of them."""

    name = "my-bucket"

    def __init__(self, parts: int) -> None:
        self.moment = 0.0
        self.requests = 0
        self._parts = parts

    def clock(self) -> float:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.moment += seconds

    def task(self, task_id: str) -> Task:
        self.requests += 1
        over = self.moment >= _HOUR
        return Task("id", "Failed" if over else "Running", "", "", "request", 0.0, self.moment)

    def going_on(self, request_id: str) -> list[Task]:
        self.requests += 1
        return []

    def names(self, prefix: str) -> list[tuple[str, float]]:
        self.requests += 1
        receipts = [(f"{receipts_of(RECORD)}{n:x}{RECEIPT}", self.moment) for n in range(32)]
        return [(RECORD, self.moment), *receipts]

    def read(self, key: str) -> tuple[bytes, float] | None:
        self.requests += 1
        if key == RECORD:
            return Record(KEY, 10**12, 10**9, "upload", secret="s").encode(), self.moment
        if not key.startswith(receipts_of(RECORD)):
            return None
        return Receipt((CopiedPart(1, 10**9, "e", 1, True),), 5).encode("s"), self.moment

    def list_parts(self, key: str, upload_id: str) -> dict[int, Any]:
        self.requests += 1 + self._parts // 1000
        return {}


def test_watching_for_an_hour_costs_few_requests() -> None:
    """Fewer than 4,000 with up to a thousand parts, and however many children."""
    world = World(parts=999)
    transfer = Transfer(
        cast(FunctionApi, world), cast(Bucket, world), "id", {"target_object_name": KEY}
    )
    seen: list[int] = []
    ended = follow(
        transfer,
        lambda shown: seen.append(shown.look.children),
        sleep=world.sleep,
        clock=world.clock,
    )
    assert ended.status == "failed"
    assert max(seen) == 32, "all children are counted, though not all of their receipts are read"
    assert world.requests < 4000
