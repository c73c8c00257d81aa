"""A group is given to the program, told of, and over; whatever fails before is done once more."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

import ossferry.messages.give as room
from ossferry.errors import BatchFailed, ChildRefused, FerryError, ProgramFailed, Stopped
from ossferry.jobs import ProgramJob
from ossferry.messages.give import give
from ossferry.programs.description import Program
from ossferry.records.attempts import record_name
from ossferry.settings import MessageProgram, Settings
from tests.gathered.memory import Instance, Memory

LICENCE = "licence-of-nobody-else"
PROGRAM = Program("orders", "/nowhere", "d", environment={"LICENCE": LICENCE})
SETTINGS = Settings(message_program=MessageProgram("orders", "my-bucket", "etl/"))
STAGED = ".ossferry/programs/messages/"


class World:
    """A bucket, and a program that cannot use what says why; it is done once with each input."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.memory = Memory()
        self.cloud = Instance(self.memory).cloud
        self.sent: list[Mapping[str, Any]] = []
        self.given: list[str] = []
        self.noted: list[tuple[str, list[str]]] = []
        self.counted = 0
        self.keeps_failed = True
        self.refuses: FerryError | None = None
        self.fails: dict[str, FerryError] = {}
        monkeypatch.setattr(room, "find", lambda name, folders: PROGRAM)
        monkeypatch.setattr(room, "share_of", lambda *_: self)
        monkeypatch.setattr(room, "over", self.over)

    def note(self, id: str) -> None:
        self.noted.append((id, self.memory.names(STAGED)))

    def count(self) -> None:
        self.counted += 1

    def over(
        self, program: Program, job: ProgramJob, below: str, cloud: object, settings: Settings
    ) -> dict[str, object]:
        """In place of running it over the object that has the messages."""
        content = self.memory.objects[job.source.key][0]
        self.given.append(below)
        if below in self.fails:
            raise self.fails[below]
        record = record_name(below.replace("/", "-"))
        told = {"outputs": [], "record": record}
        if record in self.memory.objects:
            return {"status": "unchanged", **told}
        rows = [json.loads(line)["value"] for line in content.splitlines()]
        failed = [{"index": n, "error": row["why"]} for n, row in enumerate(rows) if "why" in row]
        outputs = []
        if failed and self.keeps_failed:
            key = f"{job.target.key}{below.removesuffix('.jsonl')}/failed.jsonl"
            lines = "".join(f"{json.dumps(each)}\n" for each in failed)
            self.memory.objects[key] = (lines.encode(), 0.0, {})
            outputs.append({"key": key})
        document = json.dumps({"outputs": outputs}).encode()
        self.memory.objects[record] = (document, 0.0, {})
        return {"status": "done", **told}

    def send_on(self, event: Mapping[str, Any], error: FerryError) -> None:
        if self.refuses:
            raise self.refuses
        self.sent.append({**event, "error": error.message})

    def give(self, *messages: Any) -> Any:
        event = {"messages": list(messages)}
        return give(event, "cn-hangzhou", self.cloud, SETTINGS, self.send_on)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


def record(offset: int, partition: int = 0, **value: object) -> dict[str, Any]:
    return {"topic": "t", "partition": partition, "offset": offset, "value": value}


def test_a_group_is_over_once_all_is_told(world: World) -> None:
    """Until it is noted for what comes then, its messages are kept; after that nothing is left."""
    bad = record(2, why="no amount")
    (group,) = world.give(record(1), bad)["groups"]
    assert (group["status"], group["messages"], group["failed"]) == ("done", 2, 1)
    assert world.sent == [
        {
            "messages": [bad],
            "again": True,
            "error": "the program orders cannot use the message: no amount",
        }
    ]
    name = "t/0/00000000000000000001.jsonl"
    assert world.noted == [(name.replace("/", "-"), [f"{STAGED}{name}"])]
    assert world.counted == 1
    assert world.memory.names(STAGED) == []


def test_what_failed_is_told_of_once(world: World) -> None:
    """A batch that is delivered again finds it done."""
    for failed in (1, 0):
        assert world.give(record(1, why="no"))["groups"][0]["failed"] == failed
    assert len(world.sent) == 1


def test_telling_that_was_interrupted_is_done_again(world: World) -> None:
    """Though the program is done with the group: its messages are still there."""
    world.refuses = ChildRefused("not now")
    with pytest.raises(BatchFailed, match="could not be sent on: no; what kept it: not now"):
        world.give(record(1, why="no"))
    assert world.noted == []
    assert len(world.memory.names(STAGED)) == 1
    world.refuses = None
    (group,) = world.give(record(1, why="no"))["groups"]
    assert (group["status"], group["failed"], len(world.sent)) == ("unchanged", 1, 1)
    assert world.memory.names(STAGED) == []


def test_what_failed_in_another_batch_is_not_told_of(world: World) -> None:
    """It lies under the same key, but this one's record does not name it."""
    key = "etl/t/0/00000000000000000001/failed.jsonl"
    world.memory.objects[key] = (b'{"index": 0, "error": "of before"}\n', 0.0, {})
    assert world.give(record(1))["groups"][0]["failed"] == 0
    assert world.sent == []


def test_a_reason_has_no_secret(world: World) -> None:
    """Neither one of the program's own nor a signed URL."""
    world.give(record(1, why=f"{LICENCE} is over: https://u:p@h/a?Signature=x"))
    assert "licence" not in str(world.sent[0]["error"])
    assert str(world.sent[0]["error"]).endswith("*** is over: https://h/a")


def test_groups_behind_one_that_fails_are_done(world: World) -> None:
    """Then the first error is the event's, which is delivered again."""
    for partition in (0, 1):
        name = f"t/{partition}/00000000000000000001.jsonl"
        world.fails[name] = ProgramFailed(f"partition {partition}")
    with pytest.raises(ProgramFailed, match="partition 0"):
        world.give(*(record(1, partition) for partition in (0, 1, 2)))
    assert [name[:4] for name in world.given] == ["t/0/", "t/1/", "t/2/"]
    assert world.counted == 1
    assert [name[:6] for name, _ in world.noted] == ["t-2-00"]
    assert len(world.memory.names(STAGED)) == 2


def test_who_is_stopped_begins_no_other_group(world: World) -> None:
    """The instance is about to be gone."""
    world.fails["t/0/00000000000000000001.jsonl"] = Stopped("the function was stopped")
    with pytest.raises(Stopped):
        world.give(record(1), record(1, 1))
    assert len(world.given) == 1
