"""A cloud for jobs that wait, whose clock is moved."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.bulk_jobs import forget
from tests.e2e.spotless import staying_spotless
from tests.localcloud.client import LocalCloud, started


@pytest.fixture(scope="module")
def running() -> Iterator[LocalCloud]:
    """One for the tests of a file: time never goes back."""
    with started() as cloud:
        yield cloud


@pytest.fixture
def cloud(running: LocalCloud) -> Iterator[LocalCloud]:
    """The same, to be left spotless, whatever faults it had."""
    with staying_spotless(running):
        yield running
        running.faults("oss")
    running.faults("oss")
    forget(running)
