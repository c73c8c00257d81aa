"""A job of many items whose outputs are gathered, by instances that die at any moment."""

from __future__ import annotations

import json
import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ossferry.errors import InvalidEvent, TargetRefused, TargetUnavailable
from ossferry.gathered.count import Counting
from ossferry.gathered.group import Group
from ossferry.gathered.many import OfJob, Share
from ossferry.jobs import BulkJob, ProgramCall, ProgramJob, Then
from ossferry.programs.description import Program
from ossferry.settings import Settings
from tests.gathered.memory import TARGET, Died, Instance, Memory

THEN = Then("shuffle", 4, TARGET._replace(key="sets/"))
PROGRAM = Program("cut", ".", "")
SOURCE = TARGET._replace(bucket="media", key="in/")
JOB = BulkJob(TARGET, source=SOURCE, program=ProgramCall("cut", {}))
ONE = ProgramJob("cut", SOURCE._replace(key="in/a"), TARGET)


def share_of(
    memory: Memory, request: str, last: int | None = None, *, after: bool = False
) -> Share:
    instance = Instance(memory, request, last, after=after)
    return Share(PROGRAM, ONE, THEN, instance.cloud)


def whole(memory: Memory, then: Then = THEN, id: str = "job", request: str = "last") -> OfJob:
    return OfJob(PROGRAM, JOB, then, id, Instance(memory, request).cloud, Settings())


def batches(memory: Memory) -> list[list[str]]:
    names = [name for name in memory.names(".ossferry/programs/then/") if "/batches/" in name]
    return [json.loads(memory.objects[name][0])["members"] for name in names]


def flushed(memory: Memory, group: object) -> None:
    instance = Instance(memory, "flush")
    found = Group(TARGET, str(group), instance.cloud)
    Counting(found, THEN, instance.cloud, short=True).done()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_each_item_is_in_one_batch_whoever_dies(seed: int) -> None:
    """Shares of several items are worked on at the same time; some are begun anew, and items of
    theirs noted again. What nobody counted, the end of the job does."""
    memory, chance = Memory(page=3), random.Random(seed)
    moment = [1000.0]
    memory.clock = lambda: moment[0]
    whole(memory).begin()
    ids = [f"{n:02d}" for n in range(19)]
    shares = [ids[n::5] for n in range(5)]
    deaths = [chance.randrange(1, 25) if chance.random() < 0.6 else None for _ in shares]

    def work(number: int, last: int | None = None) -> None:
        share = share_of(memory, f"{number}-{last}", last, after=chance.random() < 0.5)
        for id in shares[number]:
            share.note(id)
        share.count()

    def once(number: int) -> None:
        with suppress(Died):
            return work(number, deaths[number])
        work(number)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(once, range(5)))
    moment[0] += 61
    told = whole(memory).counted()
    assert told["waiting"] == 19 % 4
    flushed(memory, told["group"])
    found = batches(memory)
    assert [len(members) for members in found] == [4, 4, 4, 4, 3]
    assert sorted(id for members in found for id in members) == ids
    made = [each for each in memory.submitted.values() if "batch" in each]
    assert sorted(str(each["batch"]) for each in made) == [*"12345"]


def test_what_cannot_be_counted_now_is_counted_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """An item is no worse done for that."""
    memory = Memory()
    share = share_of(memory, "one")
    for id in "abcd":
        share.note(id)
    with monkeypatch.context() as patch:
        patch.setattr(memory, "names", lambda _: (_ for _ in ()).throw(TargetUnavailable("busy")))
        share.count()
    assert not batches(memory)
    assert whole(memory).counted()["waiting"] == 0
    assert batches(memory) == [[*"abcd"]]


def test_somebody_looks_again_where_another_makes_a_batch() -> None:
    """Who may die at it, and no item comes by any more."""
    memory = Memory()
    share = share_of(memory, "one")
    for id in "abcd":
        share.note(id)
    with suppress(Died):
        share_of(memory, "two", 11).count()
    assert batches(memory) == [[*"abcd"]]
    told = whole(memory).counted()
    whole(memory).counted()
    ((_, event),) = memory.submitted.items()
    assert event == {
        "kind": "program",
        "group": told["group"],
        "target_region": TARGET.region,
        "target_bucket_name": TARGET.bucket,
    }


def test_all_of_a_job_are_a_group_of_its_own() -> None:
    memory, every = Memory(), THEN._replace(when=None)
    for id in ("one", "two"):
        for _ in "12":
            job = whole(memory, every, id)
            job.begin()
            assert job.all_done(["b", "a"])["batches"] == [1]
    assert batches(memory) == [["b", "a"]] * 2
    assert len(memory.submitted) == 2
    assert whole(memory, every, "three").all_done([])["batches"] == []
    assert len(batches(memory)) == 2


def test_where_it_is_not_possible_nothing_is_begun() -> None:
    """In a bucket with versioning; or where outputs would arrive as inputs."""
    memory = Memory()
    memory.versioning = "Enabled"
    with pytest.raises(TargetRefused, match="versioning"):
        whole(memory).begin()
    rule = Settings.from_env({"OSSFERRY_PROGRAM_RULES": "sets/* -> cut -> oss://my-bucket/out/"})
    inside = THEN._replace(target=SOURCE._replace(key="sets/"))
    cloud = Instance(memory).cloud
    for job in (JOB, replace(JOB, source=None)):
        with pytest.raises(InvalidEvent, match="could loop"):
            OfJob(PROGRAM, job, inside, "job", cloud, rule)
    OfJob(PROGRAM, JOB, THEN, "job", cloud, rule)
