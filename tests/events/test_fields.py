"""One field at a time: read once, checked, and everything left over refused."""

from __future__ import annotations

import pytest

from ossferry.errors import InvalidEvent
from ossferry.events.fields import Fields


def test_all_fields_read_is_all_well() -> None:
    """Nothing is left, so nothing is complained about."""
    fields = Fields({"a": "x", "b": 5, "c": "yes", "d": {"k": "v"}})
    assert fields.text("a", pattern="x", meaning="an x") == "x"
    assert fields.optional_whole("b", 0, 5) == 5
    assert fields.choice("c", ("yes", "no")) == "yes"
    assert fields.optional_texts("d", key_pattern="k", at_most=2) == {"k": "v"}
    fields.finish()


def test_what_is_left_over_is_unknown() -> None:
    """The first by name is told, shortened, so that a message stays a sentence."""
    fields = Fields({"b" * 200: 1, "c": 2})
    with pytest.raises(InvalidEvent, match="'" + "b" * 80 + "'"):
        fields.finish()


def test_reading_does_not_change_the_document() -> None:
    """The event belongs to the caller."""
    document = {"a": "x"}
    Fields(document).text("a", pattern="x", meaning="an x")
    assert document == {"a": "x"}


def test_absent_and_null_are_the_same() -> None:
    """Many writers of JSON write null for what they have not."""
    for document in ({}, {"a": None}):
        fields = Fields(document)
        assert fields.optional_text("a", pattern=".", meaning="x") is None
        assert fields.optional_whole("a", 0, 1) is None
        assert fields.optional_texts("a", key_pattern=".", at_most=1) == {}
        assert fields.choice("a", ("x",)) is None
        fields.finish()


def test_a_missing_text_says_what_to_give() -> None:
    """The message carries the meaning of the field."""
    with pytest.raises(InvalidEvent, match="a is missing: give a colour"):
        Fields({}).text("a", pattern=".", meaning="a colour")


def test_a_pattern_is_for_the_whole_text() -> None:
    """A match in the middle, or one that a newline ends, is no match."""
    for text in ("xa", "ax", "a\n"):
        with pytest.raises(InvalidEvent, match="a must be"):
            Fields({"a": text}).text("a", pattern="a", meaning="an a")


@pytest.mark.parametrize("value", ["٣", "1e1", "+1", " 1", "1.0", 1.0, float("nan")])
def test_only_plain_whole_numbers_are_numbers(value: object) -> None:
    """Neither other digits, nor signs, nor fractions, even where they could be read."""
    with pytest.raises(InvalidEvent, match="a must be a whole number from 0 to 9"):
        Fields({"a": value}).optional_whole("a", 0, 9)


def test_texts_are_bounded_in_all() -> None:
    """Names and values together count, because headers do."""
    fields = {"kk": "vv", "k": "v"}
    assert Fields({"a": fields}).optional_texts("a", key_pattern="k+", at_most=6) == fields
    with pytest.raises(InvalidEvent, match="a is too large"):
        Fields({"a": fields}).optional_texts("a", key_pattern="k+", at_most=5)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:00Z", 0.0),
        ("1970-01-01T08:00:00+08:00", 0.0),
        ("1969-12-31T23:30:00-00:30", 0.0),
        ("2024-02-29T00:00:00Z", 1709164800.0),
        ("2026-01-31T12:00:00.25Z", 1769860800.0),
        ("2016-12-31T23:59:60Z", 1483228800.0),
    ],
)
def test_a_moment_is_read_with_its_zone(text: str, seconds: float) -> None:
    """As RFC 3339 has it; parts of a second do not matter."""
    assert Fields({"at": text}).moment("at") == seconds


@pytest.mark.parametrize(
    "value",
    [
        "0000-01-01T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "2023-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-01-00T00:00:00Z",
        "2026-01-31T24:00:00Z",
        "2026-01-31T12:60:00Z",
        "2026-01-31T12:00:61Z",
        "2026-01-31T12:00:00+24:00",
        "2026-01-31T12:00:00+08:60",
        "2026-01-31T12:00:00",
        "2026-01-31 12:00:00Z",
        "2026-01-31",
        1769860800,
        True,
    ],
)
def test_what_no_clock_shows_is_no_moment(value: object) -> None:
    """Instead of being taken for another one."""
    with pytest.raises(InvalidEvent, match="at must be a moment like"):
        Fields({"at": value}).moment("at")


@pytest.mark.parametrize("value", [1, 0, 1.0, 0.0, "true", [], {}])
def test_a_flag_is_true_or_false(value: object) -> None:
    """And not what Python takes for either."""
    with pytest.raises(InvalidEvent, match="on must be true or false"):
        Fields({"on": value}).flag("on")
