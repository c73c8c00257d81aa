"""Clouds for tests of the whole system: whoever uses one has to leave it spotless."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest

from tests.e2e.spotless import staying_spotless
from tests.localcloud.client import LocalCloud, started

StartCloud = Callable[..., LocalCloud]

# Where the trigger of the eager cloud writes to.
TRIGGER_PREFIX = "arrived/"


@pytest.fixture
def cloud(cloud: LocalCloud) -> Iterator[LocalCloud]:
    """The shared cloud, with the settings that the function is delivered with."""
    with staying_spotless(cloud):
        yield cloud


@pytest.fixture
def tidy(cloud: LocalCloud) -> None:
    """Nothing more: ``cloud`` is watched here, and a second watch would touch the bystander."""


@pytest.fixture(scope="session")
def shared_eager_cloud() -> Iterator[LocalCloud]:
    """A second shared cloud, whose function fans out from the first byte and has a trigger."""
    settings = {
        "OSSFERRY_FAN_OUT_FROM": "1",
        "OSSFERRY_TARGET_BUCKET": "ossferry-local",
        "OSSFERRY_TARGET_PREFIX": TRIGGER_PREFIX,
    }
    with started(env=settings) as running:
        yield running


@pytest.fixture
def eager_cloud(shared_eager_cloud: LocalCloud) -> Iterator[LocalCloud]:
    """The cloud that invokes children for small sources as well, so that tests can be quick."""
    with staying_spotless(shared_eager_cloud):
        yield shared_eager_cloud


@pytest.fixture
def start_cloud(start_cloud: StartCloud) -> Iterator[StartCloud]:
    """Start clouds of one's own, which are looked at like the shared ones."""
    with contextlib.ExitStack() as stack:

        def start(**options: object) -> LocalCloud:
            running = start_cloud(**options)
            stack.enter_context(staying_spotless(running))
            return running

        yield start


@pytest.fixture
def key(request: pytest.FixtureRequest) -> str:
    """A key that no other test uses."""
    return str(request.node.name)
