"""The client on a cloud, and the example of docs/cli.md as it is printed there. One generation of
Function Compute is enough: the commands, which are built on it, are tested with both."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ossferry_cli import Ferry, Problem
from tests.cli.running import Command, environ
from tests.localcloud.config import REPOSITORY

pytestmark = pytest.mark.parametrize("ossferry", ["3.0"], indirect=True)

SECTION = (REPOSITORY / "docs/cli.md").read_text("utf-8").split("\n## From Python\n")[1]
EXAMPLE = re.findall(r"```python\n(.*?)```", SECTION, re.DOTALL)[0]


def account(ossferry: Command, home: Path) -> dict[str, str]:
    """The environment of somebody whose account the cloud is."""
    cloud = json.loads(Path(ossferry.environ["OSSFERRY_CLOUD"]).read_text())
    return environ(
        HOME=str(home),
        NO_PROXY="127.0.0.1",
        ALIBABA_CLOUD_ACCESS_KEY_ID=cloud["access_key_id"],
        ALIBABA_CLOUD_ACCESS_KEY_SECRET=cloud["access_key_secret"],
        FC_ACCOUNT_ID=str(cloud["account_id"]),
        OSSFERRY_REGION=cloud["region"],
        OSSFERRY_FC_ENDPOINT=cloud["fc_endpoint"],
        OSSFERRY_OSS_ENDPOINT=cloud["oss_endpoint"],
        OSSFERRY_FUNCTION="ossferry",
    )


def test_the_example_runs_as_it_is_printed(ossferry: Command, tmp_path: Path) -> None:
    """With the source and the bucket that there are here, and nothing else changed."""
    there = ossferry.cloud.generated("python", 999_999, name="file.iso")
    gone = f"{ossferry.cloud.origin}/gone.iso"
    program = EXAMPLE.replace("https://example.org/file.iso", there)
    program = program.replace("https://example.org/gone.iso", gone)
    program = program.replace("my-bucket", ossferry.cloud.bucket_name)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env=account(ossferry, tmp_path),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    *looks, end, error = done.stdout.splitlines()
    assert looks[-1] == "999,999 bytes of 999999"
    assert end == "copied 999999"
    assert re.fullmatch(r"SourceGone: .* answered 404.*", error)


@pytest.fixture
def ferry(ossferry: Command, monkeypatch: pytest.MonkeyPatch) -> Ferry:
    """For the cloud that the command is tested with."""
    monkeypatch.setenv("OSSFERRY_CLOUD", ossferry.environ["OSSFERRY_CLOUD"])
    return Ferry("ossferry", local=True)


def test_a_list_in_memory_is_a_job_with_a_report(
    ossferry: Command, ferry: Ferry, tmp_path: Path
) -> None:
    """Failed items are told one by one, and done again."""
    file = ossferry.cloud.origin_root / "later.bin"
    good = ossferry.cloud.generated("memory", 1000, name="good.bin")
    content = f"{good}\n{ossferry.cloud.origin}/later.bin\n".encode()
    target = ossferry.target("memory/")
    with ferry:
        assert ferry.copy(None, target, list=content, dry_run=True).wait().reply["copy"] == 2
        task = ferry.copy(None, target, list=content)
        ended = task.wait()
        assert (task.kind, ended.status, ended.reply["failed"]) == (
            "job",
            "completed_with_failures",
            1,
        )
        found = ferry.task(task.id)
        [row] = found.failed()
        assert row["error_type"] == "SourceGone"
        assert found.report()["kind"] == "bulk"
        found.save(tmp_path / "failed.jsonl")
        assert json.loads((tmp_path / "failed.jsonl").read_text()) == row
        with pytest.raises(Problem, match=r"ends in none of \.html"):
            found.save(tmp_path / "x.pdf")
        file.write_bytes(b"late")
        try:
            again = found.again()
            assert again.wait().reply["copied"] == 1
        finally:
            file.unlink()
        listed = ferry.list(task.id[:-1])
        assert {each["id"] for each in listed["jobs"]} == {task.id}
        assert ferry.plan(good)["source"]["bytes"] == 1000
        assert ferry.bucket == ossferry.cloud.bucket_name
        assert ferry.list(again.id, status="Succeeded")["tasks"][0]["id"] == again.id
