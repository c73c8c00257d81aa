"""Fixtures for the tests of the local cloud."""

from __future__ import annotations

import pytest

from tests.localcloud.tests.node.running import Node, installed


@pytest.fixture(scope="session")
def node() -> Node:
    """Node with the clients from npm; skips where there is no Node."""
    return installed()
