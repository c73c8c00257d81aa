"""Archive classes: which states there are, until when, and what may be asked of OSS."""

from __future__ import annotations

from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.archived import (
    MOST_DAYS,
    TIERS,
    fitted,
    is_archived,
    readable_until,
    refuse,
    refused,
    state_of,
)
from ossferry.errors import SourceArchived

CLASSES = ("Archive", "ColdArchive", "DeepColdArchive")
MOMENT = 1_800_000_000
UNDER_WAY = 'ongoing-request="true"'
classes = st.sampled_from(CLASSES)
moments = st.integers(0, 4_000_000_000)


def restored(until: float) -> str:
    return f'ongoing-request="false", expiry-date="{formatdate(until, usegmt=True)}"'


@pytest.mark.parametrize("storage_class", ["Standard", "IA", "", "Unheard"])
def test_other_classes_are_readable(storage_class: str) -> None:
    """Whatever is said of a restore."""
    assert not is_archived(storage_class)
    assert state_of(storage_class, UNDER_WAY, 0) == "readable"


@given(classes, moments, moments)
def test_a_restored_object_is_readable_until_it_expires(kind: str, until: int, now: int) -> None:
    """And frozen from that second on."""
    assert readable_until(restored(until)) == until
    assert state_of(kind, restored(until), now) == ("readable" if now < until else "frozen")


@given(classes, moments)
def test_a_restore_under_way_stays_one(kind: str, now: int) -> None:
    """However late it is; no end is known of it."""
    assert state_of(kind, UNDER_WAY, now) == "restoring"
    assert readable_until(UNDER_WAY) is None


@pytest.mark.parametrize(
    "restore",
    [
        "",
        "nonsense",
        'ongoing-request="false"',
        'ongoing-request="false", expiry-date=""',
        'ongoing-request="false", expiry-date="tomorrow"',
        'expiry-date="Fri, 15 Jan 2027 08:00:00 GMT"',
    ],
)
def test_what_oss_does_not_say_is_not_believed(restore: str) -> None:
    """No restore, or one without an end, leaves it frozen."""
    assert state_of("Archive", restore, 0) == "frozen"


def test_attributes_may_come_in_any_order_and_case() -> None:
    """RestoreInfo is a list of attributes."""
    one, _, other = restored(MOMENT).partition(", ")
    assert readable_until(f"{other},  {one}") == MOMENT
    assert readable_until(restored(MOMENT).replace("expiry-date", "Expiry-Date")) == MOMENT


def test_without_a_clock_oss_is_taken_at_its_word() -> None:
    """It lists no restore that has ended."""
    assert state_of("ColdArchive", restored(MOMENT)) == "readable"
    assert state_of("ColdArchive", "") == "frozen"


@given(st.text())
def test_no_text_breaks_the_reading(text: str) -> None:
    """It is a state like any other."""
    assert state_of("Archive", text, 0) in ("frozen", "restoring")
    assert state_of("Archive", f'ongoing-request="false", expiry-date="{text}"', 0) == "frozen"


@pytest.mark.parametrize("now", [MOMENT - 1, MOMENT])
def test_a_reply_is_judged_by_its_own_date(now: int) -> None:
    """What is not restored would be paid for."""
    said = {
        "x-oss-storage-class": "Archive",
        "x-oss-restore": restored(MOMENT),
        "Date": formatdate(now, usegmt=True),
    }
    if now < MOMENT:
        refuse(said, b"", "oss://b/k")
    else:
        with pytest.raises(SourceArchived, match="oss://b/k is in the class Archive and is not"):
            refuse(said, b"", "oss://b/k")


def test_refusals_of_other_kinds_are_not_taken_for_this_one() -> None:
    """Only by the code of the error."""
    refuse({}, b"<Error><Code>AccessDenied</Code></Error>", "http://h/k")
    with pytest.raises(SourceArchived, match=r"http://h/k .* cannot be restored through its URL"):
        refuse({}, b"<Error><Code>InvalidObjectState</Code></Error>", "http://h/k")


def test_a_reply_without_a_class_costs_nothing_more() -> None:
    """As those of other servers are."""
    refuse({}, b"", "oss://b/k")


@given(classes, st.integers(1, 10_000), st.sampled_from((None, *TIERS)))
def test_what_is_asked_is_what_the_class_takes(kind: str, days: int, tier: str | None) -> None:
    """Days within its bounds; no tier for the class without tiers, one of its own for others."""
    asked = fitted(kind, days, tier)
    assert asked.days == min(days, 7 if kind == "Archive" else MOST_DAYS)
    assert fitted(kind, asked.days, asked.tier) == asked
    if kind == "Archive":
        assert asked.tier is None
    elif kind == "DeepColdArchive" and tier == "Bulk":
        assert asked.tier == "Standard"
    else:
        assert asked.tier == (tier or "Standard")


@pytest.mark.parametrize(
    ("kind", "state", "direct_read", "told"),
    [
        ("ColdArchive", "restoring", False, "a restore of it is under way"),
        ("ColdArchive", "frozen", False, "is not restored, or not any more"),
        ("ColdArchive", "frozen", True, "cannot be read directly"),
        ("Archive", "frozen", False, "is not restored, or not any more"),
        ("Archive", "frozen", True, "its bucket does not allow direct reads"),
        ("Archive", "restoring", True, "a restore of it is under way"),
    ],
)
def test_a_refusal_says_what_it_is_and_what_to_do(
    kind: str, state: str, direct_read: bool, told: str
) -> None:
    """In one sentence without a semicolon, behind which others say how much is kept."""
    error = refused("oss://b/k", kind, state, direct_read=direct_read)  # type: ignore[arg-type]
    assert error.message.startswith(f"oss://b/k is in the class {kind}")
    assert told in error.message
    assert "thaw: true" in error.message
    assert ";" not in error.message
    assert (error.retryable, error.resumable) == (False, True)
