"""The file by which the command finds a local cloud."""

from __future__ import annotations

import json
import stat
from pathlib import Path

from tests.localcloud.client import started


def test_a_cloud_is_found_while_it_runs_and_no_longer(tmp_path: Path) -> None:
    """By its owner alone: there is a key in the file."""
    file = tmp_path / "build" / "cloud.json"
    with started(found_by=file) as cloud:
        found = json.loads(file.read_text())
        assert (found["pid"], found["fc_endpoint"]) == (cloud.pid, cloud.fc_endpoint)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [*file.parent.iterdir()] == []


def test_a_cloud_leaves_the_file_of_another_alone(tmp_path: Path) -> None:
    """Which began later, and is the one that is meant."""
    file = tmp_path / "cloud.json"
    with started(found_by=file):
        file.write_text('{"pid": 1}')
    assert file.read_text() == '{"pid": 1}'
