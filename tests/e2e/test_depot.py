"""Functions whose libraries and data are zips in OSS: fetched once, before the first request."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from zipfile import ZIP_STORED

import pytest
import yaml

from tests.depot.zips import MODULE, zip_of
from tests.e2e.conftest import StartCloud
from tests.e2e.contents import bytes_of
from tests.e2e.spotless import log_of
from tests.e2e.transfers import failed, replied, stored, transferred
from tests.localcloud.client import LocalCloud
from tests.localcloud.config import REPOSITORY

KEY = "zips/greeting.zip"
EVENT: dict[str, object] = {}
Deploy = Callable[..., LocalCloud]


@pytest.fixture
def disk() -> Iterator[Path]:
    """What stands for the local disk of the instances of one test, which here share it."""
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="ossferry-disk-") as folder:
        yield Path(folder)


@pytest.fixture
def deploy(
    start_cloud: StartCloud, tmp_path: Path, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> Deploy:
    """Deploy the greeter as the README says, with its library in the depot."""

    def deploy(**options: Any) -> LocalCloud:
        code = tmp_path / "code"
        shutil.copytree(REPOSITORY / "src", code, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(Path(__file__).parent / "depot_function" / "greeter.py", code)
        props = {
            "region": "cn-hangzhou",
            "functionName": "greeter",
            "runtime": "python3.10",
            "handler": "greeter.handler",
            "code": str(code),
            "instanceLifecycleConfig": {
                "initializer": {"handler": "index.initializer", "timeout": 300}
            },
            "environmentVariables": {
                "OSSFERRY_DEPOT": f"oss://ossferry-local/{KEY} -> {disk}/library"
            },
        }
        template = {"resources": {"greeter": {"component": "fc3", "props": props}}}
        (tmp_path / "s.yaml").write_text(yaml.safe_dump(template))
        monkeypatch.setenv("LOCALCLOUD_TEMPLATE", str(tmp_path / "s.yaml"))
        return start_cloud(**options)

    return deploy


def logs_since(cloud: LocalCloud, started: float) -> list[str]:
    calls = cloud.invocations(since=started)
    return [log_of(cloud, call["request_id"]) for call in calls]


@pytest.mark.parametrize("runtime", ["python3.10", "python3.12"])
def test_a_handler_imports_from_the_depot(deploy: Deploy, disk: Path, runtime: str) -> None:
    """The zip is fetched for the first request of an instance and for no other."""
    cloud = deploy(runtime=runtime)
    cloud.bucket.put_object(KEY, zip_of(MODULE))
    started = time.time()
    for _ in range(3):
        reply = replied(cloud, EVENT)
        assert reply["said"] == "hello from the depot"
        assert reply["file"] == f"{disk}/library/greeting.py"
    assert reply["path"].count(f"{disk}/library") == 1
    told = [log.count("depot.ready") for log in logs_since(cloud, started)]
    assert told == [1, 0, 0]


def test_instances_that_start_at_once_on_one_disk_all_find_it(deploy: Deploy, disk: Path) -> None:
    """None sees another's half, and one folder is left."""
    cloud = deploy()
    cloud.bucket.put_object(KEY, zip_of(MODULE))
    cloud.faults("oss", [{"operation": "GetObject", "key": KEY, "delay": 0.3}])
    with ThreadPoolExecutor(4) as callers:
        replies = list(callers.map(lambda _: replied(cloud, EVENT), range(4)))
    assert len({reply["pid"] for reply in replies}) == 4
    assert {reply["file"] for reply in replies} == {f"{disk}/library/greeting.py"}
    assert [each.name for each in disk.iterdir()] == ["library"]


def test_a_depot_that_is_not_there_is_told_until_it_is(deploy: Deploy, disk: Path) -> None:
    """Each request tries anew, in a new instance, and the first that finds it works."""
    cloud = deploy()
    started = time.time()
    for _ in range(2):
        error = failed(cloud, EVENT)
        assert error.error_type == "DepotUnusable"
        assert error.message.startswith(f"oss://ossferry-local/{KEY} -> {disk}/library: there is")
    assert list(disk.iterdir()) == []
    cloud.bucket.put_object(KEY, zip_of(MODULE))
    assert replied(cloud, EVENT)["said"] == "hello from the depot"
    assert [call["cold"] for call in cloud.invocations(since=started)] == [True] * 3


def test_a_large_depot_takes_no_memory_and_a_transfer_goes_on_beside_it(
    start_cloud: StartCloud, disk: Path, key: str
) -> None:
    """200 MB on the disk; instances stay below what the fixture allows them."""
    entry = f"oss://ossferry-local/zips/large.zip -> {disk}/data"
    cloud = start_cloud(env={"OSSFERRY_DEPOT": entry})
    data = os.urandom(1 << 20) * 200
    cloud.bucket.put_object("zips/large.zip", zip_of({"large.bin": data}, method=ZIP_STORED))
    transferred(cloud, cloud.generated("beside", 1_000_000), key)
    assert stored(cloud, key) == bytes_of("beside", 1_000_000)
    assert (disk / "data" / "large.bin").stat().st_size == len(data)
