"""A cloud whose function has programs beside it, as somebody deployed them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from glob import glob
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.programs.code import code_with_programs
from tests.e2e.spotless import staying_spotless
from tests.localcloud.client import LocalCloud, started
from tests.localcloud.patience import eventually

# Other tests run at the same time, in clouds of their own, and have the same /tmp.
DISK = f"/tmp/ossferry-tests-{os.getpid()}"
ON_DISK = {"TMPDIR": DISK}
FOLDERS = f"{DISK}/ossferry-program-*"

Event = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def code(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The function's code, with these programs."""
    folder = code_with_programs(tmp_path_factory.mktemp("programs"))
    os.mkdir(DISK)
    yield folder
    shutil.rmtree(DISK)


@pytest.fixture(scope="session")
def shared_program_cloud(code: Path) -> Iterator[LocalCloud]:
    """Of the runtime that has the role's keys in the environment."""
    with started(code=code, runtime="python3.12", env=ON_DISK) as running:
        yield running


@pytest.fixture
def cloud(shared_program_cloud: LocalCloud) -> Iterator[LocalCloud]:
    """That cloud, on which nothing of a program may be left."""
    with staying_spotless(shared_program_cloud):
        yield shared_program_cloud
        eventually(lambda: glob(FOLDERS), wanted=lambda found: not found)


@pytest.fixture
def event(cloud: LocalCloud, key: str) -> Event:
    """Make an event of a program over an object that is put there."""

    def event(program: str, content: bytes = b"some text\n", **fields: Any) -> dict[str, Any]:
        source = fields.pop("key", f"in/{key}.txt")
        cloud.bucket.put_object(source, content)
        return {
            "kind": "program",
            "program": program,
            "source": f"oss://{cloud.bucket_name}/{source}",
            "target": f"oss://{cloud.bucket_name}/out/{key}/",
            **fields,
        }

    return event


def processes_with(word: str) -> list[str]:
    """Return the commands of all processes that have this argument."""
    found = []
    for path in glob("/proc/[0-9]*/cmdline"):
        try:
            arguments = Path(path).read_bytes().split(b"\0")
        except OSError:
            continue
        if word.encode() in arguments and int(path.split("/")[2]) != os.getpid():
            found.append(b" ".join(arguments).decode())
    return found
