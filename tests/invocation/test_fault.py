"""What is told of an error to those who are not to see what it quotes."""

from __future__ import annotations

import pytest

from ossferry.errors import InternalError, SourceGone, Unfinished
from ossferry.invocation.fault import told


@pytest.mark.parametrize("error", [SourceGone("nothing is there"), Unfinished("later", None, True)])
def test_an_error_of_ours_is_told_in_its_own_words(error: SourceGone | Unfinished) -> None:
    """As a fresh one, which drags along no other error and no frames."""
    try:
        raise error from ValueError("C4n4ry")
    except type(error) as raised:
        found = told(raised)
    assert (type(found), found.message) == (type(error), error.message)
    assert (found.__cause__, found.__context__, found.__traceback__) == (None, None, None)


def test_of_any_other_error_only_its_kind_and_place_are_told() -> None:
    """Its text may be anything, so it stays out; the place is what a report needs."""
    try:
        raise KeyError("C4n4ry")
    except KeyError as raised:
        found = told(raised)
    assert isinstance(found, InternalError)
    line = test_of_any_other_error_only_its_kind_and_place_are_told.__code__.co_firstlineno + 3
    assert found.message == f"a fault in ossferry: KeyError at invocation/test_fault.py:{line}"


def test_an_error_that_was_never_raised_has_no_place() -> None:
    """And is told all the same."""
    assert told(ValueError("C4n4ry")).message == (
        "a fault in ossferry: ValueError at an unknown line"
    )
