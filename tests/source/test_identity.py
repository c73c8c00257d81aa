"""What keeps a source the same source from run to run, and what makes it another."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.source.identity import Identity
from ossferry.source.nodes import by_date
from ossferry.source.probe import Source
from ossferry.urls import Url
from tests.source.sources import source

CANARY = "C4n4ry"
BY_DATE = {"etag": None}


def at(query: str, **fields: Any) -> Source:
    return source(url=Url(f"https://example.com/a?{query}"), **fields)


def asked_with(headers: dict[str, str], **fields: Any) -> Source:
    probed = source(**fields)
    return replace(probed, ref=probed.ref._replace(headers=headers))


def same(one: Source, other: Source) -> bool:
    there, back = Identity.of(one), Identity.of(other)
    # What is written down and read again has to say the same as what was seen.
    told = Identity.read(there.text)
    assert told == there
    assert there.is_same(back) == back.is_same(there) == told.is_same(back)
    return there.is_same(back)


VOLATILE = {
    "cache_control": ["max-age=60", "max-age=59"],
    "content_type": ["text/plain", "text/plain; charset=utf-8"],
    "content_disposition": ["attachment; filename=a-1.bin", "attachment; filename=a-2.bin"],
    "content_language": ["de", "en"],
}


@given(
    headers=st.tuples(
        *(st.fixed_dictionaries({n: st.sampled_from(v) for n, v in VOLATILE.items()}),) * 2
    ),
    etag=st.sampled_from(["tag", None]),
    signatures=st.tuples(st.integers(), st.integers()),
)
def test_what_changes_from_reply_to_reply_keeps_it(
    headers: tuple[dict[str, str], ...], etag: str | None, signatures: tuple[int, int]
) -> None:
    """Its headers but the coding, and the signature of its URL."""
    one, other = (
        at(f"Expires={signature}&Signature={signature}&id=1", etag=etag, **said)
        for said, signature in zip(headers, signatures, strict=True)
    )
    assert same(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (source(), source(url=Url("https://other:x@example.com/a?sig=other"))),
        (source(), source(last_modified="later")),
        (source(), source(last_modified=None)),
        (source(), source(etag=None)),
        (at("id=1"), at("id=2")),
        (source(), source(content_encoding="identity")),
        (source(content_encoding="gzip"), source(content_encoding=" GZIP")),
        (asked_with({"Authorization": "a"}, **BY_DATE), asked_with({"X-Token": "b"}, **BY_DATE)),
    ],
)
def test_what_does_not_matter_keeps_it(one: Source, other: Source) -> None:
    """Credentials; a date, a missing mark, or a query where an ETag decides; no coding at all."""
    assert same(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (source(), source(size=6)),
        (source(), source(etag="other")),
        (source(), source(url=Url("https://example.com/b"))),
        (source(), source(url=Url("https://example.org/a"))),
        (source(), source(content_encoding="gzip")),
        (source(etag=None), source(etag=None, last_modified="later")),
        (source(etag=None), source(etag=None, content_encoding="br")),
        (source(etag="then", last_modified=None), source(etag=None, last_modified="then")),
        (source(last_modified=None), source(etag=None)),
        (at("id=1", **BY_DATE), at("id=2", **BY_DATE)),
        (at("", **BY_DATE), at("id=2", **BY_DATE)),
        (at("id=1", etag="5f3c1a-1b2c"), at("id=2", etag="5f3c1a-1b2c")),
        (at("id=1", etag="1a2b-5f3c1a-1b2c"), at("id=2", etag="1a2b-5f3c1a-1b2c")),
        (asked_with({"accept": "a/b"}, **BY_DATE), asked_with({"Accept": "c/d"}, **BY_DATE)),
    ],
)
def test_what_matters_makes_it_another(one: Source, other: Source) -> None:
    """Size, place, version and coding; of a source known by a date, all that selects it.

    An ETag that is made of a time and a length says no more than these two do.
    """
    assert not same(one, other)


@pytest.mark.parametrize(
    "unknown",
    [source(size=None), source(etag=None, last_modified=None), source(size=None, etag=None)],
)
def test_a_source_with_nothing_to_know_it_by_is_never_the_same(unknown: Source) -> None:
    """Then it is copied each time, because nobody can tell whether it is the same."""
    assert Identity.of(unknown).text == ""
    assert not same(unknown, unknown)
    assert not same(unknown, source())


@pytest.mark.parametrize("text", [None, "", ".", "f" * 32, "a.b.c", "x"])
def test_a_mark_that_makes_no_sense_is_the_same_as_nothing(text: str | None) -> None:
    """Of another version, or of somebody else."""
    assert not Identity.read(text).is_same(Identity.of(source()))
    assert not Identity.read(text).may_be_same(Identity.of(source()))


def test_a_source_whose_etag_was_dropped_is_not_what_had_one() -> None:
    """Two looks at it may have been at two versions of one date."""
    dropped = Identity.of(by_date(source()))
    had_one = Identity.of(source())
    assert not dropped.is_same(had_one)
    assert not had_one.is_same(dropped)
    assert dropped.may_be_same(had_one)
    assert not dropped.has_etag_of(had_one)
    assert not dropped.has_etag_of(dropped)
    for dateful in (dropped, Identity.read(dropped.text), Identity.of(source(etag=None))):
        assert dropped.is_same(dateful)
        assert dateful.is_same(dropped)


def test_only_an_etag_tells_apart_what_may_be_the_same() -> None:
    """Nodes may give one file several; dates, sizes and places they agree on."""
    here = Identity.of(source())
    assert here.may_be_same(Identity.of(source(etag="other")))
    for other in (source(last_modified="later"), source(size=6), source(last_modified=None)):
        assert not here.may_be_same(Identity.of(other))
    dateless = Identity.of(source(last_modified=None))
    assert not dateless.may_be_same(dateless)


def test_an_identity_shows_nothing_of_the_url() -> None:
    """It lies beside the object, for everybody who may read that."""
    shown = Identity.of(at(f"id={CANARY}&sig={CANARY}", **BY_DATE)).text
    assert CANARY not in shown
    assert "example" not in shown
