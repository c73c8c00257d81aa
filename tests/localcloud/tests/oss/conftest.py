"""One OSS for each module of these tests, and clients that nobody here wrote."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import opendal
import pytest

from tests.localcloud.tests.oss import clients
from tests.peers.oss_service import OssService, running


@pytest.fixture(scope="module")
def oss() -> Iterator[OssService]:
    with running() as service:
        yield service


@pytest.fixture(scope="module")
def v2(oss: OssService) -> Any:
    """The second generation of the Python SDK, which signs by V4."""
    return clients.v2(oss)


@pytest.fixture(scope="module")
def dal(oss: OssService) -> opendal.AsyncOperator:
    """OpenDAL, which is written in Rust and shares no code with the SDKs."""
    return clients.dal(oss)
