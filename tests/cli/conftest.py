"""Clouds with a function of either generation, and the command for them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cli.running import Command, commanding

# How the function is called, and with what its cloud is started.
GENERATIONS = {"3.0": "ossferry", "2.0": "ossferry$ossferry"}


@pytest.fixture(scope="package", params=sorted(GENERATIONS))
def ossferry(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Command]:
    """The command, for each generation of Function Compute."""
    folder = tmp_path_factory.mktemp("cloud")
    generation = request.param
    with commanding(folder, GENERATIONS[generation], generation=generation) as command:
        yield command
