"""``python -m tests.localcloud up``: what it prints, and that it leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import oss2
import psutil
import pytest

from tests.conftest import StartCloud
from tests.localcloud.config import REPOSITORY
from tests.localcloud.patience import eventually

KEYS = {
    *("oss_endpoint", "fc_endpoint", "origin", "region", "account_id"),
    *("access_key_id", "access_key_secret", "bucket", "service", "function", "pid"),
    *("second_region", "second_oss_endpoint"),
}


@contextmanager
def _up(data_dir: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.localcloud", "up", "--data-dir", str(data_dir)]
    with subprocess.Popen(
        [*command, *arguments],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _first_line(process: subprocess.Popen[str]) -> dict[str, object]:
    assert process.stdout is not None
    description: dict[str, object] = json.loads(process.stdout.readline())
    return description


def _descendants(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def _alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [
        each for each in processes if each.is_running() and each.status() != psutil.STATUS_ZOMBIE
    ]


def test_one_line_of_json_describes_a_cloud_that_works(start_cloud: StartCloud) -> None:
    """Every server answers and the bucket exists as soon as the line is there."""
    cloud = start_cloud()
    assert isinstance(cloud.bucket.get_bucket_info(), oss2.models.GetBucketInfoResult)
    assert cloud.instances() == []
    assert cloud.origin_requests()["requests"] == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_everything(tmp_path: Path, number: signal.Signals) -> None:
    """Soon there is no process and no data, and the status is 0."""
    with _up(tmp_path) as process:
        assert set(_first_line(process)) == KEYS
        servers = _descendants(process)
        assert len(servers) >= 3
        began = time.monotonic()
        process.send_signal(number)
        assert process.wait(20) == 0
        assert time.monotonic() - began < 8
        assert not _alive(servers)
    assert not list(tmp_path.iterdir())


def test_a_signal_while_starting_stops_everything(tmp_path: Path) -> None:
    """As soon as data exists, a signal also takes it away."""
    with _up(tmp_path) as process:
        eventually(lambda: list(tmp_path.iterdir()))
        servers = _descendants(process)
        process.terminate()
        process.wait(20)
        eventually(lambda: not _alive(servers))
    assert not list(tmp_path.iterdir())


def test_a_crash_of_the_parent_leaves_nothing(tmp_path: Path) -> None:
    """SIGKILL cannot be handled; the servers notice and tidy up themselves."""
    with _up(tmp_path) as process:
        _first_line(process)
        servers = _descendants(process)
        process.kill()
        eventually(lambda: not _alive(servers), within=20)
        eventually(lambda: not list(tmp_path.iterdir()))


def test_a_crash_of_the_parent_while_servers_start_leaves_nothing(tmp_path: Path) -> None:
    """They have not asked to be told of it yet, and find that they are nobody's."""
    with _up(tmp_path) as process:
        servers = eventually(lambda: _descendants(process), wanted=lambda found: len(found) >= 3)
        process.kill()
        eventually(lambda: not _alive(servers), within=20)
        eventually(lambda: not list(tmp_path.iterdir()))


@pytest.mark.parametrize("name", ["oss", "fc", "origin"])
def test_a_server_that_dies_ends_the_cloud(tmp_path: Path, name: str) -> None:
    """With a status that is not 0 and a message that names the server."""
    with _up(tmp_path) as process:
        _first_line(process)
        servers = _descendants(process)
        next(each for each in servers if name in each.cmdline()).kill()
        _, message = process.communicate(timeout=20)
        assert process.returncode == 1
        assert f"the {name} server ended with signal 9" in message
        eventually(lambda: not _alive(servers))
    assert not list(tmp_path.iterdir())


def test_requests_in_flight_do_not_delay_the_end(tmp_path: Path) -> None:
    """A stalled download is ended, not waited for."""
    with _up(tmp_path) as process:
        host, _, port = str(_first_line(process)["origin"]).removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), timeout=5) as connection:
            connection.sendall(b"GET /random/a/1000000?as=stall:10 HTTP/1.1\r\nHost: h\r\n\r\n")
            assert connection.recv(1)
            began = time.monotonic()
            process.terminate()
            assert process.wait(20) == 0
            assert time.monotonic() - began < 8


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--env", "novalue"], "K=V"),
        (["--start-rate", "fast"], "start-rate"),
        (["--runtime", "python2"], "runtime"),
        (["--instances", "0"], "instances"),
        (["--origin-root", "/nowhere"], "origin-root"),
    ],
)
def test_a_wrong_option_is_refused(tmp_path: Path, arguments: list[str], word: str) -> None:
    """Before anything has been started."""
    with _up(tmp_path, *arguments) as process:
        _, message = process.communicate(timeout=20)
        assert process.returncode == 2
        assert word in message


def test_a_wrong_fault_file_is_refused(tmp_path: Path) -> None:
    """The message says which rule cannot work."""
    rules = tmp_path / "faults.json"
    rules.write_text('[{"server": "oss", "statsu": 503}]')
    with _up(tmp_path, "--faults", str(rules)) as process:
        _, message = process.communicate(timeout=20)
        assert process.returncode == 2
        assert "statsu" in message


def test_faults_can_be_there_from_the_start(start_cloud: StartCloud) -> None:
    """One list for all three servers; each knows its own."""
    rule = {"server": "oss", "operation": "PutObject", "status": 503, "times": 1}
    cloud = start_cloud(faults=[rule])
    with pytest.raises(oss2.exceptions.ServerError) as refused:
        cloud.bucket.put_object("key", b"data")
    assert refused.value.status == 503
    cloud.bucket.put_object("key", b"data")
    assert cloud.fault_counts("oss")[0]["taken"] == 1


def test_the_cloud_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    """A test run that is killed leaves no cloud behind."""
    script = (
        "from tests.localcloud.client import started\n"
        f"with started(data_dir={str(tmp_path)!r}) as cloud:\n"
        "    print(cloud.pid, flush=True)\n"
        "    input()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as starter:
        assert starter.stdout is not None
        cloud = psutil.Process(int(starter.stdout.readline()))
        servers = [cloud, *cloud.children(recursive=True)]
        os.kill(starter.pid, signal.SIGKILL)
        eventually(lambda: not _alive(servers), within=20)
    eventually(lambda: not list(tmp_path.iterdir()))
