"""The copiers that the bench compares: each copies all of an errand, and says what it took."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.bench import endpoints
from tests.bench.copiers.measuring import Errand
from tests.bench.copy_path import run
from tests.bench.endpoints import Endpoints, Scheme

MIB = 1024 * 1024
SIZE = 6 * MIB + 1


@pytest.fixture(scope="module")
def ends() -> Iterator[Endpoints]:
    """A source and a sink."""
    with endpoints.running() as running:
        yield running


@pytest.mark.parametrize(
    ("copier", "scheme"),
    [
        ("ours", "http"),
        ("ours", "https"),
        ("published", "http"),
        ("published", "https"),
        ("splice", "http"),
    ],
)
def test_copier_does_its_errand(ends: Endpoints, copier: str, scheme: Scheme) -> None:
    """An incomplete copy would be an error of the process."""
    errand = Errand(ends.source(scheme, SIZE), ends.sink(scheme), SIZE, part_size=MIB)
    measured = run(copier, errand, ends)
    assert measured.size == SIZE
    assert min(measured.seconds, measured.cpu, measured.peak_mb) > 0
