"""Nodes that give one file several ETags, told apart from a file that was replaced."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ossferry.source.nodes import by_date, disagree, known_again
from ossferry.source.probe import Source
from tests.source.sources import source


def in_turn(*seen: Source) -> Callable[[], Source]:
    """Looks at a source that show these, and then the last one for ever."""
    left = list(seen)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


OTHER = source(etag="other")


@pytest.mark.parametrize("before", [0, 1, 4])
def test_what_is_served_again_as_it_was_did_not_change(before: int) -> None:
    """However often the other node answers in between."""
    assert disagree(source(), in_turn(*[OTHER] * before, source()))


@pytest.mark.parametrize(
    "now",
    [
        OTHER,
        source(last_modified="later"),
        source(size=6),
        source(etag=None),
    ],
)
def test_what_is_never_seen_again_has_changed(now: Source) -> None:
    """A file that was replaced does not come back."""
    assert not disagree(source(), in_turn(now))


@pytest.mark.parametrize("known", [source(etag=None), source(crc64=7)])
def test_where_no_etag_was_compared_nothing_is_looked_at(known: Source) -> None:
    """Without one it was not an ETag that differed; who knows its checksum agrees on the rest."""
    assert not disagree(known, lambda: pytest.fail("was looked at"))


def test_a_source_known_by_its_date_has_no_etag_any_more() -> None:
    """And if it has no date either, nothing is left to split it by."""
    assert by_date(source()) == source(etag=None)
    assert not by_date(source(last_modified=None)).splittable


def test_a_source_is_looked_at_until_it_is_known_again() -> None:
    """Not again where the first look is enough, and not for ever."""
    looks = []

    def look_again(seen: Source) -> Source:
        looks.append(seen)
        return source(size=len(looks))

    assert known_again(source(), lambda seen: seen.size == 5, lambda _: pytest.fail("looked"))
    assert known_again(source(), lambda seen: seen.size == 3, look_again)
    assert len(looks) == 3
    assert not known_again(source(), lambda seen: False, look_again)
