"""The packages that are uploaded: built as for a deployment, and what an instance does with one.

The function runs from nothing but the zip, once with the context of python3.10, whose service
makes it call itself through API 2016-08-15, and once with that of python3.12, by which it does so
through 2023-03-30. The Python is the runtime's own where this machine has it; elsewhere a package
for the Python at hand, built in the same way, is run in its place.
"""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import oss2
import pytest

from tests.e2e.conftest import TRIGGER_PREFIX
from tests.e2e.contents import bytes_of, crc64_of
from tests.e2e.interrupted import assert_nothing_left, killed_after, leaving_nothing, swept
from tests.e2e.spotless import staying_spotless
from tests.e2e.transfers import bucket_named, headers_of, replied, stored, transferred
from tests.e2e.watched import ARRIVALS, entry
from tests.localcloud import interpreters
from tests.localcloud.client import LocalCloud, started
from tests.localcloud.config import REPOSITORY
from tests.packaging.__main__ import RUNTIMES

# Building downloads what it packs.
pytestmark = pytest.mark.timeout(900)

PART = 100 * 1024
LARGE = 200_000_001
MOST_MB, MOST_UNPACKED_MB = 16, 60
SETTINGS = {
    "OSSFERRY_FAN_OUT_FROM": "1",
    "OSSFERRY_TARGET_BUCKET": "ossferry-local",
    "OSSFERRY_TARGET_PREFIX": TRIGGER_PREFIX,
}
IMPORT_ALL = """
import importlib, pathlib, sys
folder = sys.argv[1]
sys.path.insert(0, folder)
for path in sorted(pathlib.Path(folder, "ossferry").glob("*.py")):
    importlib.import_module(f"ossferry.{path.stem}")
import index
index.handler(b"{}", None)
"""

Packages = Mapping[str, Path]


def built(folder: Path, *versions: str) -> Packages:
    """Build as ``make package`` does."""
    command = [sys.executable, "-m", "tests.packaging", *versions, "--folder", str(folder)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return {version: folder / f"ossferry-python{version}.zip" for version in versions}


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Packages:
    """Those for Function Compute, and for this Python if it has to stand in for another."""
    missing = [version for version in RUNTIMES if interpreters.find(version) is None]
    versions = [*RUNTIMES, interpreters.RUNNING] if missing else RUNTIMES
    return built(tmp_path_factory.mktemp("packages"), *dict.fromkeys(versions))


@pytest.fixture(scope="module", params=RUNTIMES)
def runtime(request: pytest.FixtureRequest) -> str:
    """The version of one of the runtimes."""
    version: str = request.param
    return version


@pytest.fixture(scope="module")
def python(runtime: str) -> str:
    """The version that is run in this runtime."""
    return runtime if interpreters.find(runtime) else interpreters.RUNNING


@pytest.fixture(scope="module")
def running(packages: Packages, runtime: str, python: str) -> Iterator[LocalCloud]:
    """A cloud whose function has nothing but the package, and fans out from the first byte."""
    options = {"runtime": f"python{runtime}", "code": packages[python], "env": SETTINGS}
    with started(**options) as cloud:
        yield cloud


@pytest.fixture
def cloud(running: LocalCloud) -> Iterator[LocalCloud]:
    """The same, to be left spotless."""
    with staying_spotless(running), leaving_nothing(running):
        yield running


def test_package_is_the_same_each_time(packages: Packages, tmp_path: Path) -> None:
    """Built again, from the sources of the dependencies on, it has the same bytes."""
    version = RUNTIMES[0]
    assert built(tmp_path, version)[version].read_bytes() == packages[version].read_bytes()


def test_package_holds_the_function_and_nothing_else_of_the_project(
    packages: Packages, runtime: str
) -> None:
    """All of src but the command, with byte code where there is a Python to compile it; no test."""
    with zipfile.ZipFile(packages[runtime]) as package:
        names = set(package.namelist())
        src = REPOSITORY / "src"
        for path in [src / "index.py", *(src / "ossferry").rglob("*.py")]:
            assert package.read(str(path.relative_to(src))) == path.read_bytes()
    has_byte_code = f"__pycache__/index.cpython-{runtime.replace('.', '')}.pyc" in names
    assert has_byte_code == (interpreters.find(runtime) is not None)
    assert not [name for name in names if {"tests", "ossferry_cli"} & {*name.split("/")}]


def test_package_is_for_its_runtime_and_no_other(packages: Packages, runtime: str) -> None:
    """Native code is for x86_64 Linux and this Python, or for any that has the stable ABI."""
    with zipfile.ZipFile(packages[runtime]) as package:
        native = [name for name in package.namelist() if ".so" in Path(name).suffixes]
    tag = f".cpython-{runtime.replace('.', '')}-x86_64-linux-gnu.so"
    assert any(name.endswith(tag) for name in native)
    assert not [name for name in native if not name.endswith((tag, ".abi3.so"))]


def test_package_shows_nothing_of_the_machine_that_built_it(
    packages: Packages, runtime: str
) -> None:
    """No path of this checkout, of the folder that it was built in, or of this Python."""
    traces = [str(REPOSITORY), "ossferry-package-", sys.prefix]
    with zipfile.ZipFile(packages[runtime]) as package:
        for name in package.namelist():
            content = package.read(name)
            assert not [each for each in traces if each.encode() in content], name


def test_package_is_small(packages: Packages, runtime: str) -> None:
    """Each cold start waits for it to be loaded and unpacked."""
    with zipfile.ZipFile(packages[runtime]) as package:
        unpacked = sum(entry.file_size for entry in package.infolist())
    assert packages[runtime].stat().st_size < MOST_MB * 1e6
    assert unpacked < MOST_UNPACKED_MB * 1e6


def test_every_module_runs_from_the_package_alone(
    packages: Packages, python: str, tmp_path: Path
) -> None:
    """A clean interpreter imports all of the function, both SDKs included, without a warning."""
    with zipfile.ZipFile(packages[python]) as package:
        package.extractall(tmp_path)
    interpreter = interpreters.find(python)
    assert interpreter is not None
    done = subprocess.run(
        [interpreter, "-I", "-S", "-B", "-c", IMPORT_ALL, str(tmp_path)],
        capture_output=True,
        text=True,
        env={"PATH": os.defpath},
        timeout=120,
    )
    assert "InvalidEvent: source_url, target_object_name, " in done.stderr
    assert "Warning" not in done.stderr


def test_large_transfer_with_children(cloud: LocalCloud, key: str) -> None:
    """200 MB, most of it by children, proven byte by byte."""
    reply = transferred(cloud, cloud.generated("large", LARGE), key)
    assert headers_of(cloud, key)["x-oss-hash-crc64ecma"] == str(crc64_of("large", LARGE))
    assert reply["proof"] == ["parts", "object"]
    assert reply["children"]["invocations"] > 1


def test_source_without_ranges(cloud: LocalCloud, key: str) -> None:
    """The coordinator copies front to back."""
    url = cloud.generated("whole", 9 * PART, "range:ignored,length:chunked")
    transferred(cloud, url, key)
    assert stored(cloud, key) == bytes_of("whole", 9 * PART)


@pytest.fixture
def arrivals(cloud: LocalCloud, key: str) -> Iterator[oss2.Bucket]:
    """A bucket that the trigger watches, with an object that has arrived."""
    bucket = bucket_named(cloud, ARRIVALS)
    bucket.create_bucket()
    bucket.put_object(key, b"has arrived")
    yield bucket
    bucket.delete_object(key)
    bucket.delete_bucket()


@pytest.mark.usefixtures("arrivals")
def test_event_of_a_trigger(cloud: LocalCloud, key: str) -> None:
    """An object that arrived is copied to where the settings say."""
    reply = replied(cloud, {"events": [entry(key)]})
    assert [each["status"] for each in reply["messages"]] == ["copied"]
    assert stored(cloud, TRIGGER_PREFIX + key) == b"has arrived"


def test_transfer_that_broke_off_goes_on(cloud: LocalCloud, key: str) -> None:
    """The same event copies only what was not there yet."""
    fields = {"part_size": PART, "streams": 2, "max_children": 2}
    killed_after(cloud, 12, cloud.generated(key, 24 * PART, "rate:100000"), key, **fields)
    reply = transferred(cloud, cloud.generated(key, 24 * PART), key, **fields)
    assert reply["parts"]["reused"] > 0
    assert stored(cloud, key) == bytes_of(key, 24 * PART)


def test_sweep(cloud: LocalCloud, key: str) -> None:
    """What a crash left, and nobody goes on with, is removed."""
    fields = {"part_size": PART, "streams": 2, "max_children": 0}
    killed_after(cloud, 1, cloud.generated(key, 8 * PART, "rate:100000"), key, **fields)
    assert swept(cloud)["swept"] == 1
    assert_nothing_left(cloud)
