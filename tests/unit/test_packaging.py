"""The package for Function Compute: same input, same bytes, and the code in it runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.localcloud.config import REPOSITORY
from tests.packaging.archive import NameTaken, pack


def _tree(root: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


def _names(target: Path) -> list[str]:
    with zipfile.ZipFile(target) as archive:
        return archive.namelist()


def test_package_does_not_depend_on_when_or_where_it_was_made(tmp_path: Path) -> None:
    """Copies with other times, modes and an import's traces give the same zip."""
    first = _tree(tmp_path / "first", {"b.py": "b", "a/c.py": "c"})
    second = Path(shutil.copytree(first, tmp_path / "elsewhere" / "second"))
    (second / "b.py").chmod(0o700)
    os.utime(second / "b.py", (1, 1))
    _tree(second, {"a/__pycache__/c.cpython-310.pyc": "compiled"})
    pack([first], tmp_path / "1.zip")
    pack([second], tmp_path / "2.zip")
    assert (tmp_path / "1.zip").read_bytes() == (tmp_path / "2.zip").read_bytes()
    assert _names(tmp_path / "1.zip") == ["a/c.py", "b.py"]


def test_package_keeps_licences_and_leaves_out_what_never_runs(tmp_path: Path) -> None:
    """Of a package's description only the licences stay; of its files, those that run."""
    kept = ["x-1.dist-info/LICENSE", "x-1.dist-info/licenses/NOTICE.txt", "x/__init__.py"]
    left_out = [
        *("x-1.dist-info/RECORD", "x-1.dist-info/METADATA", "x/SelfTest/y.py", "x/tests/y.py"),
        *("bin/x", "x/y.pyi", "x/y.c", "pycparser/z.py", "pycparser-3.dist-info/LICENSE"),
    ]
    folder = _tree(tmp_path / "packages", dict.fromkeys([*kept, *left_out], ""))
    pack([folder], tmp_path / "x.zip")
    assert _names(tmp_path / "x.zip") == kept


def test_package_refuses_two_files_of_one_name(tmp_path: Path) -> None:
    """A dependency cannot silently replace a module of ours, nor the other way round."""
    folders = [_tree(tmp_path / name, {"index.py": name}) for name in ("ours", "theirs")]
    with pytest.raises(NameTaken, match=r"index\.py"):
        pack(folders, tmp_path / "x.zip")


def test_packaged_code_runs_without_anything_else(tmp_path: Path) -> None:
    """A clean interpreter imports all of the function from the unpacked zip, SDKs included."""
    target = tmp_path / "function.zip"
    pack([REPOSITORY / "src", REPOSITORY / ".venv" / "runtime"], target)
    unpacked = tmp_path / "code"
    with zipfile.ZipFile(target) as archive:
        archive.extractall(unpacked)
    modules = sorted(
        ".".join(path.relative_to(unpacked).with_suffix("").parts)
        for path in (unpacked / "ossferry").glob("*.py")
    )
    program = (
        "import importlib, sys; sys.path.append(sys.argv[1])\n"
        "for name in sys.argv[2:]: importlib.import_module(name)\n"
        "import index; print(index.handler(b'{}', None))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-W", "ignore", "-c", program, str(unpacked), *modules],
        capture_output=True,
        text=True,
        env={"PATH": os.defpath},
        timeout=60,
    )
    assert "InvalidEvent: source_url is missing" in done.stderr
