"""How long a reply asks to be left alone, as servers say it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.http.retry_after import LONGEST, retry_after

DATE = "Sun, 06 Nov 1994 08:49:37 GMT"
LATER = "Sun, 06 Nov 1994 08:50:07 GMT"
MOMENT = 784111777.0  # DATE, since 1970


def asked(text: str, date: str | None = None) -> float | None:
    headers = {"Retry-After": text} | ({"Date": date} if date else {})
    return retry_after(headers, lambda: MOMENT + 10)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7.0),
        (" 120 ", 120.0),
        ("0", 0.0),
        ("999999999", LONGEST),
        ("-1", None),
        ("1.5", None),
        ("٣", None),
        ("soon", None),
        ("", None),
        ("Sun, 06 Nov 0000 08:49:37 GMT", None),
        ("Sun, 06 Abc 1994 08:49:37 GMT", None),
    ],
)
def test_seconds_are_read_and_nonsense_is_not(text: str, seconds: float | None) -> None:
    """RFC 9110, section 10.2.3."""
    assert asked(text, DATE) == seconds


@pytest.mark.parametrize(
    ("text", "date", "seconds"),
    [
        (LATER, DATE, 30.0),
        (LATER, None, 20.0),
        (LATER, "no date", 20.0),
        (DATE, LATER, 0.0),
        ("Sun, 06 Nov 2094 08:49:37 GMT", DATE, LONGEST),
    ],
)
def test_a_date_counts_from_the_date_of_the_reply(
    text: str, date: str | None, seconds: float
) -> None:
    """Or from now, by our clock, if the reply has none."""
    assert asked(text, date) == seconds


def test_a_reply_that_asks_for_nothing_asks_for_nothing() -> None:
    """Most do not."""
    assert retry_after({}) is None


@given(st.text(max_size=40), st.text(max_size=40))
def test_nothing_that_a_server_writes_is_more_than_a_number(text: str, date: str) -> None:
    """It is in bounds, or it is nothing."""
    found = asked(text, date)
    assert found is None or 0 <= found <= LONGEST
