"""Programs that do not end by themselves, and functions that end before them."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from glob import glob
from pathlib import Path

import pytest

from tests.e2e.async_tasks import AsyncTasks
from tests.e2e.interrupted import kill_coordinator, sweep_event
from tests.e2e.programs.conftest import FOLDERS, ON_DISK, Event, processes_with
from tests.e2e.programs.test_done import keys_below
from tests.e2e.spotless import staying_spotless
from tests.e2e.transfers import exists, failed, replied, stored
from tests.localcloud.client import FunctionError, LocalCloud, started
from tests.localcloud.patience import eventually

ATTEMPTS = ".ossferry/programs/attempts/"
DONE = ".ossferry/programs/done/"


def zombies() -> list[str]:
    found = []
    for path in glob("/proc/[0-9]*/stat"):
        try:
            text = Path(path).read_text()
        except OSError:
            continue
        name, state = text.partition("(")[2].rpartition(") ")[0], text.rpartition(") ")[2][0]
        if state == "Z" and name in ("sh", "sleep", "setsid", "python3"):
            found.append(text)
    return found


def test_the_limit_of_a_program_ends_it_with_all_that_it_started(
    cloud: LocalCloud, event: Event
) -> None:
    """Also what ignores SIGTERM and hides in sessions of its own; no zombie is left."""
    before, began = len(zombies()), time.monotonic()
    error = failed(cloud, event("hasty", parameters={"word": "0.0411"}))
    assert error.error_type == "ProgramTooLong"
    assert "after the 1 seconds of its description" in error.message
    assert time.monotonic() - began < 15
    assert not processes_with("0.0411")
    # Of other tests there may be some for a moment.
    eventually(zombies, wanted=lambda found: len(found) <= before, within=20)


def test_a_program_is_ended_before_the_function_is(code: Path, key: str) -> None:
    """With an error that says so, and not by FC."""
    with started(code=code, timeout=12, env=ON_DISK) as cloud, staying_spotless(cloud):
        cloud.bucket.put_object("in/a.txt", b"text")
        began = time.monotonic()
        error = failed(
            cloud,
            {
                "kind": "program",
                "program": "endless",
                "source": f"oss://{cloud.bucket_name}/in/a.txt",
                "target": f"oss://{cloud.bucket_name}/out/",
                "parameters": {"word": "0.0422"},
            },
        )
        assert error.error_type == "ProgramTooLong"
        assert "the function's time is up" in error.message
        assert time.monotonic() - began < 30
        assert not processes_with("0.0422")


def test_a_killed_function_takes_its_program_along(cloud: LocalCloud, event: Event) -> None:
    """Nothing of it goes on; its folder goes with the next one on the same disk."""
    asked = event("endless", parameters={"word": "0.0433"})
    with ThreadPoolExecutor(1) as caller:
        call = caller.submit(cloud.invoke, asked)
        eventually(lambda: len(processes_with("0.0433")) > 3)
        kill_role(cloud)
        with pytest.raises(FunctionError, match="exited unexpectedly"):
            call.result()
    eventually(lambda: processes_with("0.0433"), wanted=lambda found: not found)
    assert glob(FOLDERS)
    replied(cloud, event("shout"))
    assert not glob(FOLDERS)


def test_a_stopped_task_stops_its_program(cloud: LocalCloud, event: Event) -> None:
    """At once, and whoever is told of failures hears that."""
    tasks = AsyncTasks(cloud, retries=0)
    request_id = tasks.submit(event("endless", parameters={"word": "0.0444"}), "stopped-program")
    eventually(lambda: len(processes_with("0.0444")) > 3)
    began = time.monotonic()
    tasks.stop("stopped-program")
    eventually(lambda: processes_with("0.0444"), wanted=lambda found: not found)
    assert time.monotonic() - began < 15
    outcome = f".ossferry/outcomes/{request_id}.json"
    eventually(lambda: exists(cloud, outcome))
    assert json.loads(stored(cloud, outcome))["error_type"] == "Stopped"


def kill_role(cloud: LocalCloud) -> None:
    assert kill_coordinator(cloud, "program")


def killed_before_the_record(cloud: LocalCloud, asked: Mapping[str, object]) -> None:
    """Have all outputs stored, and the function killed while it writes the record."""
    cloud.faults("oss", [{"operation": "PutObject", "key": f"{DONE}*", "delay": 5}])
    with ThreadPoolExecutor(1) as caller:
        call = caller.submit(cloud.invoke, asked)
        eventually(lambda: cloud.fault_counts("oss")[0]["taken"])
        kill_role(cloud)
        with pytest.raises(FunctionError, match="exited unexpectedly"):
            call.result()
    cloud.faults("oss")


def test_what_a_killed_attempt_left_goes_with_a_later_one(code: Path) -> None:
    """Its program gives other names each time; only those of the record stay. As long as it might
    be alive, because the function has not timed out yet, it is left alone."""
    with started(code=code, timeout=30, env=ON_DISK) as cloud, staying_spotless(cloud):
        cloud.bucket.put_object("in/a.txt", b"text")
        bucket = f"oss://{cloud.bucket_name}"
        place = {"source": f"{bucket}/in/a.txt", "target": f"{bucket}/out/"}
        asked = {"kind": "program", "program": "chance", **place}
        killed_before_the_record(cloud, asked)
        assert (len(keys_below(cloud, "out/")), len(keys_below(cloud, ATTEMPTS))) == (2, 1)
        assert not keys_below(cloud, DONE)
        reply = replied(cloud, asked)
        assert reply["status"] == "done"
        assert (len(keys_below(cloud, "out/")), len(keys_below(cloud, ATTEMPTS))) == (3, 1)
        cloud.bucket.delete_object(reply["record"])
        cloud.bucket.delete_object(reply["outputs"]["objects"][0]["key"])
        cloud.advance(31)
        reply = replied(cloud, asked)
        named = [each["key"] for each in reply["outputs"]["objects"]]
        assert keys_below(cloud, "out/") == named
        assert not keys_below(cloud, ATTEMPTS)


def test_what_a_killed_attempt_left_goes_with_a_sweep(
    cloud: LocalCloud, event: Event, key: str
) -> None:
    """By age; objects of others, and records, stay."""
    replied(cloud, event("shout"))
    done = keys_below(cloud, DONE)
    asked = event("chance")
    killed_before_the_record(cloud, asked)
    (name,) = [each for each in keys_below(cloud, f"out/{key}/") if each.endswith("/now.txt")]
    cloud.bucket.put_object(name, b"somebody else's")
    assert replied(cloud, sweep_event(cloud))["failed"] == 0
    assert not keys_below(cloud, ATTEMPTS)
    assert exists(cloud, name)
    stay = [each for each in keys_below(cloud, f"out/{key}/") if each != name]
    assert [each.rpartition("/")[2] for each in stay] == ["list.m3u8", "z.txt", "shouted.txt"]
    assert keys_below(cloud, DONE) == done
    replied(cloud, event("may-leave-nothing"))  # whose folder takes that of the killed one along


def test_an_upload_that_a_killed_attempt_left_is_aborted(
    cloud: LocalCloud, event: Event, key: str
) -> None:
    """Its parts are billed, and no listing shows them."""
    asked = event("duplicate", bytes(9_000_000))
    cloud.faults("oss", [{"operation": "UploadPart", "part": 2, "delay": 5}])
    with ThreadPoolExecutor(1) as caller:
        call = caller.submit(cloud.invoke, asked)
        eventually(lambda: cloud.fault_counts("oss")[0]["taken"])
        kill_role(cloud)
        with pytest.raises(FunctionError, match="exited unexpectedly"):
            call.result()
    cloud.faults("oss")
    assert cloud.bucket.list_multipart_uploads().upload_list
    replied(cloud, sweep_event(cloud))
    assert not cloud.bucket.list_multipart_uploads().upload_list
    assert replied(cloud, asked)["status"] == "done"


def test_a_refused_output_leaves_nothing(cloud: LocalCloud, event: Event, key: str) -> None:
    """What was stored before it goes again, at once."""
    denied = {"status": 403, "code": "AccessDenied", "operation": "PutObject"}
    cloud.faults("oss", [{**denied, "key": "out/*.m3u8"}])
    error = failed(cloud, event("shout"))
    assert error.error_type == "TargetRefused"
    assert not keys_below(cloud, f"out/{key}/")
    assert not keys_below(cloud, ATTEMPTS)


def test_a_lost_answer_to_the_record_is_no_second_attempt(cloud: LocalCloud, event: Event) -> None:
    """OSS refuses to write it again, and it is ours."""
    rule = {"operation": "PutObject", "key": f"{DONE}*", "nth": 1, "drop_reply": True}
    cloud.faults("oss", [rule])
    reply = replied(cloud, event("shout"))
    assert reply["status"] == "done"


def test_without_the_right_to_delete_all_else_works(
    cloud: LocalCloud, event: Event, key: str
) -> None:
    """The function's role may not delete objects below a target, unless somebody allows it."""
    asked = event("chance")
    killed_before_the_record(cloud, asked)
    denied = {"status": 403, "code": "AccessDenied", "operation": "DeleteObject", "key": "out/*"}
    cloud.faults("oss", [denied])
    assert replied(cloud, asked)["status"] == "done"
    assert replied(cloud, sweep_event(cloud))["failed"] == 1
    assert len(keys_below(cloud, f"out/{key}/")) == 3
    assert len(keys_below(cloud, ATTEMPTS)) == 1
    cloud.faults("oss")
    assert replied(cloud, sweep_event(cloud))["failed"] == 0
    assert len(keys_below(cloud, f"out/{key}/")) == 2
