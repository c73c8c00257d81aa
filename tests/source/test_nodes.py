"""Nodes that give one file several ETags, told apart from a file that was replaced."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from ossferry.errors import SourceChanged
from ossferry.source.checks import Check
from ossferry.source.identity import Identity
from ossferry.source.nodes import by_date, disagree, served_as, settled
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


@pytest.mark.parametrize(
    "known",
    [source(etag=None), source(crc64=7), source(checks=(Check("crc32c", 7),))],
)
def test_where_no_etag_was_compared_nothing_is_looked_at(known: Source) -> None:
    """Without one it was not an ETag that differed; who knows its checksum agrees on the rest."""
    assert not disagree(known, lambda: pytest.fail("was looked at"))


def test_a_source_known_by_its_date_has_no_etag_any_more() -> None:
    """And if it has no date either, nothing is left to split it by."""
    assert by_date(source()) == replace(source(etag=None), etag_dropped=True)
    assert not by_date(source(last_modified=None)).splittable


def in_a_row(*seen: Source) -> Source:
    """What a source is known as that shows these, and then the last one for ever."""
    return settled(seen[0], in_turn(*seen[1:]))


def known(found: Source) -> tuple[str | None, str | None]:
    return found.ref.pin.etag, found.ref.pin.last_modified


DATELESS, LATER = source(last_modified=None), source(last_modified="later")
BARE = source(etag=None)


@pytest.mark.parametrize(
    ("seen", "etag", "last_modified"),
    [
        ((source(), source()), "tag", "then"),
        ((source(), OTHER, source()), None, "then"),
        ((source(), *[OTHER] * 8, source()), None, "then"),
        ((source(), BARE, source()), None, "then"),
        ((BARE, source(), BARE), None, "then"),
        ((source(), LATER), "tag", None),
        ((DATELESS, source()), "tag", None),
        ((source(), source(etag="other", last_modified="later"), source()), None, None),
    ],
)
def test_a_source_is_known_by_what_its_replies_agree_on(
    seen: tuple[Source, ...], etag: str | None, last_modified: str | None
) -> None:
    """Nodes of a CDN differ in the ETag of one file; with nothing left, nothing is split."""
    found = in_a_row(*seen)
    assert known(found) == (etag, last_modified)
    assert found.splittable == bool(etag or last_modified)
    assert found.etag_dropped == (etag is None)


@pytest.mark.parametrize("last", [OTHER, BARE, source(etag="other", last_modified="later")])
def test_a_source_whose_first_etag_does_not_come_back_is_another_by_now(last: Source) -> None:
    """Its date may be the same: it is what the last replies say."""
    assert in_a_row(source(), last) == last
    assert in_a_row(source(), source(etag="between"), last) == last


def test_a_source_with_another_etag_in_each_reply_is_not_split() -> None:
    """Nodes or changes, nobody can tell; only what is in one reply is of one piece."""
    found = in_a_row(*(source(etag=str(number)) for number in range(20)))
    assert not found.splittable
    assert not in_a_row(*[source()] * 2, OTHER).etag_dropped


def test_two_etags_that_are_the_same_need_no_third_look() -> None:
    """That is what nearly every source is like."""
    looks = iter([source()])
    assert settled(source(), lambda: next(looks)) == source()
    assert not [*looks]


def test_nodes_that_cannot_all_be_split_keep_a_source_whole() -> None:
    """Some child would talk to the one that knows no ranges, or packs what it sends."""
    whole = replace(source(), splittable=False)
    for other in (whole, source(content_encoding="gzip")):
        assert not in_a_row(source(), other).splittable


@pytest.mark.parametrize("seen", [(source(size=6),), (OTHER, source(etag="other", size=6))])
def test_nodes_that_differ_in_size_are_a_source_that_changes(seen: tuple[Source, ...]) -> None:
    """No mark could make one file of them; the message leaves the query of the URL out."""
    with pytest.raises(SourceChanged, match="size") as raised:
        in_a_row(source(), *seen)
    assert "C4n4ry" not in str(raised.value)


def test_a_source_is_looked_at_until_it_is_served_as_it_was() -> None:
    """Not for ever; and without an ETag, or with another date, nothing is proven."""
    before = Identity.of(source())
    assert served_as(before, in_turn(OTHER, BARE, source(), OTHER)) == source()
    assert served_as(before, in_turn(source(), OTHER)) == source()
    for never in (OTHER, BARE, source(size=6)):
        assert served_as(before, in_turn(never)) is None
    assert served_as(Identity.of(BARE), in_turn(BARE)) is None
