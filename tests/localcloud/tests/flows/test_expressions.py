"""Paths and conditions: what they mean, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.localcloud.flows.expressions import compiled
from tests.localcloud.flows.failures import Aborted, InvalidFlow

ROOTS = frozenset({"$", "$Input"})
DATA = {"a": {"b": [1, 2]}, "t": "true", "yes": True, "n": 3}


def value(text: str) -> Any:
    return compiled(text, ROOTS)({"$": DATA, "$Input": DATA})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$", DATA),
        ("$.a.b[1]", 2),
        ("$Input.n", 3),
        ('$.t == "true"', True),
        ("$.t == `true`", True),
        ("$.yes == true", True),
        ("$.n >= 3 && $.n < 3.5", True),
        ("$.n > 3 || $.yes", True),
        ("!$.yes", False),
        ("!($.n == 3 && $.yes) || $.n != 4", True),
        ("$.n <= -1", False),
    ],
)
def test_what_they_mean(text: str, expected: object) -> None:
    """Both languages write them alike."""
    assert value(text) == expected


@pytest.mark.parametrize(
    "text", ["", "$.n ==", "($.n == 3", "$.n 3", "$Other.n", "$.n + 1", "$.n in $.a", "$.a[*]", "x"]
)
def test_what_is_not_known_is_refused(text: str) -> None:
    """When the flow is created, not when it gets there."""
    with pytest.raises(InvalidFlow):
        compiled(text, ROOTS)


@pytest.mark.parametrize(
    "text", ["$.missing", "$.a.b[2]", "$.n.x", "$.yes == `true`", "$.n && $.n"]
)
def test_what_may_go_either_way_ends_the_execution(text: str) -> None:
    """Nobody has said what CloudFlow makes of it, so no flow of ours may count on it."""
    with pytest.raises(Aborted):
        value(text)
