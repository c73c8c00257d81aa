"""What ``make cloud`` says to a newcomer works there as it is printed."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import oss2
import pytest

from tests.e2e.transfers import exists, stored
from tests.localcloud.client import LocalCloud, started
from tests.localcloud.config import REPOSITORY
from tests.localcloud.patience import eventually

_ABROAD = {"OSSFERRY_TARGET_BUCKET": "somewhere-real", "OSSFERRY_REGION": "cn-beijing"}


@dataclass(frozen=True)
class Printed:
    """What a user sees of a cloud that runs: the line on stdout, the text on stderr."""

    line: str
    text: str
    cloud: LocalCloud

    @property
    def event(self) -> Any:
        """The first thing in the text that looks like JSON."""
        found = re.search(r"^\{$.*?^\}$", self.text, re.MULTILINE | re.DOTALL)
        assert found is not None, self.text
        return json.loads(found[0])

    @property
    def session(self) -> str:
        """The lines of Python, up to the sentence that ends the text."""
        found = re.search(r"^import .*?(?=^All faults)", self.text, re.MULTILINE | re.DOTALL)
        assert found is not None, self.text
        return found[0]


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Printed]:
    """A cloud that was started as ``make cloud`` does, by somebody with a real deployment."""
    log = tmp_path_factory.mktemp("cloud") / "stderr"
    with (
        log.open("wb") as stderr,
        subprocess.Popen(
            [sys.executable, "-m", "tests.localcloud", "up"],
            cwd=REPOSITORY,
            env={**os.environ, **_ABROAD},
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        ) as process,
    ):
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            text = eventually(
                lambda: log.read_text("utf-8"), wanted=lambda text: "All faults" in text
            )
            description = json.loads(line)
            description["bucket_name"] = description.pop("bucket")
            cloud = LocalCloud(**description)
            yield Printed(line, text, cloud)
            cloud.close()
        finally:
            process.send_signal(signal.SIGTERM)
            rest, _ = process.communicate(timeout=20)
        assert rest == "", "standard output is one line"


def test_event_that_is_printed_can_be_sent(printed: Printed) -> None:
    """It is JSON, its source is there, and the function copies it."""
    assert printed.cloud.invoke(printed.event)["status"] in ("copied", "unchanged")
    head = printed.cloud.bucket.head_object(printed.event["target_object_name"])
    assert head.content_length == 50_000_000


def test_python_that_is_printed_runs_as_printed(printed: Printed, tmp_path: Path) -> None:
    """Pasted whole it copies, triggers a copy, and makes OSS fail twice without harm."""
    done = subprocess.run(
        [sys.executable, "-c", printed.session],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    first, size, again = done.stdout.splitlines()
    assert json.loads(first)["status"] in ("copied", "unchanged")
    assert size == "50000000 bytes are in OSS"
    assert json.loads(again)["status"] == "copied"
    parts = json.loads(again)["parts"]
    assert parts["retried"] <= 2  # one part may have met both
    assert parts["retried"] + parts["hedged"] >= 1  # or somebody else was faster than trying again
    assert printed.cloud.fault_counts("oss") == []
    arrived = "arrived/incoming/hello.txt"
    eventually(lambda: exists(printed.cloud, arrived), within=30)
    assert stored(printed.cloud, arrived) == b"hello"


@pytest.mark.parametrize("key", ["x", "folder/two words.bin"])
def test_object_put_into_incoming_is_copied_to_arrived(printed: Printed, key: str) -> None:
    """The trigger of s.yaml watches the local bucket, whatever a real deployment is called."""
    printed.cloud.bucket.put_object(f"incoming/{key}", b"arrives")
    eventually(lambda: exists(printed.cloud, f"arrived/incoming/{key}"), within=30)
    assert stored(printed.cloud, f"arrived/incoming/{key}") == b"arrives"


def test_object_put_elsewhere_is_not_copied(printed: Printed) -> None:
    """What comes later has been copied, and what lies beside the watched prefix has not."""
    for key in ("beside/x", "incoming/later"):
        printed.cloud.bucket.put_object(key, b"arrives")
    eventually(lambda: exists(printed.cloud, "arrived/incoming/later"), within=30)
    copied = [each.key for each in oss2.ObjectIterator(printed.cloud.bucket, prefix="arrived/")]
    assert "arrived/beside/x" not in copied


def test_secrets_are_only_those_of_the_line(printed: Printed) -> None:
    """What is printed for people names no other cloud than the one that runs."""
    description = json.loads(printed.line)
    assert description["access_key_secret"] in printed.text
    ports = set(re.findall(r"127\.0\.0\.1:(\d+)", printed.text))
    assert ports <= set(re.findall(r"127\.0\.0\.1:(\d+)", printed.line))


def test_clouds_of_tests_print_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    """What is meant for people does not reach the output of who starts a cloud in Python."""
    with started():
        pass
    assert capfd.readouterr() == ("", "")
