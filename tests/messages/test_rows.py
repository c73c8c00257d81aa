"""Messages of every trigger are rows; those of a partition are a group that its offset names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ossferry.errors import InvalidEvent
from ossferry.messages.rows import MOST, alone, are_messages, groups

RECORDED = Path(__file__).parents[1] / "triggers" / "recorded"


def recorded(name: str) -> Any:
    event = json.loads((RECORDED / f"{name}.json").read_text("utf-8"))
    return event if isinstance(event, dict) else {"messages": event}


def record(offset: Any, topic: str = "orders", partition: int = 3, **more: object) -> Any:
    return {"topic": topic, "partition": partition, "offset": offset, "value": "v", **more}


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("kafka", {"topic", "partition", "offset", "timestamp", "headers", "key", "value"}),
        ("kafka-batch", {"topic", "partition", "offset", "timestamp", "headers", "key", "value"}),
        ("kafka-batch-raw", {"topic", "partition", "offset", "timestamp", "headers", "key"}),
        ("kafka-batch-of-texts", {"topic", "partition", "offset", "timestamp", "headers", "key"}),
        ("kafka-batch-of-values", {"value"}),
        ("eventbridge", {"id", "source", "type", "time", "value"}),
        ("eventbridge-stream", {"id", "source", "type", "time", "value"}),
        ("eventbridge-text", {"id", "source", "type", "time", "value"}),
        ("mns-topic-json", {"topic", "id", "value"}),
        ("mns-topic-json-attributes", {"topic", "id", "value"}),
        ("mns-topic-stream-attributes", {"value"}),
    ],
)
def test_messages_of_every_trigger_are_rows(name: str, fields: set[str]) -> None:
    """What the trigger tells of a message, and the message, which is as it came."""
    event = recorded(name)
    assert are_messages(event)
    for group in groups(event):
        for row, line in zip(group.rows, group.lines.splitlines(), strict=True):
            assert fields <= row.keys()
            assert "@URL@" in json.dumps(row["value"])
            assert json.loads(line) == row


@pytest.mark.parametrize("name", ["timer", "oss", "oss-several", "oss-by-eventbridge", "console"])
def test_what_else_comes_is_none(name: str) -> None:
    """Timers, OSS and people ask for jobs."""
    assert not are_messages(recorded(name))


def test_a_group_is_of_one_partition_and_in_its_order() -> None:
    """Named by the first offset, with room for all that there can be."""
    entries = [record(27), record(5, partition=1), record(26), record(9, topic="returns")]
    found = {each.name: each for each in groups({"messages": entries})}
    assert found.keys() == {
        "orders/3/00000000000000000026",
        "orders/1/00000000000000000005",
        "returns/3/00000000000000000009",
    }
    of_two = found["orders/3/00000000000000000026"]
    assert [row["offset"] for row in of_two.rows] == [26, 27]
    assert of_two.entries == (entries[2], entries[0])


@pytest.mark.parametrize("topic", ["..", "../x", "a/b", ".", "", "\ud800"])
def test_no_topic_leads_elsewhere(topic: str) -> None:
    """It is one step of a key."""
    (group,) = groups({"messages": [record(1, topic=topic)]})
    assert group.name.count("/") == 2
    assert group.name.split("/")[0] not in ("", ".", "..")


@pytest.mark.parametrize("offset", ["7", -1, True, 10**18, None])
def test_what_is_no_offset_names_nothing(offset: Any) -> None:
    """Then the name follows from the messages: the same for the same."""
    event = {"messages": [record(offset), record(offset, key="k")]}
    (group,), (again,) = groups(event), groups(json.loads(json.dumps(event)))
    assert group.name == again.name != groups({"messages": [record(offset)]})[0].name
    assert group.name.startswith("orders/")


def test_a_message_alone_is_another_group_than_one_that_begins_with_it() -> None:
    """Or what became of the others would be replaced."""
    batch = {"messages": [record(26), record(27)]}
    (group,) = groups(batch)
    (by_itself,) = groups(alone(batch["messages"][0]))
    assert (by_itself.name, by_itself.rows) == (f"{group.name}-again", group.rows[:1])


@pytest.mark.parametrize("entries", [[], "text", None, [record(1)] * (MOST + 1)])
def test_a_batch_that_is_none_is_refused(entries: Any) -> None:
    with pytest.raises(InvalidEvent, match="messages"):
        groups({"messages": entries})


def test_as_many_as_a_push_brings_are_taken() -> None:
    (group,) = groups({"messages": [record(n) for n in range(MOST)]})
    assert len(group.rows) == 10_000
