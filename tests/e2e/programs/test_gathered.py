"""Outputs of many items become the inputs of one more program, each of them once."""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import oss2
import pytest

from tests.e2e.async_tasks import AsyncTasks
from tests.e2e.programs.gathering import Gathering, forget
from tests.e2e.transfers import failed, replied, stored
from tests.e2e.watched import ARRIVALS, entry
from tests.localcloud.client import FunctionError, LocalCloud, started
from tests.localcloud.patience import eventually


@pytest.fixture
def gathering(cloud: LocalCloud, key: str) -> Iterator[Gathering]:
    """Items of a test of its own."""
    yield Gathering(cloud, key, {})
    forget(cloud)


def test_a_hundred_items_eight_at_a_time(gathering: Gathering) -> None:
    """Two batches of forty, and twenty when somebody flushes; each item is in one of them."""
    events = [gathering.event(number) for number in range(100)]
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda event: replied(gathering.cloud, event), events))
    assert {reply["status"] for reply in replies} == {"done"}
    made = [number for reply in replies for number in reply["then"]["batches"]]
    assert sorted(made) == [1, 2]
    assert [len(numbers) for numbers in gathering.joined(2)] == [40, 40]
    reply = gathering.flushed()
    assert (reply["status"], reply["batches"], reply["waiting"]) == ("flushed", [3], 0)
    found = gathering.joined(3)
    assert [len(numbers) for numbers in found] == [40, 40, 20]
    assert sorted(number for numbers in found for number in numbers) == [*range(100)]
    again = gathering.flushed()
    assert (again["batches"], again["again"]) == ([], [])


def test_objects_that_arrive_are_gathered(code: Path, key: str) -> None:
    """By a rule of the operator, told of twice, of a program whose description has then."""
    rules = f"in/* -> pieces -> oss://ossferry-local/out/{key}/"
    with started(code=code, env={"OSSFERRY_PROGRAM_RULES": rules}, deliver_twice=True) as cloud:
        gathering = Gathering(cloud, key, {})
        arrivals = oss2.Bucket(cloud.bucket.auth, cloud.oss_endpoint, ARRIVALS, region=cloud.region)
        arrivals.create_bucket()
        for number in range(7):
            arrivals.put_object(f"in/{number}.txt", f"item {number}\n".encode())
            gathering.later({"events": [entry(f"in/{number}.txt")]})
        outputs = eventually(
            lambda: [e.key for e in oss2.ObjectIterator(cloud.bucket, prefix="joined/")],
            wanted=lambda found: len(found) >= 4,
            within=60,
        )
        assert outputs == [
            f"joined/00000{number}-{name}"
            for number in (1, 2)
            for name in ("all.txt", "list.jsonl")
        ]
        eventually(
            lambda: len(gathering.names("members/")), wanted=lambda found: found == 7, within=60
        )
        eventually(lambda: len(gathering.names("waiting/")), wanted=lambda n: n == 1, within=60)
        texts = [stored(cloud, f"joined/00000{n}-all.txt").decode() for n in (1, 2)]
        items = re.findall(r"item (\d)", "".join(texts))
        assert len(items) == len({*items}) == 6


def test_the_list_says_what_the_files_are(gathering: Gathering) -> None:
    """One line for each output, in the order of the files."""
    gathering.then["when"] = 2
    for number in range(2):
        replied(gathering.cloud, gathering.event(number))
    gathering.joined(1)
    text = stored(gathering.cloud, f"joined/{gathering.key}/000001-list.jsonl").decode()
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["file"] for line in lines] == [
        *("000001-00001.txt", "000001-00002.txt", "000002-00001.txt", "000002-00002.txt"),
    ]
    assert {line["item"] for line in lines} == {
        f"in/{gathering.key}/{number:03d}.txt" for number in range(2)
    }


def test_a_function_of_python_gathers_keys(gathering: Gathering) -> None:
    """No byte of the outputs is read."""
    gathering.then |= {"program": "index", "when": 3}
    for number in range(3):
        replied(gathering.cloud, gathering.event(number))
    name = f"joined/{gathering.key}/000001.json"
    eventually(lambda: gathering.cloud.bucket.object_exists(name), within=30)
    said = json.loads(stored(gathering.cloud, name))
    assert len(said["keys"]) == 6
    assert said["size"] == 3 * (9 + 2)


def test_what_is_gathered_is_not_gathered_again(gathering: Gathering) -> None:
    """Neither by the next item, nor by who is told of one twice."""
    gathering.then["when"] = 3
    events = [gathering.event(number) for number in range(3)]
    for event in events:
        replied(gathering.cloud, event)
    (first,) = gathering.joined(1)
    assert sorted(first) == [0, 1, 2]
    reply = replied(gathering.cloud, gathering.event(3))
    assert (reply["then"]["batches"], reply["then"]["waiting"]) == ([], 1)
    reply = replied(gathering.cloud, events[0])
    assert (reply["status"], reply["then"]["waiting"]) == ("unchanged", 1)
    batch = gathering.batch(reply["then"]["group"])
    assert replied(gathering.cloud, batch)["status"] == "unchanged"
    assert gathering.joined(1) == [first]


def test_a_timer_closes_a_batch_that_has_waited(gathering: Gathering) -> None:
    """Without anybody coming by; and it tells which."""
    gathering.then |= {"max_wait": 100, "when": 5}
    cloud = gathering.cloud
    for number in range(2):
        replied(cloud, gathering.event(number))
    wake = {
        "kind": "wake",
        "target_region": cloud.region,
        "target_bucket_name": cloud.bucket_name,
    }
    assert "gathered" not in replied(cloud, wake)
    cloud.advance(101)
    reply = eventually(lambda: gathering.names("batches/"), within=20)
    assert len(reply) == 1
    assert [sorted(each) for each in gathering.joined(1)] == [[0, 1]]


def test_a_program_that_failed_is_run_again(gathering: Gathering) -> None:
    """Function Compute tries an asynchronous event again."""
    AsyncTasks(gathering.cloud, retries=3)
    word = re.sub(r"[^a-z0-9]", "", gathering.key.lower())[-30:] + str(os.getpid())
    gathering.then |= {"when": 2, "parameters": {"fails": word}}
    try:
        for number in range(2):
            replied(gathering.cloud, gathering.event(number))
        assert [sorted(each) for each in gathering.joined(1, within=90)] == [[0, 1]]
    finally:
        with contextlib.suppress(OSError):
            os.rmdir(f"/tmp/ossferry-fails-{word}")


def test_what_function_compute_has_given_up_is_submitted_again(gathering: Gathering) -> None:
    """By the timer, after a while; what a sweep finds until then, it leaves."""
    cloud = gathering.cloud
    AsyncTasks(cloud, retries=0)
    word = f"timer{os.getpid()}"
    gathering.then |= {"when": 2, "parameters": {"fails": word}}
    bucket = {"target_region": cloud.region, "target_bucket_name": cloud.bucket_name}
    try:
        group = [replied(cloud, gathering.event(n)) for n in range(2)][1]["then"]["group"]
        eventually(lambda: os.path.isdir(f"/tmp/ossferry-fails-{word}"), within=60)
        replied(cloud, {"kind": "sweep", "older_than_hours": 0, **bucket})
        assert "gathered" not in replied(cloud, {"kind": "wake", **bucket})
        cloud.advance(100_000)
        reply = replied(cloud, {"kind": "wake", **bucket})
        assert [(each["group"], each["again"]) for each in reply["gathered"]] == [(group, [1])]
        assert [sorted(each) for each in gathering.joined(1)] == [[0, 1]]
    finally:
        AsyncTasks(cloud, retries=3)
        with contextlib.suppress(OSError):
            os.rmdir(f"/tmp/ossferry-fails-{word}")


def test_what_has_been_replaced_is_not_gathered(gathering: Gathering) -> None:
    """The record says what the outputs were."""
    gathering.then["when"] = 2
    cloud = gathering.cloud
    group = replied(cloud, gathering.event(0))["then"]["group"]
    cloud.bucket.put_object(f"out/{gathering.key}/000/text.txt", b"of somebody else")
    replied(cloud, gathering.event(1))
    error = failed(cloud, gathering.batch(group))
    assert error.error_type == "SourceChanged"
    assert f"out/{gathering.key}/000/text.txt is not what its record says" in error.message


def test_the_disk_is_looked_at_before(gathering: Gathering) -> None:
    """By what the records say."""
    gathering.then["when"] = 2
    cloud = gathering.cloud
    first = replied(cloud, gathering.event(0))
    record = json.loads(stored(cloud, first["record"]))
    record["outputs"][0]["size"] = 10**15
    cloud.bucket.put_object(first["record"], json.dumps(record))
    replied(cloud, gathering.event(1))
    error = failed(cloud, gathering.batch(first["then"]["group"]))
    assert error.error_type == "ProgramFailed"
    assert "the 4 outputs that the program join gathers have 1,000,000,000,0" in error.message


def test_an_item_costs_four_requests_more(code: Path, key: str) -> None:
    """However many there were before it; on a cloud where nobody else asks for anything."""
    with started(code=code) as cloud:
        gathering = Gathering(cloud, key, {})
        plain = {name: each for name, each in gathering.common.items() if name != "then"}
        costs: list[int] = []
        replied(cloud, gathering.event(0))
        for number in range(1, 7):
            event = gathering.event(number)
            asked = event if number % 2 else {**plain, "source": event["source"]}
            before = sum(cloud.oss_requests().values())
            replied(cloud, asked)
            costs.append(sum(cloud.oss_requests().values()) - before)
    assert {more - fewer for more, fewer in zip(costs[::2], costs[1::2], strict=True)} == {4}


def test_a_bucket_with_versioning_is_refused_before_anything_runs(code: Path, key: str) -> None:
    """There OSS would let two make the same batch. It is for good, so the cloud is of its own."""
    with started(code=code) as cloud:
        gathering = Gathering(cloud, key, {})
        events = gathering.event(0), gathering.of_all
        cloud.bucket.put_bucket_versioning(oss2.models.BucketVersioningConfig("Enabled"))
        for event in events:
            error = failed(cloud, event)
            assert error.error_type == "TargetRefused"
            assert "versioning" in error.message
        assert not [*oss2.ObjectIterator(cloud.bucket, prefix=f"out/{gathering.key}/")]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"program": "shout"}, "then is for a program that gathers"),
        ({"program": "missing"}, "there is no program missing"),
        ({"parameters": {"colour": "red"}}, "colour is no parameter of the program join"),
        ({"when": "all"}, '"all" is for all of a job of many'),
    ],
)
def test_what_makes_no_sense_is_refused(
    gathering: Gathering, change: dict[str, object], sentence: str
) -> None:
    """Before the program runs."""
    gathering.then |= change
    assert sentence in failed(gathering.cloud, gathering.event(0)).message
    assert not [*oss2.ObjectIterator(gathering.cloud.bucket, prefix=f"out/{gathering.key}/")]


def test_a_program_that_gathers_is_for_no_object(gathering: Gathering) -> None:
    event = {**gathering.event(0), "program": "join"}
    del event["then"]
    assert "gathers is for then" in failed(gathering.cloud, event).message


@pytest.mark.long
def test_instances_are_killed_all_the_time(code: Path, key: str) -> None:
    """Whatever they do at that moment, and though all is told twice."""
    chance = random.Random(1)
    with started(code=code, deliver_twice=True, timeout=60) as cloud:
        gathering = Gathering(cloud, key, {"when": 10})
        over = threading.Event()

        def kill() -> None:
            while not over.wait(chance.uniform(0.05, 0.4)):
                busy = [each["pid"] for each in cloud.instances() if each["busy"] and each["pid"]]
                if busy:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(chance.choice(busy), signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        events = [gathering.event(number) for number in range(36)]
        try:
            for event in events:
                gathering.later(event)
                time.sleep(chance.uniform(0, 0.1))
            time.sleep(6)
        finally:
            over.set()
            killer.join()
        with ThreadPoolExecutor(4) as pool:  # what Function Compute has given up is told again
            list(pool.map(cloud.invoke, events))
        gathering.flushed()
        batches = len(gathering.names("batches/"))
        with contextlib.suppress(AssertionError, FunctionError):
            eventually(lambda: gathering.names("open/"), wanted=lambda found: not found, within=40)
        if gathering.names("open/"):
            cloud.advance(1000)
            gathering.flushed()
        found = gathering.joined(batches)
        assert sorted(number for numbers in found for number in numbers) == [*range(36)]
        assert all(len(numbers) == 10 for numbers in found[:-1])
