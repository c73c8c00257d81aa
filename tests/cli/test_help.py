"""Help comes at once, and what a user can cause is one sentence."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ossferry_cli.main import COMMANDS
from tests.cli.running import alone, environ


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_help_imports_nothing_that_takes_long(name: str) -> None:
    """Neither the help of all nor that of one command."""
    program = (
        "import sys\n"
        "from ossferry_cli.main import main\n"
        f"main([*{[name] if name else []!r}, '--help'], standalone_mode=False)\n"
        "print(*sorted({each.partition('.')[0] for each in sys.modules}), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environ(),
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert "Usage: " in done.stdout
    slow = {"rich", "requests", "oss2", "yaml", "ossferry", "cryptography", "http"}
    assert not slow & set(done.stderr.split())


def test_every_command_has_a_help_with_an_example() -> None:
    """Which other tests run."""
    for name in COMMANDS:
        done = alone(name, "-h")
        assert done.code == 0
        assert f"\n  ossferry {name}" in done.out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("cp",), 2, "the target is missing"),
        (("cp", "https://example.org/x", "no-target"), 2, "oss://bucket/key"),
        (("cp", "x.iso", "oss://my-bucket/x"), 2, "no source"),
        (("cp", "--list", "/no/such/file", "oss://my-bucket/x/"), 2, "cannot be read"),
        (
            ("cp", "--days", "2", "https://example.org/x", "oss://my-bucket/x", "--local"),
            1,
            "cloud",
        ),
        (("sweep", "oss://my-bucket/x", "--local"), 2, "all of a bucket"),
        (("ls", "--local"), 1, "make cloud"),
        (("run", "x", "oss://a-b/1", "oss://a-b/2", "oss://a-b/3"), 2, "one source and the target"),
        (("run", "x", "oss://a-b/1", "oss://a-b/2", "--alone"), 2, "there is no source"),
        (("run", "x", "--alone", "--flush"), 2, "exclude each other"),
        (("run", "x", "-p", "format"), 2, "--parameter format has no value"),
        (("run", "x", "oss://a-bucket/1"), 2, "the target is missing"),
        (("run", "x", "--when", "2"), 2, "--when is for --then"),
        (("run", "x", "oss://a-b/", "--list", "/no/such/file"), 2, "cannot be read"),
        (("nonsense",), 2, "No such command"),
    ],
)
def test_a_mistake_is_one_sentence(
    arguments: tuple[str, ...], code: int, words: str, tmp_path: Path
) -> None:
    """On stderr, without a traceback, and with an exit code."""
    done = alone(*arguments, folder=tmp_path)
    assert done.code == code
    assert words in done.err
    assert "Traceback" not in done.err
    assert done.out == ""


def test_no_secret_of_a_url_is_in_a_complaint(tmp_path: Path) -> None:
    """Not even if it is no URL for us."""
    done = alone("cp", "ftp://u:word@example.org/x?sig=word", "oss://b-b/x", folder=tmp_path)
    assert done.code == 2
    assert "word" not in done.err
