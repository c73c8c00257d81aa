"""Instances: processes of their own, reused when idle, and killed for every good reason."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import fc2
import psutil
import pytest
import requests
import yaml

from tests.localcloud.config import CloudConfig
from tests.localcloud.fc.admission import Admission
from tests.localcloud.fc.errors import Throttled
from tests.localcloud.serving import listening
from tests.localcloud.tests.fc.fc_cloud import (
    SECRET,
    FcCloud,
    add_function,
    eventually,
    running_fc,
    template,
)

SERVER = """
import os, socket, sys
from tests.localcloud.config import CloudConfig
from tests.localcloud.serving import serve_until_signalled
config, bound = CloudConfig.from_json(sys.argv[1]), socket.socket(fileno=int(sys.argv[2]))
serve_until_signalled("fc", config, bound, os.getppid())
"""


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(40) as executor:
        yield executor


def begin(
    cloud: FcCloud, threads: ThreadPoolExecutor, do: str = "wait", **asked: Any
) -> tuple[Future[Any], int]:
    """Start a call that waits, and return it with the instance's pid once it runs."""
    begun = cloud.folder / f"begun-{time.monotonic_ns()}"
    future = threads.submit(cloud.call, do, begun=str(begun), **asked)
    text = eventually(lambda: begun.exists() and begun.read_text(), "the call begins")
    return future, int(text)


def gone(pid: int) -> bool:
    """Say whether a process is no more, or only waits to be reaped."""
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def error_of(future: Future[Any]) -> str:
    """Return the message of the function error that a call ended with."""
    with pytest.raises(fc2.FcError) as caught:
        future.result()
    assert caught.value.status_code == 200
    return str(json.loads(caught.value.message)["errorMessage"])


def test_idle_instance_is_reused(tmp_path: Path) -> None:
    """One after another, calls run in one process; at once, each has its own."""
    with running_fc(tmp_path) as cloud, ThreadPoolExecutor(3) as threads:
        assert cloud.call("describe")["pid"] == cloud.call("describe")["pid"]
        until = tmp_path / "go"
        calls = [begin(cloud, threads, until=str(until)) for _ in range(3)]
        busy = cloud.view("instances")
        until.touch()
        assert {call.result()["pid"] for call, _ in calls} == {pid for _, pid in calls}
        idle = cloud.view("instances")
    assert len({pid for _, pid in calls}) == 3
    assert [each["busy"] for each in busy] == [True] * 3
    assert {each["pid"] for each in idle} == {each["pid"] for each in busy}
    assert [each["busy"] for each in idle] == [False] * 3
    assert all(each["rss_mb"] > 1 and each["cpu_seconds"] >= 0 for each in idle)


def test_fresh_instances_see_the_same_world(tmp_path: Path) -> None:
    """An interpreter of its own gives a function what a forked one does."""
    seen = {}
    for fork in (True, False):
        folder = tmp_path / str(fork)
        folder.mkdir()
        with running_fc(folder, fork_instances=fork) as cloud:
            seen[fork] = cloud.call("describe")
    own = ("FC_INSTANCE_ID", "OSSFERRY_FC_ENDPOINT")
    for world in seen.values():
        for name in own:
            del world["environment"][name]
    for same in ("folder", "path", "environment", "context"):
        assert seen[True][same] == seen[False][same]


def test_initializer_runs_once_per_instance(tmp_path: Path) -> None:
    """It has run before the first request, and not again."""
    with running_fc(tmp_path, initializing()) as cloud:
        assert [cloud.call("describe")["initialized"] for _ in range(3)] == [1, 1, 1]
        first, second, _ = cloud.view("invocations")
        assert "initializer ran" in cloud.log(first["request_id"])
        assert "initializer ran" not in cloud.log(second["request_id"])


def test_failing_initializer_fails_the_call_and_its_instance(tmp_path: Path) -> None:
    """The next request gets a new instance, whose initializer is tried again."""
    obstacle = tmp_path / "obstacle"
    obstacle.touch()
    with running_fc(tmp_path, initializing(), env={"FAIL_INITIALIZER": str(obstacle)}) as cloud:
        with pytest.raises(fc2.FcError, match="cannot initialize"):
            cloud.call("describe")
        assert cloud.view("instances") == []
        obstacle.unlink()
        assert cloud.call("describe")["initialized"] == 1


def initializing() -> dict[str, Any]:
    hook = {"handler": "index.initializer", "timeout": 5}
    return template(instanceLifecycleConfig={"initializer": hook})


def test_timeout_kills_the_instance_and_its_children(
    tmp_path: Path, threads: ThreadPoolExecutor
) -> None:
    """A call that takes too long is a function error, and nothing of it goes on."""
    with running_fc(tmp_path, timeout=0.5) as cloud:
        call, pid = begin(cloud, threads, "start_children", count=2)
        children = psutil.Process(pid).children()
        assert error_of(call).startswith("Function time out after 0.5 seconds")
        assert len(children) == 2
        for process in (pid, *(child.pid for child in children)):
            eventually(partial(gone, process), "the process ends")
        assert cloud.view("instances") == []


def test_call_is_interrupted_when_its_caller_goes_away(tmp_path: Path) -> None:
    """A caller's timeout kills the instance; the log and the record tell."""
    begun = tmp_path / "begun"
    with running_fc(tmp_path) as cloud:
        payload = json.dumps({"do": "wait", "begun": str(begun)}).encode()
        impatient = cloud.fc2(timeout=1)
        with pytest.raises(requests.exceptions.ReadTimeout):
            impatient.invoke_function("ossferry", "ossferry", payload)
        eventually(lambda: gone(int(begun.read_text())), "the instance ends")
        (record,) = eventually(
            lambda: [each for each in cloud.view("invocations") if each["ended"]], "it is recorded"
        )
        assert (record["status"], record["error_type"]) == (499, "ClientClosedRequest")
        assert "Invocation canceled by client (duration: " in cloud.log(record["request_id"])
        assert cloud.view("instances") == []


def test_memory_beyond_the_limit_kills_the_instance(
    tmp_path: Path, threads: ThreadPoolExecutor
) -> None:
    """Whether it holds the memory or has already given it back, the call fails."""
    with running_fc(tmp_path, memory=128) as cloud:
        call = threads.submit(cloud.call, "allocate", bytes=200_000_000, begun=str(tmp_path / "b"))
        assert "Process exited unexpectedly" in error_of(call)
        assert cloud.view("instances") == []
        with pytest.raises(fc2.FcError, match="Process exited unexpectedly"):
            cloud.call("allocate", bytes=200_000_000)
        peaks = [each["memory_mb"] for each in cloud.view("invocations")]
        assert all(128 < peak < 300 for peak in peaks)
        assert cloud.call_fc3(b'{"do": "allocate", "bytes": 50000000}').body.read() == b"allocated"
        (instance,) = cloud.view("instances")
        assert 50 < instance["rss_mb"] < 128


def test_processes_that_a_function_leaves_are_counted(tmp_path: Path) -> None:
    """They are left alone between calls, as FC freezes them, and end with their instance."""
    with running_fc(tmp_path) as cloud:
        pid = cloud.call("start_children", count=3)["pid"]
        (instance,) = cloud.view("instances")
        assert (instance["pid"], instance["children"]) == (pid, 3)
        children = psutil.Process(pid).children()
        with pytest.raises(fc2.FcError, match="Process exited unexpectedly"):
            cloud.call("crash")
        for child in children:
            eventually(partial(gone, child.pid), "the child ends")


def test_instances_past_the_cap_are_refused(tmp_path: Path, threads: ThreadPoolExecutor) -> None:
    """429 in both APIs while all are busy; an idle instance serves again."""
    until = tmp_path / "go"
    with running_fc(tmp_path, instances=2) as cloud:
        calls = [begin(cloud, threads, until=str(until)) for _ in range(2)]
        with pytest.raises(fc2.FcError) as caught:
            cloud.call("echo")
        assert (caught.value.status_code, caught.value.err_code) == (429, "ResourceExhausted")
        record = cloud.view("invocations")[-1]
        assert (record["status"], record["error_type"]) == (429, "ResourceExhausted")
        until.touch()
        for call, _ in calls:
            call.result()
        assert cloud.call("describe")["pid"] in [pid for _, pid in calls]


def test_idle_instance_of_another_function_gives_way(tmp_path: Path) -> None:
    """The cap is the account's, and what runs nothing does not use it up."""
    with running_fc(tmp_path, add_function(template(), "other"), instances=1) as cloud:
        pid = cloud.call("describe")["pid"]
        reply = cloud.call_fc3(b'{"do": "describe"}', "other")
        assert json.loads(reply.body.read())["function"]["name"] == "other"
        eventually(lambda: gone(pid), "the idle instance ends")


def test_starts_past_the_rate_are_refused(tmp_path: Path, threads: ThreadPoolExecutor) -> None:
    """A burst of one second's worth starts; more is a 429."""
    until = tmp_path / "go"
    with running_fc(tmp_path, start_rate=0.01) as cloud:
        call, _ = begin(cloud, threads, until=str(until))
        with pytest.raises(fc2.FcError) as caught:
            cloud.call("echo")
        assert caught.value.status_code == 429
        until.touch()
        call.result()


def test_tokens_for_starts_come_back_with_time() -> None:
    """The rate is a token bucket that holds one second's worth."""
    admission = Admission(cap=100, rate=4.0)
    for _ in range(4):
        admission.admit(0, now=10.0)
    with pytest.raises(Throttled):
        admission.admit(0, now=10.0)
    admission.admit(0, now=10.25)
    with pytest.raises(Throttled):
        admission.admit(0, now=10.25)
    for _ in range(4):
        admission.admit(0, now=100.0)
    with pytest.raises(Throttled):
        admission.admit(0, now=100.0)


def test_cold_start_can_be_slow(tmp_path: Path) -> None:
    """The delay is the caller's to wait for, and no part of the function's duration."""
    with running_fc(tmp_path, start_delay=2.5, timeout=2.0) as cloud:
        started = time.monotonic()
        cloud.call("echo")
        assert time.monotonic() - started >= 2.5
        started = time.monotonic()
        cloud.call("echo")
        assert time.monotonic() - started < 2.5
        cold, warm = cloud.view("invocations")
    assert (cold["cold"], warm["cold"]) == (True, False)
    assert cold["duration_ms"] < 2000


def test_many_calls_run_at_once(tmp_path: Path, threads: ThreadPoolExecutor) -> None:
    """As many instances as calls, all of them answered."""
    until = tmp_path / "go"
    with running_fc(tmp_path) as cloud:
        calls = [threads.submit(cloud.call, "wait", until=str(until)) for _ in range(40)]
        eventually(lambda: len(cloud.view("instances")) == 40, "all are running")
        until.touch()
        assert len({call.result()["pid"] for call in calls}) == 40


def test_server_that_stops_takes_its_instances_along(tmp_path: Path) -> None:
    """When the server is gone, so is every process that a call has left."""
    with running_fc(tmp_path) as cloud:
        pid = cloud.call("start_children", count=2)["pid"]
        processes = [pid, *(child.pid for child in psutil.Process(pid).children())]
    assert all(gone(each) for each in processes)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_no_process_survives_the_end_of_the_server(tmp_path: Path, number: signal.Signals) -> None:
    """Told to stop or killed, the server leaves nothing."""
    with server_process(tmp_path) as (server, cloud):
        begun = tmp_path / "begun"
        # Nobody waits for the answer of this call: the server ends under it.
        call = {"do": "start_children", "count": 2, "begun": str(begun)}
        thread = threading.Thread(target=ignoring_failure, args=(cloud, call))
        thread.start()
        pid = int(eventually(lambda: begun.exists() and begun.read_text(), "the call begins"))
        family = psutil.Process(server.pid).children(recursive=True)
        assert pid in [process.pid for process in family]
        assert len(family) == 4
        started = time.monotonic()
        server.send_signal(number)
        server.wait(timeout=20)
        eventually(lambda: all(gone(process.pid) for process in family), "all of it ends")
        assert time.monotonic() - started < 8
        thread.join()


def test_loss_of_the_zygote_is_an_error_of_the_platform(tmp_path: Path) -> None:
    """Its instances go with it, children included, and calls get 500 instead of hanging."""
    with server_process(tmp_path) as (server, cloud):
        eventually(partial(_answers, cloud), "the server listens")
        pid = cloud.call("start_children", count=1)["pid"]
        (zygote,) = psutil.Process(server.pid).children()
        family = zygote.children(recursive=True)
        assert pid in [process.pid for process in family]
        zygote.kill()
        eventually(lambda: all(gone(process.pid) for process in family), "all of it ends")
        with pytest.raises(fc2.FcError) as caught:
            cloud.call("echo")
        assert (caught.value.status_code, caught.value.err_code) == (500, "InternalServerError")


def _answers(cloud: FcCloud) -> bool:
    try:
        return bool(cloud.view("instances") == [])
    except requests.exceptions.ConnectionError:
        return False


def ignoring_failure(cloud: FcCloud, call: dict[str, Any]) -> None:
    with pytest.raises(requests.exceptions.RequestException):
        cloud.call(**call)


@contextlib.contextmanager
def server_process(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], FcCloud]]:
    """Run a server in a process of its own, which a test may kill."""
    path = folder / "s.yaml"
    path.write_text(yaml.safe_dump(template()))
    with listening() as (bound, endpoint):
        config = CloudConfig(
            oss_endpoint="http://127.0.0.1:9",
            fc_endpoint=endpoint,
            origin="",
            data_dir=str(folder / "data"),
            root_secret="root-secret",
            access_key_secret=SECRET,
        )
        process = subprocess.Popen(
            [sys.executable, "-c", SERVER, config.to_json(), str(bound.fileno())],
            pass_fds=[bound.fileno()],
            env={**os.environ, "LOCALCLOUD_TEMPLATE": str(path)},
        )
    with process:
        try:
            yield process, FcCloud(config, folder)
        finally:
            process.kill()
