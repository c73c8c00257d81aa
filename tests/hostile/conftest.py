"""The stage, which all tests of a process share, and what is played on it side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future

import pytest

from tests.hostile.outcomes import Row
from tests.hostile.stage import Played, Stage, side_by_side, stage


@pytest.fixture(scope="package")
def shared_stage() -> Iterator[Stage]:
    with stage() as running:
        yield running


@pytest.fixture(scope="module")
def played(
    request: pytest.FixtureRequest, shared_stage: Stage
) -> Iterator[Callable[[Row], list[Played]]]:
    """How a row of this module went. All rows that were selected are played at once."""
    rows: dict[str, Row] = {}
    for item in request.session.items:
        if isinstance(item, pytest.Function) and item.module is request.module:
            row = getattr(item, "callspec", None) and item.callspec.params.get("row")
            if isinstance(row, Row):
                rows[row.name] = row
    with side_by_side(shared_stage, list(rows.values())) as futures:
        yield lambda row: _result(futures[row.name])


def _result(future: Future[list[Played]]) -> list[Played]:
    return future.result(timeout=240)
