"""A deployment that is well, to be made worse in what one test is about."""

from __future__ import annotations

from copy import deepcopy

import pytest

from tests.cli.doctor.deployments import Recorded
from tests.localcloud.client import LocalCloud


@pytest.fixture(scope="package")
def answers(cloud: LocalCloud) -> Recorded:
    return Recorded.of(cloud)


@pytest.fixture
def clients(answers: Recorded) -> Recorded:
    return deepcopy(answers)
