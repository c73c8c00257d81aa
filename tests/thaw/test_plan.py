"""What restoring would take, in objects, bytes, days and requests."""

from __future__ import annotations

from typing import Any

import pytest

from ossferry.entries import Entry
from ossferry.errors import NotConfirmed
from ossferry.jobs import Above, Thaw
from ossferry.thaw.plan import Plan, terms_of

GIB = 1 << 30
RESTORING = 'ongoing-request="true"'
RESTORED = 'ongoing-request="false", expiry-date="Thu, 01 Jan 1970 00:16:40 GMT"'
NOW = 999.0


def plan(*entries: tuple[str, int, str], **terms: Any) -> Plan:
    planned = Plan(Thaw(**{"days": 3, "tier": None, **terms}))
    listed = (
        Entry(str(n), size, "", 0.0, kind, restore=r) for n, (kind, size, r) in _many(entries)
    )
    planned.count(listed, NOW)
    return planned


def _many(entries: tuple[tuple[str, int, str], ...]) -> Any:
    return enumerate(entries)


def test_each_class_has_the_terms_that_it_takes() -> None:
    """The nearest to what is asked for."""
    assert terms_of(Thaw(30, "Bulk")) == {
        "Archive": {"days": 7},
        "ColdArchive": {"days": 30, "tier": "Bulk"},
        "DeepColdArchive": {"days": 30, "tier": "Standard"},
    }


def test_what_would_be_restored_is_told_by_class() -> None:
    """With what is billed for it, as quantities; what is readable costs nothing."""
    told = plan(
        ("Archive", GIB, ""),
        ("Archive", GIB, RESTORED),
        ("ColdArchive", 2 * GIB, ""),
        ("ColdArchive", GIB // 2, ""),
        ("ColdArchive", GIB, RESTORING),
        ("DeepColdArchive", GIB, RESTORED),
        ("Standard", GIB, ""),
        ("IA", GIB, ""),
        days=30,
        tier="Expedited",
    ).to_json()
    assert told == {
        "restore": {
            "Archive": {
                "objects": 1,
                "bytes": GIB,
                "requests": 1,
                "days": 7,
                "temporary_gib_days": 0,
            },
            "ColdArchive": {
                "objects": 2,
                "bytes": 5 * GIB // 2,
                "requests": 2,
                "days": 30,
                "tier": "Expedited",
                "temporary_gib_days": 75.0,
            },
        },
        "restoring": {"ColdArchive": 1},
        "readable": {"Archive": 1, "DeepColdArchive": 1, "IA": 1, "Standard": 1},
    }


def test_a_restore_that_has_ended_is_asked_for_again() -> None:
    """By OSS's clock."""
    planned = Plan(Thaw(1, None))
    planned.count([Entry("a", 5, "", 0.0, "Archive", restore=RESTORED)], 1000.0)
    assert planned.frozen == (1, 5)


def test_nothing_is_nothing() -> None:
    assert plan().to_json() == {"restore": {}, "restoring": {}, "readable": {}}
    assert plan().frozen == (0, 0)
    plan(confirm_above=Above(0, "objects")).require_confirmed()


@pytest.mark.parametrize(
    ("above", "refused"),
    [
        (None, False),
        (Above(2, "objects"), False),
        (Above(1, "objects"), True),
        (Above(0, "objects"), True),
        (Above(3 * GIB, "bytes"), False),
        (Above(3 * GIB - 1, "bytes"), True),
    ],
)
def test_more_than_is_taken_for_granted_is_asked_about(above: Above | None, refused: bool) -> None:
    """Only of what would be restored, and before anything is."""
    planned = plan(
        ("ColdArchive", 2 * GIB, ""),
        ("Archive", GIB, ""),
        ("Archive", GIB, RESTORING),
        ("Standard", GIB, ""),
        confirm_above=above,
    )
    if not refused:
        planned.require_confirmed()
        return
    with pytest.raises(NotConfirmed, match=r"2 objects with 3\.000 GiB.*nothing was asked for"):
        planned.require_confirmed()
