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
