"""Dates of HTTP: one form, and nothing else is one."""

from __future__ import annotations

from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.dates import seconds_of


@given(st.integers(0, 250_000_000_000))
def test_dates_are_read_as_they_are_written(moment: int) -> None:
    """By a library that is not ours."""
    assert seconds_of(formatdate(moment, usegmt=True)) == moment


@pytest.mark.parametrize(
    "date",
    [
        "",
        "tomorrow",
        "Fri, 15 Jan 2027 08:00:00 +0100",
        "Fri, 15 Jan 2027 08:00:00",
        "Fri, 15 Foo 2027 08:00:00 GMT",
        "Fri, 15 Jan 0000 08:00:00 GMT",
        "Fri, 31 Feb 2027 08:00:00 GMT",
        " Fri, 15 Jan 2027 08:00:00 GMT",
    ],
)
def test_anything_else_is_none(date: str) -> None:
    """Whatever a mail would make of it."""
    assert seconds_of(date) is None


@given(st.from_regex(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT", fullmatch=True))
def test_no_number_breaks_the_reading(date: str) -> None:
    """Months of 99 days included."""
    assert seconds_of(date) is None or isinstance(seconds_of(date), float)
