"""Who puts a folder in its place when several instances, or somebody else, want the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from ossferry.depot.folder import is_there, publish
from ossferry.errors import DepotUnusable


def published(tmp_path: Path, text: str, version: str) -> Path:
    """Put a folder with a file in its place; what was there, if it had to go."""
    fresh, aside = tmp_path / f"fresh-{text}", tmp_path / f"aside-{text}"
    fresh.mkdir()
    (fresh / "file").write_text(text)
    publish(str(fresh), str(tmp_path / "folder"), version, aside=str(aside))
    return aside


def test_the_folder_of_who_was_faster_stays(tmp_path: Path) -> None:
    """It may be in use already, and what goes aside is removed."""
    published(tmp_path, "first", "1")
    aside = published(tmp_path, "second", "1")
    assert (tmp_path / "folder" / "file").read_text() == "first"
    assert not aside.exists()


def test_another_version_goes_aside_whole(tmp_path: Path) -> None:
    published(tmp_path, "first", "1")
    aside = published(tmp_path, "second", "2")
    assert is_there(str(tmp_path / "folder"), "2")
    assert (tmp_path / "folder" / "file").read_text() == "second"
    assert (aside / "file").read_text() == "first"


def test_what_somebody_else_put_there_meanwhile_stays(tmp_path: Path) -> None:
    """Without a note of a version it is nobody's of ours."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "theirs").touch()
    with pytest.raises(DepotUnusable, match="name another folder"):
        published(tmp_path, "first", "1")
    assert [each.name for each in (tmp_path / "folder").iterdir()] == ["theirs"]
