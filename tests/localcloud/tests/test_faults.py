"""The fault language: what a rule matches, how often, and that it repeats itself."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.localcloud.faults import Fault, FaultTable, InvalidFault


def _table(*rules: dict[str, Any], seed: int = 0) -> FaultTable:
    return FaultTable.from_json([{"server": "oss", "status": 503, **rule} for rule in rules], seed)


def _taken(table: FaultTable, count: int, part: int | None = None) -> list[int | None]:
    faults = [table.take("oss", "UploadPart", "a/key", part) for _ in range(count)]
    return [fault.status if fault else None for fault in faults]


def test_a_rule_without_conditions_is_taken_every_time() -> None:
    """A rule that names only its server is for all requests of that server."""
    assert _taken(_table({}), 3) == [503, 503, 503]


def test_a_rule_is_for_its_own_server() -> None:
    """One list of rules can be given to all three servers."""
    assert _table({}).take("fc", "UploadPart", "a/key") is None


@pytest.mark.parametrize(
    "condition",
    [{"operation": "Put*"}, {"key": "b/*"}, {"part": 2}, {"nth": 2}, {"probability": 0}],
)
def test_a_condition_that_does_not_hold_spares_the_request(condition: dict[str, Any]) -> None:
    """All conditions of a rule have to hold."""
    assert _taken(_table(condition), 1, part=1) == [None]


@pytest.mark.parametrize("condition", [{"operation": "Upload*"}, {"key": "a/*"}, {"part": 7}])
def test_a_condition_that_holds_takes_the_fault(condition: dict[str, Any]) -> None:
    """Operations and keys are globs, a part is a number."""
    assert _taken(_table(condition), 1, part=7) == [503]


def test_the_nth_request_is_counted_among_those_that_match() -> None:
    """Requests that the rule is not about do not count."""
    table = _table({"part": 3, "nth": 2})
    assert _taken(table, 2, part=1) == [None, None]
    assert _taken(table, 3, part=3) == [None, 503, None]


def test_a_rule_is_taken_at_most_so_many_times() -> None:
    """``times`` ends a fault, so that a retry succeeds."""
    assert _taken(_table({"times": 2}), 4) == [503, 503, None, None]


def test_rules_in_turn_make_a_history() -> None:
    """When the first rule is used up, the next one is taken: attempt by attempt."""
    table = _table({"status": 500, "times": 1}, {"status": 429, "times": 1})
    assert _taken(table, 3) == [500, 429, None]


def test_every_matching_rule_counts_a_request_that_another_rule_took() -> None:
    """``nth`` means the nth request, not the nth one that was left over."""
    table = _table({"status": 500, "nth": 1}, {"status": 429, "nth": 2})
    assert _taken(table, 3) == [500, 429, None]


@given(seed=st.integers(0, 2**32), probability=st.floats(0.05, 0.95))
def test_chance_is_the_same_for_the_same_seed(seed: int, probability: float) -> None:
    """A run with random faults can be repeated exactly."""
    rule = {"probability": probability}
    assert _taken(_table(rule, seed=seed), 50) == _taken(_table(rule, seed=seed), 50)


def test_chance_comes_close_to_its_probability() -> None:
    """A probability of a quarter is about a quarter."""
    hits = sum(status is not None for status in _taken(_table({"probability": 0.25}), 2000))
    assert 400 < hits < 600


def test_replacing_the_rules_forgets_the_counts() -> None:
    """New rules begin at their first request."""
    table = _table({"times": 1})
    assert _taken(table, 2) == [503, None]
    table.replace([Fault("oss", status=500, times=1)])
    assert _taken(table, 2) == [500, None]


def test_the_table_tells_how_often_a_rule_was_met() -> None:
    """Tests can assert that the fault they asked for really happened."""
    table = _table({"nth": 2})
    _taken(table, 3)
    assert table.to_json() == [{"server": "oss", "status": 503, "nth": 2, "matched": 3, "taken": 1}]


@pytest.mark.parametrize(
    ("rule", "word"),
    [
        ({"server": "oss", "statsu": 503}, "statsu"),
        ({"server": "ftp", "status": 503}, "server"),
        ({"status": 503}, "server"),
        ({"server": "oss"}, "action"),
        ({"server": "oss", "status": "503"}, "status"),
        ({"server": "oss", "status": True}, "status"),
        ({"server": "oss", "kill": 1}, "kill"),
        ({"server": "oss", "status": 503, "probability": 1.5}, "probability"),
        ({"server": "oss", "bytes_per_second": 0}, "bytes_per_second"),
    ],
)
def test_a_rule_that_cannot_work_is_refused(rule: dict[str, Any], word: str) -> None:
    """A misspelt rule must not leave a test without its fault."""
    with pytest.raises(InvalidFault, match=word):
        FaultTable.from_json([rule])


def test_rules_are_a_list() -> None:
    """A lone object is refused, not taken for a list."""
    with pytest.raises(InvalidFault, match="list"):
        FaultTable.from_text('{"server": "oss", "status": 503}')


def test_no_text_is_no_fault() -> None:
    """A cloud without a fault file behaves."""
    assert FaultTable.from_text("").take("oss", "GetObject", "key") is None
