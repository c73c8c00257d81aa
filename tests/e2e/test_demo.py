"""The demo as a user runs it: a process of its own that leaves nothing behind."""

from __future__ import annotations

import json
import os
import pty
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

import psutil
import pytest
import requests

from tests.demo.event import event_lines
from tests.demo.keeping import whole_file
from tests.demo.proof import NotTheSame, read_back, require_file, require_reply
from tests.e2e.contents import bytes_of
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
    """The file arrives, the reply is shown, and no temporary file stays."""
    status, output = _ended(demo("--size", str(20 * _MIB + 1)))
    assert status == 0, output
    assert f"The object is the file: {20 * _MIB + 1} bytes, SHA-256 " in output
    assert re.search(r"^object\.size +20971521 \(21\.0 MB\)", output, re.MULTILINE)
    assert re.search(r"^transfer +[0-9.]+ s  100% +21\.0 MB +[0-9.]+ .?B/s", output, re.MULTILINE)
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
    """Query and password are not printed; the event is valid and says what to fill in."""
    url = cloud.generated("demo", 10, name="x").replace("//", "//user:hunter2@") + "?sign=s3cret"
    status, output = _ended(demo("transfer", url, "x"))
    assert status == 0, output
    assert "hunter2" not in output
    assert "s3cret" not in output
    event = json.loads(output[output.index("{") : output.index("}") + 1])
    filled_in = event["source_url"].replace("USERINFO", "user:hunter2")
    assert filled_in.replace("QUERY", "sign=s3cret") == url
    assert "replace USERINFO with its user name and password and QUERY with its query." in output


@pytest.mark.parametrize("url", ["https://h/x", "https://h/a//b@c", "https://h/%3F?"])
def test_event_without_secrets_is_printed_as_it_is(url: str) -> None:
    """There is nothing to fill in, so what is printed is the event and no more."""
    event = {"source_url": url, "target_object_name": "鍵"}
    assert json.loads(event_lines(event)) == event


def test_transfer_writes_the_object_where_it_is_asked_to(
    demo: StartDemo, cloud: LocalCloud, tmp_path: Path
) -> None:
    """The file is the source, replaces what was there, and is all that is left."""
    place = tmp_path / "here" / "out.bin"
    place.parent.mkdir()
    place.write_bytes(b"before")
    url = cloud.generated("out", 3 * _MIB + 1, name="x.bin")
    status, output = _ended(demo("transfer", url, "", "--out", str(place)))
    assert status == 0, output
    assert output.splitlines()[-1] == f"It is in {place}."
    assert place.read_bytes() == bytes_of("out", 3 * _MIB + 1)
    assert [list(tmp_path.iterdir()), list(place.parent.iterdir())] == [[place.parent], [place]]


def test_failed_transfer_leaves_the_place_alone(
    demo: StartDemo, cloud: LocalCloud, tmp_path: Path
) -> None:
    """Without an object there is no file, and what was there stays."""
    place = tmp_path / "out.bin"
    place.write_bytes(b"before")
    status, _ = _ended(demo("transfer", f"{cloud.origin}/gone", "x", "--out", str(place)))
    assert status == 1
    assert place.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [place]


def test_half_a_file_is_never_at_its_place(tmp_path: Path) -> None:
    """Until all of it has been verified the old file is there, and after a failure as well."""
    place = tmp_path / "out.bin"
    place.write_bytes(b"before")
    with pytest.raises(NotTheSame):
        _write_half(place)
    assert place.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [place]


def _write_half(place: Path) -> None:
    with whole_file(place) as file:
        file.write(b"half")
        assert place.read_bytes() == b"before"
        raise NotTheSame


@pytest.mark.parametrize(
    ("out", "sentence"), [(".", "is not a file"), ("missing/out.bin", "there is no folder")]
)
def test_place_that_cannot_be_is_refused_before_anything_is_started(
    demo: StartDemo, tmp_path: Path, out: str, sentence: str
) -> None:
    """One sentence says what is wrong with OUT."""
    place = tmp_path / out
    status, output = _ended(demo("transfer", "http://127.0.0.1:9/x", "x", "--out", str(place)))
    assert status == 1
    assert output.startswith("Error: ")
    assert sentence in output
    assert len(output.splitlines()) == 1


def test_transfer_in_a_terminal_keeps_the_object_until_ctrl_c(
    cloud: LocalCloud, tmp_path: Path
) -> None:
    """It prints how to read the object, which works until Ctrl-C; then nothing is left."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.demo", "transfer", cloud.generated("kept", 1000), "a/b c"],
        cwd=REPOSITORY,
        env={**os.environ, "TMPDIR": str(tmp_path), "COLUMNS": "100", "TERM": "xterm"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    with process, _killed_in_the_end(process), open(ours, "rb", buffering=0) as screen:
        seen = b""
        while not (found := re.search(rb"^(curl .*)\r$", seen, re.MULTILINE)):
            seen += screen.read(4096)
        _, _, name, url = shlex.split(found[1].decode())
        assert name == "b c"
        assert requests.get(url, timeout=30).content == bytes_of("kept", 1000)
        process.send_signal(signal.SIGINT)
        while piece := _read_or_end(screen):
            seen += piece
        process.wait(60)
    assert process.returncode == 0
    assert seen.decode().splitlines()[-1].startswith("The local cloud has ended")
    assert list(tmp_path.iterdir()) == []


@contextmanager
def _killed_in_the_end(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Whatever a test waits for in vain, nobody waits for the program."""
    try:
        yield
    finally:
        process.kill()


def _read_or_end(screen: FileIO) -> bytes:
    """A terminal whose last program has gone is an error to read from."""
    try:
        return screen.read(4096)
    except OSError:
        return b""


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
