"""Which keys an event may name."""

from __future__ import annotations

import pytest

from ossferry.errors import InvalidEvent
from ossferry.names import FOLDER, checked_key


@pytest.mark.parametrize(
    "key",
    [
        "a",
        "a/../b",
        "../a",
        "./a",
        "a/..",
        "...",
        ".a",
        "a//b",
        "x" * 1023,
        "鍵" * 341,
        ".ossferry",
    ],
)
def test_what_oss_takes_is_a_key(key: str) -> None:
    """Dots between slashes as well: they are sent as they are."""
    assert checked_key(key, "the_field") == key


@pytest.mark.parametrize(
    "key",
    ["", "/a", "\\a", "x" * 1024, "鍵" * 342, "\ud800", ".", "..", f"{FOLDER}a"],
)
def test_what_cannot_be_a_key_is_an_invalid_event(key: str) -> None:
    """By the name of its field. A whole key of dots is a step in a path to all that speak HTTP."""
    with pytest.raises(InvalidEvent, match=r"^the_field must "):
        checked_key(key, "the_field")
