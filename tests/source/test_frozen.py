"""What is said of an object that could not be read, after a look at it."""

from __future__ import annotations

import pytest

from ossferry.archived import REFUSAL
from ossferry.entries import ObjectInfo
from ossferry.errors import SourceArchived, TargetRefused
from ossferry.names import ObjectName
from ossferry.source.frozen import require_readable, told

NAME = ObjectName("cn-hangzhou", "b", "k")
COLD = ObjectInfo(1, "E", 1, storage_class="ColdArchive")
ARCHIVE = ObjectInfo(1, "E", 1, storage_class="Archive")
UNTIL = 'ongoing-request="false", expiry-date="Fri, 15 Jan 2027 08:00:00 GMT"'
RESTORED = ObjectInfo(1, "E", 1, storage_class="Archive", restore=UNTIL, at=1_799_999_999)
ENDED = ObjectInfo(1, "E", 1, storage_class="Archive", restore=UNTIL, at=1_800_000_000)


@pytest.mark.parametrize("found", [COLD, ARCHIVE, ENDED])
def test_what_is_frozen_is_refused(found: ObjectInfo) -> None:
    """By its own clock."""
    with pytest.raises(SourceArchived, match=f"oss://b/k is in the class {found.storage_class} "):
        require_readable(NAME, found, direct_read=False)


@pytest.mark.parametrize("found", [RESTORED, ObjectInfo(1, "E", 1)])
def test_what_is_readable_is_not(found: ObjectInfo) -> None:
    """Restored, or of no archive class."""
    require_readable(NAME, found, direct_read=False)


def test_one_class_may_be_read_for_a_price() -> None:
    """Where the event says so."""
    require_readable(NAME, ARCHIVE, direct_read=True)
    with pytest.raises(SourceArchived, match="cannot be read directly"):
        require_readable(NAME, COLD, direct_read=True)


def test_an_error_is_told_again_with_what_is_known() -> None:
    """And with how much of the transfer is kept."""
    error = SourceArchived("http://h/b/k is archived and not restored; 3 parts are kept")
    again = told(error, NAME, lambda _: COLD, direct_read=False)
    assert again.message.startswith("oss://b/k is in the class ColdArchive and is not restored")
    assert again.message.endswith("first; 3 parts are kept")
    refusal = TargetRefused(f"OSS answered 403 and said: {REFUSAL}; oss://b was asked")
    assert ";" not in told(refusal, NAME, lambda _: COLD, direct_read=False).message


def _refuse(_: str) -> ObjectInfo | None:
    raise TargetRefused("OSS answered 403")


@pytest.mark.parametrize("head", [lambda _: None, lambda _: RESTORED, _refuse])
def test_nothing_is_claimed_that_is_not_known(head: object) -> None:
    """An object that is gone or readable by now, or that nobody may ask about."""
    again = told(SourceArchived("x"), NAME, head, direct_read=False)  # type: ignore[arg-type]
    assert again.message == "oss://b/k was not restored when it was read: try again"
