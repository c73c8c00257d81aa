"""Fixtures for every kind of test: a local cloud, clouds of one's own, and tidiness."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest
from hypothesis import settings

from ossferry.retry import RetryPolicy
from tests.localcloud.client import LocalCloud, started
from tests.localcloud.tidiness import leaving_no_trace
from tests.peers.origin_asking import Origin, running_origin

StartCloud = Callable[..., LocalCloud]

# For machines that are busy with other things: no time limit for one example. The same examples
# each time, so that a run fails only for what was changed; `make chaos` tries others, and prints
# what chance has found so that it can be tried again.
_BUSY = settings(deadline=None, max_examples=60, database=None, print_blob=True)
settings.register_profile("same", _BUSY, derandomize=True)
settings.register_profile("others", _BUSY, max_examples=300)
settings.load_profile("same")


@pytest.fixture
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many attempts as ever, one right after the other: a test of what all of them come to needs
    no short deadline then, which a slow machine would reach first."""

    def delays(self: RetryPolicy, jitter: object = None) -> Iterator[float]:
        yield from [0.0] * (self.attempts - 1)

    monkeypatch.setattr(RetryPolicy, "delays", delays)


@pytest.fixture(scope="session")
def cloud() -> Iterator[LocalCloud]:
    """A local cloud that all tests of this process share."""
    with started() as running:
        yield running


@pytest.fixture
def start_cloud() -> Iterator[StartCloud]:
    """Start local clouds with the options of ``up``, which end with the test."""
    with contextlib.ExitStack() as stack:

        def start(**options: object) -> LocalCloud:
            return stack.enter_context(started(**options))

        yield start


@pytest.fixture
def tidy(cloud: LocalCloud) -> Iterator[None]:
    """Fail a test that leaves an upload open, an instance busy or another object changed."""
    with leaving_no_trace(cloud):
        yield


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Origin]:
    """An origin of its own for a module that needs no whole cloud."""
    with running_origin(tmp_path_factory.mktemp("origin")) as running:
        yield running
