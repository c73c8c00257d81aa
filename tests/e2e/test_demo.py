"""The demo as a user runs it: a process of its own that leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.demo.proof import NotTheSame, read_back, require_file, require_reply
from tests.localcloud.client import LocalCloud
from tests.localcloud.config import REPOSITORY
from tests.localcloud.patience import eventually

_MIB = 1 << 20
StartDemo = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def demo(tmp_path: Path) -> StartDemo:
    """Start a demo whose temporary files are below the test's own folder."""

    def start(*arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.demo", *arguments],
            cwd=REPOSITORY,
            env={**os.environ, "TMPDIR": str(tmp_path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    return start


def _ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    output, _ = process.communicate(timeout=120)
    return process.returncode, output


def test_demo_copies_a_file_and_proves_it(demo: StartDemo, tmp_path: Path) -> None:
    """The file arrives, the reply is shown field by field, and no temporary file stays."""
    status, output = _ended(demo("--size", str(20 * _MIB + 1)))
    assert status == 0, output
    assert f"The object is the file: {20 * _MIB + 1} bytes, SHA-256 " in output
    assert "parts.count" in output
    assert list(tmp_path.iterdir()) == []


def test_transfer_takes_the_name_from_the_url(demo: StartDemo, cloud: LocalCloud) -> None:
    """Without KEY the object is called like the last piece of the URL's path, decoded."""
    url = cloud.generated("demo", _MIB, name="a b.bin")
    status, output = _ended(demo("transfer", url))
    assert status == 0, output
    assert '"target_object_name": "a b.bin"' in output
    assert f"The object is what the reply says: {_MIB} bytes" in output


def test_transfer_does_not_show_what_may_be_secret_in_a_url(
    demo: StartDemo, cloud: LocalCloud
) -> None:
    """Neither the query of a URL nor its password is printed."""
    url = cloud.generated("demo", 10, name="x").replace("//", "//user:hunter2@") + "?sign=s3cret"
    status, output = _ended(demo("transfer", url, "x"))
    assert status == 0, output
    assert "hunter2" not in output
    assert "s3cret" not in output


def test_failed_transfer_is_one_sentence_and_a_status(demo: StartDemo, cloud: LocalCloud) -> None:
    """A function error is shown with its type, without a traceback, and the status is 1."""
    status, output = _ended(demo("transfer", f"{cloud.origin}/not-there", "x"))
    assert status == 1
    assert output.splitlines()[-1].startswith(f"SourceGone: {cloud.origin}/not-there answered 404")
    assert "errorType" not in output


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "Error: no URL given: make transfer URL=https://example.org/file\n"),
        (("", ""), "Error: no URL given: make transfer URL=https://example.org/file\n"),
        (
            ("https://example.org/",),
            "Error: the URL ends without a name for the object: add KEY=name\n",
        ),
    ],
)
def test_transfer_says_what_is_missing(
    demo: StartDemo, arguments: tuple[str, ...], sentence: str
) -> None:
    """What `make transfer` was not given is named in one sentence, and nothing is started."""
    assert _ended(demo("transfer", *arguments)) == (1, sentence)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupted_demo_leaves_nothing(
    demo: StartDemo, tmp_path: Path, number: signal.Signals
) -> None:
    """A signal in the middle of a transfer ends every process and removes every file."""
    process = demo("--size", str(64 * _MIB))
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("transfer"):
            break
    started = psutil.Process(process.pid).children(recursive=True)
    assert started
    process.send_signal(number)
    status, output = _ended(process)
    assert (status, output.splitlines()[-1]) == (
        130,
        "interrupted: everything has been stopped and removed",
    )
    eventually(lambda: [each for each in started if each.is_running()], wanted=lambda on: not on)
    assert list(tmp_path.iterdir()) == []


def test_another_object_is_not_taken_for_the_file(cloud: LocalCloud) -> None:
    """One changed byte, or one too many, is noticed by SHA-256 and size, and by the CRC64."""
    cloud.bucket.put_object("demo/other", b"0123456789")
    told: list[int] = []
    found = read_back(cloud, "demo/other", told.append)
    assert told == [10]
    require_file(found, 10, found.sha256)
    require_reply(found, 10, str(found.crc64))
    for size, sha256 in ((10, "0" * 64), (11, found.sha256)):
        with pytest.raises(NotTheSame, match="the object has 10 bytes"):
            require_file(found, size, sha256)
    for size, crc64 in ((10, "1"), (11, str(found.crc64))):
        with pytest.raises(NotTheSame, match="the object has 10 bytes"):
            require_reply(found, size, crc64)
