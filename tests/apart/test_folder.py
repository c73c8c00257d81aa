"""A folder of its own for each item, which is gone in the end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ossferry.apart.folder import PREFIX, files_in, free, opened, own_folder, used
from ossferry.errors import ProgramFailed


def left(disk: Path) -> list[str]:
    return [each.name for each in disk.iterdir()]


def test_it_is_there_for_the_block(tmp_path: Path) -> None:
    """Each has its own; errors end it as well."""
    with own_folder(".mp4", str(tmp_path)) as one, own_folder("", str(tmp_path)) as two:
        assert one.root != two.root
        assert one.file.endswith("/in/input.mp4")
        assert two.file.endswith("/in/input")
        assert os.listdir(one.outputs) == os.listdir(one.work) == []
        assert len(left(tmp_path)) == 2
    with pytest.raises(ValueError, match="x"), own_folder("", str(tmp_path)):
        raise ValueError("x")
    assert left(tmp_path) == []


@pytest.mark.parametrize("suffix", [".a b", "./..", ".", ".\n", f".{'a' * 17}"])
def test_no_odd_suffix_names_a_file(tmp_path: Path, suffix: str) -> None:
    """A key may have any."""
    with own_folder(suffix, str(tmp_path)) as folder:
        assert os.path.basename(folder.file) == "input"


def test_what_a_crash_left_goes_and_what_is_at_work_stays(tmp_path: Path) -> None:
    """Also of another process; and nothing that only looks like it."""
    (tmp_path / f"{PREFIX}crashed" / "deep").mkdir(parents=True)
    (tmp_path / f"{PREFIX}file").write_text("")
    os.symlink("/etc", tmp_path / f"{PREFIX}link")
    program = (
        "import sys; from ossferry.apart.folder import own_folder\n"
        f"with own_folder('', {str(tmp_path)!r}) as folder: print(folder.root, flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(Path(__file__).parents[2] / "src")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        root = other.stdout.readline().strip()
        with own_folder("", str(tmp_path)):
            assert os.path.isdir(root)
            assert f"{PREFIX}crashed" not in left(tmp_path)
        other.kill()
    with own_folder("", str(tmp_path)):
        assert not os.path.exists(root)
    assert os.path.isdir("/etc")


def test_files_are_listed_with_their_sizes(tmp_path: Path) -> None:
    """By their paths below the folder."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "c").write_bytes(b"123")
    (tmp_path / "d").write_bytes(b"")
    (tmp_path / "empty").mkdir()
    assert files_in("x", str(tmp_path)) == {"a/b/c": 3, "d": 0}


@pytest.mark.parametrize("name", ["link", "pipe", "folder", "dangling"])
def test_what_is_no_file_is_refused(tmp_path: Path, name: str) -> None:
    """Whatever it leads to."""
    path = tmp_path / name
    if name == "pipe":
        os.mkfifo(path)
    else:
        os.symlink({"link": __file__, "folder": "/etc", "dangling": "no"}[name], path)
    with pytest.raises(ProgramFailed, match="is no plain file"):
        files_in("x", str(tmp_path))
    with pytest.raises(OSError, match=r".+"):
        opened(str(path))


def test_what_is_used_is_counted_while_it_changes(tmp_path: Path) -> None:
    """Outputs and everything else but the input; holes take no room."""
    with own_folder("", str(tmp_path)) as folder:
        assert used(folder) == 0
        Path(folder.file).write_bytes(bytes(100_000))
        assert used(folder) == 0
        os.makedirs(f"{folder.work}/a/b")
        Path(f"{folder.work}/a/b/c").write_bytes(os.urandom(100_000))
        Path(f"{folder.outputs}/d").write_bytes(os.urandom(100_000))
        assert 200_000 <= used(folder) < 300_000
        with open(f"{folder.outputs}/hole", "wb") as file:
            file.truncate(10**9)
        assert used(folder) < 300_000
        assert free(folder) > 0
