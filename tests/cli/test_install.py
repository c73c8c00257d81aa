"""``pip install .`` gives the command, and nothing that is the function's alone."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.localcloud.config import REPOSITORY


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, because building leaves things behind."""
    folder = tmp_path_factory.mktemp("wheel")
    clone = folder / "clone"
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(REPOSITORY / "src", clone / "src", ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(REPOSITORY / name, clone / name)
    pip = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"]
    options = ["--disable-pip-version-check", "--use-pep517", "-w", str(folder), str(clone)]
    subprocess.run([*pip, *options], check=True, timeout=200, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_has_the_command_and_what_it_reads_with(wheel: Path) -> None:
    """The function's entry points stay in the clone."""
    with zipfile.ZipFile(wheel) as built:
        names = built.namelist()
        assert {name.partition("/")[0].partition("-")[0] for name in names} == {
            "ossferry",
            "ossferry_cli",
        }
        assert {"ossferry_cli/commands/cp.py", "ossferry_cli/prices/list.json"} <= {*names}
        assert "ossferry_cli/py.typed" in names, "type checkers look for it"
        drawn = {
            f"ossferry_cli/report/{name}" for name in ("page.html.j2", "style.css", "script.js")
        }
        assert drawn <= {*names}
        (scripts,) = [name for name in names if name.endswith("entry_points.txt")]
        assert "ossferry = ossferry_cli.main:main" in built.read(scripts).decode()


def test_what_is_required_is_what_is_tested(wheel: Path) -> None:
    """Each is here in a version that will do."""
    with zipfile.ZipFile(wheel) as built:
        (metadata,) = [name for name in built.namelist() if name.endswith("METADATA")]
        text = built.read(metadata).decode()
    needed = [
        Requirement(line.removeprefix("Requires-Dist: "))
        for line in text.splitlines()
        if line.startswith("Requires-Dist: ")
    ]
    assert {each.name for each in needed} >= {"click", "rich", "requests", "oss2"}
    assert all(each.specifier.contains(version(each.name)) for each in needed)


def test_the_installed_command_runs(wheel: Path, tmp_path: Path) -> None:
    """From its wheel alone, without the clone in its path."""
    with zipfile.ZipFile(wheel) as built:
        built.extractall(tmp_path)
    program = "from ossferry_cli.main import main; main(['--version'])"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
        cwd=tmp_path,
    )
    assert done.stdout.startswith("ossferry, version ")
