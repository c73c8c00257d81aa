"""The command as people run it: a process, with what it says on either stream."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tests.localcloud.client import LocalCloud, started
from tests.localcloud.config import REPOSITORY
from tests.localcloud.patience import eventually

SECRETS = ("ALIBABA", "ALICLOUD", "OSS", "FC_", "ACCESS", "Access", "Account")


class Done(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Stdout as JSON lines, each of which has to be one."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def document(self) -> Any:
        return json.loads(self.out)


class Command:
    """Runs ``ossferry`` against one cloud, as a function of one generation."""

    def __init__(self, cloud: LocalCloud, file: Path, function: str) -> None:
        self.cloud = cloud
        self._file = file
        self._function = function

    def calling(self, function: str) -> Command:
        """Another function of this cloud."""
        return Command(self.cloud, self._file, function)

    def __call__(self, *arguments: str, text: str | None = None) -> Done:
        done = subprocess.run(
            self._line(arguments),
            input=text,
            capture_output=True,
            text=True,
            env=self.environ,
            timeout=120,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def begun(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self._line(arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environ,
            start_new_session=True,
        )

    def _line(self, arguments: tuple[str, ...]) -> list[str]:
        function = ["--local", "--function", self._function]
        return [sys.executable, "-m", "ossferry_cli", *arguments, *function]

    @property
    def environ(self) -> dict[str, str]:
        return environ(OSSFERRY_CLOUD=str(self._file))

    def target(self, key: str = "") -> str:
        return f"oss://{self.cloud.bucket_name}/{key}"


def environ(**more: str) -> dict[str, str]:
    """Without anything that a person may have set."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(SECRETS)}
    return {**kept, "PYTHONPATH": str(REPOSITORY / "src"), **more}


def alone(
    *arguments: str, env: Mapping[str, str] | None = None, folder: Path | None = None
) -> Done:
    """Without a cloud."""
    done = subprocess.run(
        [sys.executable, "-m", "ossferry_cli", *arguments],
        capture_output=True,
        text=True,
        env=environ(**(env or {})),
        cwd=folder,
        timeout=60,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


@contextmanager
def commanding(folder: Path, function: str, **options: object) -> Iterator[Command]:
    """A cloud that is found by a file, and the command for it."""
    file = folder / "cloud.json"
    with started(found_by=file, **options) as cloud:
        yield Command(cloud, file, function)


def interrupted(process: subprocess.Popen[str]) -> Done:
    """After Ctrl-C."""
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    return Done(process.returncode, out, err)


def first_line(process: subprocess.Popen[str]) -> dict[str, Any]:
    """Of JSON lines."""
    assert process.stdout is not None
    return dict(json.loads(process.stdout.readline()))


__all__ = ["Command", "Done", "alone", "commanding", "eventually", "first_line", "interrupted"]
