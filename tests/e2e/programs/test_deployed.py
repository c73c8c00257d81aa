"""Programs as somebody deploys them: by the document, in a depot, in the delivered role."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.depot.zips import zip_of
from tests.e2e.conftest import StartCloud
from tests.e2e.programs.code import DEPLOYED
from tests.e2e.test_permissions import BUCKET, POLICIES, deployed
from tests.e2e.transfers import exists, replied, stored
from tests.localcloud.config import REPOSITORY
from tests.localcloud.patience import eventually

EVENT = {
    "kind": "program",
    "program": "shout",
    "source": f"oss://{BUCKET}/in/a.txt",
    "target": f"oss://{BUCKET}/out/",
}


def test_the_first_program_of_the_document_works(code: Path, tmp_path: Path) -> None:
    """File by file, and command by command."""
    text = (REPOSITORY / "docs/programs.md").read_text("utf-8")
    section = text.partition("## First program")[2].partition("\n## ")[0]
    own = shutil.copytree(code, tmp_path / "src")
    for kind, content in re.findall(r"^```(toml|sh)\n(.*?)^```$", section, re.M | re.S):
        (own / "programs" / f"shout.{kind}").write_text(content)
    (program,) = re.findall(r"<<'EOF'\n(.*?)^EOF$", section, re.M | re.S)
    done = subprocess.run(
        [sys.executable, "-c", program.replace('code="src"', f'code="{own}"')],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=120,
    )
    reply, content, status = done.stdout.splitlines()
    assert "'status': 'done'" in reply
    assert "out/morning/loud.txt" in reply
    assert content == repr(b"hello\nGOOD MORNING\n")
    assert status == "unchanged"


def test_a_depot_brings_programs(start_cloud: StartCloud) -> None:
    """A command beside its description, and a function that imports what the zip has."""
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="ossferry-disk-") as disk:
        entry = f"oss://{BUCKET}/zips/tools.zip -> {disk}/tools"
        cloud = start_cloud(env={"OSSFERRY_DEPOT": entry})
        names = ("shout.toml", "shout.sh", "measure.toml", "measuring.py")
        files = {f"programs/{name}": (DEPLOYED / name).read_bytes() for name in names}
        cloud.bucket.put_object("zips/tools.zip", zip_of(files))
        cloud.bucket.put_object("in/a.txt", b"some text\n")
        assert replied(cloud, EVENT)["status"] == "done"
        assert stored(cloud, "out/a/shouted.txt") == b"hello a\nSOME TEXT\n"
        assert replied(cloud, {**EVENT, "program": "measure"})["status"] == "done"


@pytest.mark.parametrize("runtime", sorted(POLICIES))
def test_the_delivered_role_suffices(runtime: str, code: Path, tmp_path: Path) -> None:
    """Small outputs and one that goes by parts; again; and a sweep."""
    with deployed(POLICIES[runtime], tmp_path, runtime=runtime, code=code) as cloud:
        cloud.bucket.put_object("in/a.txt", bytes(9_000_000))
        for program in ("shout", "duplicate"):
            asked = {**EVENT, "program": program}
            replies = [replied(cloud, asked) for _ in range(2)]
            assert [reply["status"] for reply in replies] == ["done", "unchanged"]


def test_an_object_that_arrives_is_given_to_a_program(start_cloud: StartCloud, code: Path) -> None:
    """By a rule; whatever the trigger makes of its key, and what no rule takes is copied."""
    rules = f"incoming/*.txt -> shout -> oss://{BUCKET}/out/"
    settings = {"OSSFERRY_PROGRAM_RULES": rules, "OSSFERRY_TARGET_BUCKET": BUCKET}
    cloud = start_cloud(code=code, env={**settings, "OSSFERRY_TARGET_PREFIX": "copies/"})
    cloud.bucket.put_object("incoming/b/a c+d%41.txt", b"some text\n")
    cloud.bucket.put_object("incoming/a.bin", b"bytes")
    eventually(lambda: exists(cloud, "out/a c+d%41/shouted.txt"), within=30)
    eventually(lambda: exists(cloud, "copies/incoming/a.bin"), within=30)
    assert not exists(cloud, "copies/incoming/b/a c+d%41.txt")
