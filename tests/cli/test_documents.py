"""docs/cli.md has every command and option, and its examples run as they are printed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from ossferry_cli.main import COMMANDS, main
from tests.cli.running import Command
from tests.localcloud.config import REPOSITORY
from tests.localcloud.patience import eventually

TEXT = (REPOSITORY / "docs/cli.md").read_text("utf-8")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_explained(name: str) -> None:
    """Also the codes that commands end with."""
    assert re.search(rf"^\| `{name}\b[^`]*` \|", TEXT, re.MULTILINE)
    command = main.get_command(click.Context(main), name)
    assert command is not None
    options = [each for each in command.params if isinstance(each, click.Option)]
    for option in options:
        assert f"`{option.opts[0]}" in TEXT, f"{name} {option.opts[0]}"


def test_exit_codes_are_those_of_the_code() -> None:
    """All of them."""
    section = TEXT.split("\n## Exit codes\n")[1].split("\n## ")[0]
    codes = re.findall(r"^\| (\d+) \|", section, re.MULTILINE)
    assert codes == ["0", "1", "2", "3", "130"]


def examples(name: str) -> list[str]:
    """As its help prints them."""
    command = main.get_command(click.Context(main), name)
    assert command is not None
    return re.findall(r"^\s+(ossferry .*)$", command.help or "", re.MULTILINE)


def run(ossferry: Command, names: tuple[str, ...], job_id: str, folder: Path) -> None:
    """With the source, bucket, id and files that there are here, and nothing else changed."""
    url = ossferry.cloud.generated("x", 999)
    for example in (each for name in names for each in examples(name)):
        text = example.replace("https://example.org/file.iso", f"'{url}'")
        text = text.replace("my-bucket", ossferry.cloud.bucket_name)
        text = re.sub(r"\b[a-z-]+-1f0c9a2b3d\b", job_id, text)
        text = re.sub(
            r"(?<=--save )\S+|\b(?:urls|objects)\.txt", lambda file: str(folder / file[0]), text
        )
        done = ossferry(*shlex.split(text)[1:])
        assert done.code == 0, f"{example}: {done.err}"


def test_the_document_has_the_example_of_the_help() -> None:
    """All that copy, and all that run programs."""
    both = (*examples("cp"), *examples("run"))
    assert all(f"\n{example}\n" in TEXT for example in both)


def test_examples_run_as_they_are_printed(ossferry: Command, tmp_path: Path) -> None:
    """Of each help; in an order that makes sense."""
    cloud = ossferry.cloud
    cloud.bucket.put_object("photos/a.jpg", b"x")
    (tmp_path / "urls.txt").write_text(cloud.generated("y", 999, name="y"))
    cloud.bucket.put_object("in/480P.mp4", b"x")
    (tmp_path / "objects.txt").write_text(ossferry.target("in/480P.mp4"))
    run(ossferry, ("cp", "run", "plan", "ls", "thaw", "sweep"), "", tmp_path)
    # A job with a failed item, a copy that is done, and one that runs.
    gone = cloud.generated("gone", 9, "first:1,status:404", name="z")
    failed = ossferry("cp", cloud.generated("w", 9, name="w"), gone, ossferry.target("w/"))
    run(ossferry, ("report", "again"), failed.err.split()[1].strip(":"), tmp_path)
    whole = cloud.generated("whole", 999, name="whole")
    done_id = ossferry("cp", whole, ossferry.target("whole"), "--detach").out.strip()
    assert ossferry("status", done_id, "--wait").code == 0
    run(ossferry, ("status",), done_id, tmp_path)
    slow = cloud.generated("slow", 10_000_000, "total-rate:600000", name="slow")
    slow_id = ossferry("cp", slow, ossferry.target("slow"), "--detach").out.strip()
    eventually(
        lambda: ossferry("status", slow_id, "--json").document["bytes"],
        wanted=lambda count: count > 0,
        within=60,
    )
    run(ossferry, ("stop",), slow_id, tmp_path)
    ossferry("status", slow_id, "--wait")
    run(ossferry, ("resume",), slow_id, tmp_path)
