"""The messages of a batch as rows for a program, and in which groups it is given them. Pure.

A group is what one partition of a topic sent, named by its first offset: a batch that is delivered
again has the same name. Where there is no offset, it follows from the messages.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

from ..errors import InvalidEvent

MOST = 10_000  # what a push of EventBridge brings at the most
# What has all of these is not the message, but the envelope that it is in: the message of a topic
# of MNS, in both forms, an event of EventBridge, and a record of Kafka.
_TOPIC, _STREAM = {"TopicName", "Message"}, {"body", "attrs"}
_EVENT, _KAFKA = {"specversion", "type"}, {"topic", "partition", "offset", "value"}
_OF_KAFKA = ("topic", "partition", "offset", "timestamp", "key", "value", "headers")
_OF_EVENT = ("id", "source", "type", "subject", "time")
_LIST, _AGAIN = "messages", "again"


class Group(NamedTuple):
    """``rows`` are what the program reads, ``entries`` the same messages as they came."""

    name: str
    rows: tuple[Mapping[str, Any], ...]
    entries: tuple[Any, ...]

    @property
    def lines(self) -> bytes:
        texts = (json.dumps(row, ensure_ascii=False) + "\n" for row in self.rows)
        return "".join(texts).encode("utf-8", "backslashreplace")


def are_messages(event: Mapping[str, Any]) -> bool:
    """Whether a trigger for messages sent it; neither a timer, nor OSS, nor who names a kind."""
    if _LIST in event:
        return True
    found = {*event}
    return any(marks <= found for marks in (_TOPIC, _STREAM, _EVENT, _KAFKA)) and not str(
        event.get("type")
    ).startswith("oss:")


def groups(event: Mapping[str, Any]) -> list[Group]:
    """All messages of an event; those of one partition in the order of their offsets."""
    entries = event.get(_LIST, [event])
    if not isinstance(entries, list) or not entries:
        raise InvalidEvent("messages must be a list of messages")
    if len(entries) > MOST:
        raise InvalidEvent(
            f"an event may hold {MOST:,} messages: let the trigger make smaller batches"
        )
    found: dict[str, list[tuple[Mapping[str, Any], Any]]] = {}
    for entry in entries:
        row = _row(entry)
        found.setdefault(_place(row), []).append((row, entry))
    suffix = "-again" if event.get(_AGAIN) is True else ""
    return [_group(place, several, suffix) for place, several in found.items()]


def alone(entry: object) -> dict[str, Any]:
    """The event that brings just this message. Its group is called otherwise than one that begins
    with it, whose outputs it is not to replace."""
    return {_LIST: [entry], _AGAIN: True}


def _row(entry: Any) -> Mapping[str, Any]:
    content = _read(entry) if isinstance(entry, str) else entry
    if not isinstance(content, Mapping):
        return {"value": entry}
    found = {*content}
    if found >= _EVENT:
        data = content.get("data")
        inner = _read(data) if isinstance(data, str) else data
        if isinstance(inner, Mapping) and {*inner} >= _KAFKA:
            return _kafka(inner)
        named = {name: content[name] for name in _OF_EVENT if name in content}
        return {**named, "value": data}
    if found >= _KAFKA:
        return _kafka(content)
    if found >= _TOPIC:
        named = {"topic": content["TopicName"], "id": content.get("MessageId")}
        return {**named, "value": content["Message"]}
    return {"value": content["body"] if found >= _STREAM else entry}


def _read(text: str) -> Any:
    """What may be an envelope; any other text is the message itself."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _kafka(record: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: record[name] for name in _OF_KAFKA if name in record}


def _place(row: Mapping[str, Any]) -> str:
    """What goes before the offset in a key: no topic can lead out of it."""
    topic = quote(str(row.get("topic") or "messages"), safe="", errors="replace")
    folder = topic if topic.strip(".") else "_"
    return f"{folder}/{row['partition']}/" if _has_offset(row) else f"{folder}/"


def _has_offset(row: Mapping[str, Any]) -> bool:
    """As numbers that can be a part of a name."""
    given = (row.get("partition"), row.get("offset"))
    return all(type(each) is int and 0 <= each < 10**18 for each in given)


def _group(place: str, several: Sequence[tuple[Mapping[str, Any], Any]], suffix: str) -> Group:
    if _has_offset(several[0][0]):
        several = sorted(several, key=lambda each: int(each[0]["offset"]))
        name = f"{place}{several[0][0]['offset']:020}"
    else:
        digest = hashlib.sha256()
        for piece in _pieces(several):
            digest.update(piece)
        name = f"{place}{digest.hexdigest()[:20]}"
    rows, entries = zip(*several, strict=True)
    return Group(f"{name}{suffix}", rows, entries)


def _pieces(several: Sequence[tuple[Mapping[str, Any], Any]]) -> Iterator[bytes]:
    for row, _ in several:
        yield json.dumps(row, sort_keys=True).encode() + b"\n"
