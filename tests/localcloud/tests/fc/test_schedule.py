"""Cron expressions as Function Compute documents them, on moments that are known."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.localcloud.fc.schedule import Cron, InvalidSchedule, read_schedule


def moment(text: str) -> float:
    """Return epoch seconds of an ISO date with its offset."""
    return datetime.fromisoformat(text).timestamp()


@pytest.mark.parametrize(
    ("expression", "after", "fires"),
    [
        ("0 0 3 * * *", "2026-11-24T02:59:59+00:00", "2026-11-24T03:00:00+00:00"),
        ("0 0 3 * * *", "2026-11-24T03:00:00+00:00", "2026-11-25T03:00:00+00:00"),
        ("0 0 3 * * *", "2026-12-31T12:00:00+00:00", "2027-01-01T03:00:00+00:00"),
        ("0 */5 * * * *", "2026-11-24T02:59:59.500000+00:00", "2026-11-24T03:00:00+00:00"),
        ("30 5-59/20 8,20 * * *", "2026-11-24T08:05:30+00:00", "2026-11-24T08:25:30+00:00"),
        ("0 5/20 8 * * ?", "2026-11-24T08:06:00+00:00", "2026-11-24T08:25:00+00:00"),
        ("0 0 4 1 * *", "2026-11-24T00:00:00+00:00", "2026-12-01T04:00:00+00:00"),
        ("0 0 0 29 2 ?", "2026-11-24T00:00:00+00:00", "2028-02-29T00:00:00+00:00"),
        ("0 0 0 ? JAN-mar MON", "2026-11-24T00:00:00+00:00", "2027-01-04T00:00:00+00:00"),
        ("0 0 0 * * 7", "2026-11-24T00:00:00+00:00", "2026-11-29T00:00:00+00:00"),
        ("0 0 0 * * SUN", "2026-11-24T00:00:00+00:00", "2026-11-29T00:00:00+00:00"),
        # The first of the month or a Friday, as in any cron.
        ("0 0 0 1 * 5", "2026-11-24T00:00:00+00:00", "2026-11-27T00:00:00+00:00"),
        (
            "CRON_TZ=Asia/Shanghai 0 0 4 * * *",
            "2026-11-24T00:00:00+00:00",
            "2026-11-25T04:00:00+08:00",
        ),
        ("@every 90m", "2026-11-24T00:00:00+00:00", "2026-11-24T01:30:00+00:00"),
        ("@every 24h", "2026-11-24T00:00:01+00:00", "2026-11-25T00:00:01+00:00"),
    ],
)
def test_next_moment(expression: str, after: str, fires: str) -> None:
    """Strictly after the moment asked about, in UTC unless a zone is named."""
    assert read_schedule(expression).after(moment(after)) == moment(fires)


@pytest.mark.parametrize(
    "expression",
    [
        *("", "0 3 * * *", "0 0 3 * * * *", "60 0 0 * * *", "0 0 24 * * *", "0 0 0 0 * *"),
        *("0 0 0 * 13 *", "0 0 0 * * 8", "0 0 0 * * XYZ", "0 5-1 * * * *", "0 */0 * * * *"),
        *("0 0 0 30 2 ?", "CRON_TZ=Nowhere/City 0 0 3 * * *", "CRON_TZ=../x 0 0 3 * * *"),
        *("@every 0m", "@every 1d", "@every -1m", "@daily", "-1 0 0 * * *", "0 0 ? * * *"),
    ],
)
def test_expression_that_is_refused(expression: str) -> None:
    """What could never fire, or is no expression, is an error of the deployment."""
    with pytest.raises(InvalidSchedule):
        read_schedule(expression)


FIELDS = st.tuples(
    st.sampled_from(["*", "0", "*/15", "10-20"]),
    st.sampled_from(["*", "0", "*/7", "5,50"]),
    st.sampled_from(["*", "3", "*/6", "22-23"]),
    st.sampled_from(["*", "?", "1", "15-20"]),
    st.sampled_from(["*", "2", "6-8"]),
    st.sampled_from(["*", "?", "MON", "1-5"]),
)


@settings(deadline=None)
@given(FIELDS, st.integers(0, 4_000_000_000))
def test_next_moment_meets_all_fields_and_none_between_does(
    fields: tuple[str, ...], start: int
) -> None:
    """It comes later, it meets the expression, and nothing just before it does, too."""
    cron = read_schedule(" ".join(fields))
    assert isinstance(cron, Cron)
    found = cron.after(start)
    assert found > start
    assert cron.after(found - 1) == found
    assert cron.after(start + (found - start) // 2) == found
