"""examples/kafka-etl: messages of a topic become rows, once; what cannot is told of."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.e2e.examples.deployed import EXAMPLES, deployed, emptied, keys_below
from tests.e2e.transfers import failed, replied, stored
from tests.localcloud.client import LocalCloud
from tests.localcloud.patience import eventually

ROWS = "etl/orders/7/00000000000000000026/rows.jsonl"
STAGED = ".ossferry/programs/messages/"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    with deployed("kafka-etl", tmp_path_factory.mktemp("kafka-etl")) as cloud:
        yield cloud


@pytest.fixture
def cloud(running: LocalCloud) -> Iterator[LocalCloud]:
    with emptied(running) as cloud:
        yield cloud


def published() -> Any:
    return json.loads((EXAMPLES / "kafka-etl/event.json").read_text("utf-8"))


def order(offset: int, partition: int = 0, **changed: object) -> dict[str, object]:
    """A record of Kafka, as it comes with the schema RawData."""
    value = {"order": f"B-{offset}", "amount": "1.50", "time": "2026-11-23T10:00:00+08:00"}
    text = json.dumps(value | changed)
    return {"topic": "orders", "partition": partition, "offset": offset, "key": "k", "value": text}


def rows(cloud: LocalCloud, key: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stored(cloud, key).splitlines()]


def told(cloud: LocalCloud, queue: str) -> list[dict[str, Any]]:
    reply = requests.get(f"{cloud.fc_endpoint}/-/queues/{queue}", timeout=30)
    return list(reply.json()) if reply.ok else []


def test_published_event_becomes_rows_and_a_dead_letter(cloud: LocalCloud) -> None:
    """The destinations of s.yaml hear what Function Compute documents: of the batch, that it is
    done; of the message that has no amount, why, with itself as the payload."""
    asked = published()
    before = [len(told(cloud, name)) for name in ("fc-etl-processed-message", "dead-letter-queue")]
    cloud.fc.invoke_function(
        cloud.service,
        cloud.function,
        payload=json.dumps(asked).encode(),
        headers={"x-fc-invocation-type": "Async"},
    )

    def news() -> list[list[dict[str, Any]]]:
        names = ("fc-etl-processed-message", "dead-letter-queue")
        return [told(cloud, name)[old:] for name, old in zip(names, before, strict=True)]

    [[success], [failure]] = eventually(news, wanted=lambda found: all(found), within=60)
    reply = json.loads(success["responsePayload"])
    (group,) = reply["groups"]
    assert (group["status"], group["messages"], group["failed"]) == ("done", 2, 1)
    assert json.loads(success["requestPayload"]) == asked
    assert success["requestContext"]["approximateInvokeCount"] == 1
    letter = json.loads(failure["requestPayload"])
    assert letter["messages"] == [asked[1]]
    error = json.loads(failure["responsePayload"])
    assert error["errorType"] == "ProgramFailed"
    assert error["errorMessage"] == "the program orders cannot use the message: KeyError: 'amount'"
    assert rows(cloud, ROWS) == [
        {
            "partition": 7,
            "offset": 26,
            "order": "A-1001",
            "cents": 1990,
            "time": "2026-11-23T02:49:51+00:00",
        }
    ]
    assert keys_below(cloud, STAGED) == []


def test_a_batch_that_comes_again_changes_nothing(cloud: LocalCloud) -> None:
    """Nor is anybody told again of what failed."""
    asked = {"messages": [order(1), order(2, amount="x"), order(3, partition=1)]}
    first = replied(cloud, asked)
    assert [each["failed"] for each in first["groups"]] == [1, 0]
    again = replied(cloud, asked)
    assert [each["status"] for each in again["groups"]] == ["unchanged", "unchanged"]
    assert [each["failed"] for each in again["groups"]] == [0, 0]
    key = "etl/orders/0/00000000000000000001"
    assert [row["offset"] for row in rows(cloud, f"{key}/rows.jsonl")] == [1]
    assert rows(cloud, f"{key}/failed.jsonl")[0]["index"] == 1


def test_a_longer_batch_from_the_same_offset_replaces_the_first(cloud: LocalCloud) -> None:
    """And what failed in the first is not told of as if it were in the second."""
    replied(cloud, {"messages": [order(1), order(2, amount="x")]})
    reply = replied(cloud, {"messages": [order(n) for n in (1, 2, 3)]})
    assert [each["failed"] for each in reply["groups"]] == [0]
    key = "etl/orders/0/00000000000000000001/rows.jsonl"
    assert [row["offset"] for row in rows(cloud, key)] == [1, 2, 3]


def test_what_was_interrupted_before_it_was_told_is_told_then(cloud: LocalCloud) -> None:
    """As long as the messages are kept, not all is done."""
    asked = {"messages": [order(1), order(2, amount="x")]}
    # The second is that of the message.
    cloud.faults("fc", [{"operation": "InvokeFunction", "nth": 2, "status": 403}])
    assert failed(cloud, asked).error_type == "BatchFailed"
    cloud.faults("fc")
    assert keys_below(cloud, STAGED) == [f"{STAGED}orders/0/00000000000000000001.jsonl"]
    (group,) = replied(cloud, asked)["groups"]
    assert (group["status"], group["failed"]) == ("unchanged", 1)
    assert keys_below(cloud, STAGED) == []


def test_ten_thousand_messages_are_one_batch(cloud: LocalCloud) -> None:
    reply = replied(cloud, {"messages": [order(n) for n in range(10_000)]})
    assert reply["groups"][0]["messages"] == 10_000
    assert len(rows(cloud, "etl/orders/0/00000000000000000000/rows.jsonl")) == 10_000


def test_a_letter_can_be_sent_again(cloud: LocalCloud) -> None:
    """As it is once its error no longer holds, or without that; what its batch made stays."""
    replied(cloud, {"messages": [order(1, amount="x"), order(2)]})
    reply = replied(cloud, {"messages": [order(1)], "again": True})
    assert reply["groups"][0]["group"] == "orders/0/00000000000000000001-again"
    assert [
        row["offset"] for row in rows(cloud, "etl/orders/0/00000000000000000001/rows.jsonl")
    ] == [2]
