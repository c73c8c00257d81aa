"""Clouds with a function of either generation, and the command for them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.running import Command, commanding
from tests.localcloud.config import REPOSITORY

# How the function is called, and with what its cloud is started.
GENERATIONS = {"3.0": "ossferry", "2.0": "ossferry$ossferry"}


@pytest.fixture(scope="package", params=sorted(GENERATIONS))
def ossferry(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Command]:
    """The command, for each generation of Function Compute, with programs beside the function."""
    folder = tmp_path_factory.mktemp("cloud")
    code = folder / "code"
    left_out = shutil.ignore_patterns("__pycache__", "ossferry_cli")
    shutil.copytree(REPOSITORY / "src", code, ignore=left_out)
    shutil.copytree(Path(__file__).parent / "programs", code / "programs")
    generation, function = request.param, GENERATIONS[request.param]
    with commanding(folder, function, generation=generation, code=code) as command:
        yield command
