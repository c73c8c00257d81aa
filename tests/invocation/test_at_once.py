"""Small transfers at once: what is told of each, what is left to a transfer, and how it ends."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

import ossferry.invocation.at_once as room
from ossferry.errors import FerryError, TargetRefused
from ossferry.events.request import transfer_of
from ossferry.invocation.at_once import copy_at_once
from ossferry.jobs import TransferJob
from ossferry.names import ObjectName
from ossferry.stop import Stop
from tests.items.staged import TARGET, Oss, Stage, copying
from tests.peers.loopback import GUARD
from tests.peers.scripted import Reply, Request, Script, Then, answer

BODY = b"what is to be copied"
GOOD = Reply(answer(200, BODY, ETag='"v1"'))


@dataclass
class Account:
    """A cloud with so many seconds, whose buckets may say how they guard ``never``."""

    stop: Stop
    last_call: float
    refuses: bool = False
    asked: list[ObjectName] = field(default_factory=list)
    guard: Any = GUARD

    def bucket(self, name: ObjectName) -> Account:
        self.asked.append(name)
        return self

    def versioning(self) -> str:
        if self.refuses:
            raise TargetRefused("no permission")
        return "Enabled"


@dataclass
class Scene:
    """Where transfers are copied at once, and what is told of them."""

    ours: Stage
    url: str
    told: dict[int, Any] = field(default_factory=dict)

    def copy(self, *names: str, seconds: float = 30.0, **fields: Any) -> Account:
        jobs = {number: self.job(name, **fields) for number, name in enumerate(names)}
        account = Account(self.ours.stop, time.monotonic() + seconds, fields.get("refuses", False))
        self.run(jobs, account)
        return account

    def run(self, jobs: dict[int, TransferJob], account: Account) -> None:
        def hear(place: int, outcome: object) -> None:
            assert place not in self.told
            self.told[place] = outcome

        ours = self.ours
        copy_at_once(jobs, hear, ours.context, ours.settings, cast(Any, account))

    def job(self, name: str, **fields: Any) -> TransferJob:
        event = {**TARGET, "source_url": f"{self.url}/{name}", "target_object_name": name}
        return transfer_of({**event, **fields}, "cn-hangzhou")


@contextmanager
def scene(script: Script, oss: Oss | None = None, **settings: Any) -> Iterator[Scene]:
    with copying(script, oss, **settings) as (ours, server):
        yield Scene(ours, server.url)


def by_name(**replies: Reply) -> Script:
    return lambda request: replies.get(request.target.strip("/"), GOOD)


def test_each_is_told_of_as_a_transfer_would_be(capsys: pytest.CaptureFixture[str]) -> None:
    """In the reply and in the log, where each line has its transfer's id."""
    with scene(by_name()) as here:
        here.copy("a", "b")
        here.ours.oss.first = lambda _request, _key: None
        assert {*here.told} == {0, 1}
        reply = here.told[1]
        assert (reply["status"], reply["object"]["key"]) == ("copied", "b")
        assert reply["proof"] == ["object"]
        assert reply["parts"] == {"count": 0, "size": 0, "reused": 0, "retried": 0, "hedged": 0}
        assert reply["source"]["known_by"] == ["etag", "size"]
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        done = {line["transfer_id"] for line in lines if line["event"] == "transfer.done"}
        assert done == {here.job("a").id, here.job("b").id}


def test_what_is_certain_is_told_and_what_may_be_otherwise_is_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A transfer may know better of a reply that is a part, breaks off, or is not as expected."""
    odd = by_name(
        gone=Reply(answer(404)),
        refused=Reply(answer(403)),
        part=Reply(answer(206, BODY, Content_Range="bytes 0-19/99")),
        broken=Reply(answer(200, BODY[:3], length=20), Then.CLOSE),
        busy=Reply(answer(503)),
    )
    with scene(odd) as here:
        here.copy("gone", "refused", "part", "broken", "good", seconds=20)
    told = {number: getattr(each, "type", "copied") for number, each in here.told.items()}
    assert told == {0: "SourceGone", 1: "SourceRefused", 4: "copied"}
    assert capsys.readouterr().out.count("transfer.failed") == 2


def test_what_was_tried_again_is_counted() -> None:
    """As something that was sent again after a failure."""
    first = threading.Event()

    def script(_request: Request) -> Reply:
        if first.is_set():
            return GOOD
        first.set()
        return Reply(answer(500))

    with scene(script) as here:
        here.copy("a")
    assert here.told[0]["parts"]["retried"] == 1


def test_never_is_told_with_what_oss_cannot_promise() -> None:
    """Each bucket is asked once; of one that cannot be asked, a transfer tells why."""
    with scene(by_name()) as here:
        account = here.copy("a", "b", overwrite="never")
        assert account.asked == [ObjectName("cn-hangzhou", "my-bucket", "")]
        (warning,) = here.told[0]["warnings"]
        assert "the bucket has versioning" in warning
        here.told.clear()
        jobs = {0: here.job("c", overwrite="never"), 1: here.job("d")}
        here.run(jobs, Account(here.ours.stop, time.monotonic() + 30, refuses=True))
    assert {*here.told} == {1}
    assert "warnings" not in here.told[1]


def test_no_more_at_once_than_the_operator_allows() -> None:
    """The setting is for an instance, whatever it is that it copies."""
    now, most, lock = [0], [0], threading.Lock()

    def script(_request: Request) -> Reply:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.02)
        with lock:
            now[0] -= 1
        return GOOD

    with scene(script, streams=3) as here:
        here.copy(*(str(n) for n in range(40)))
    assert len(here.told) == 40
    assert most[0] <= 3


@pytest.mark.parametrize("end", ["time", "stop", "idle"])
def test_those_that_hang_hold_up_nobody_for_ever(end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is told of them, and nothing is under way any more: whoever is left goes on."""
    opened = threading.Event()

    def script(request: Request) -> Reply:
        if request.target.startswith("/hangs"):
            opened.wait(20)
        return GOOD

    if end == "idle":
        monkeypatch.setattr(room, "_IDLE", 1.5)
    with scene(script) as here:
        if end == "stop":
            threading.Timer(1.5, here.ours.stop.set).start()
        began = time.monotonic()
        here.copy("hangs/1", "a", "hangs/2", "b", seconds=1.5 if end == "time" else 60.0)
        assert 1 < time.monotonic() - began < 12
        assert {*here.told} == {1, 3}
        assert not [each for each in threading.enumerate() if each.name.endswith("(_work)")]
        opened.set()


def test_targets_are_judged_as_those_of_transfers() -> None:
    """Nothing is written where events may not write, and that is certain."""
    with scene(by_name(), allow_targets=("my-bucket/in/",)) as here:
        here.copy("in/a", "out/a")
        assert {*here.ours.bodies} == {"in/a"}
    assert here.told[0]["status"] == "copied"
    assert isinstance(here.told[1], FerryError)
    assert here.told[1].type == "TargetRefused"


@pytest.mark.parametrize("thaws", [True, False])
def test_what_is_archived_is_certain_unless_it_is_waited_for(thaws: bool) -> None:
    """A transfer has it restored."""
    with scene(by_name()) as here:
        here.ours.oss.objects["in/1"] = (BODY, {"x-oss-storage-class": "ColdArchive"})
        fields = {"thaw": True} if thaws else {}
        source = "oss://my-bucket/in/1"
        jobs = {0: here.job("a", source_url=source, **fields), 1: here.job("b")}
        here.run(jobs, Account(here.ours.stop, time.monotonic() + 30))
    told = {number: getattr(each, "type", "copied") for number, each in here.told.items()}
    assert told == {1: "copied"} | ({} if thaws else {0: "SourceArchived"})


@pytest.mark.parametrize("everyone", [True, False])
def test_what_is_to_be_reported_is_left_to_a_transfer(everyone: bool) -> None:
    """Whether its event says so, or the operator."""
    with scene(by_name(), report=everyone) as here:
        jobs = {0: here.job("a", report=True), 1: here.job("b")}
        here.run(jobs, Account(here.ours.stop, time.monotonic() + 30))
    assert {*here.told} == (set() if everyone else {1})
