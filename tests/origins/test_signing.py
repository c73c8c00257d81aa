"""URLs for whoever needs one, signed with what is set for the bucket."""

from __future__ import annotations

import time
from urllib.parse import parse_qs, urlsplit

import pytest

from ossferry.errors import InvalidEvent, SourceRefused
from ossferry.origins.credentials import Credentials, Entry
from ossferry.origins.keys import Keys
from ossferry.origins.place import ForeignName
from ossferry.origins.signing import signed
from ossferry.source.expiry import expires_at
from ossferry.source.signed_query import selecting

COS = "media-1250000000"


def credentials(ends: float | None = None) -> Credentials:
    keys = Keys("own", "id", "secret", "token" if ends else "", ends)
    entries = (
        Entry("own", "s3", "media", "us-east-1"),
        Entry("own", "cos", COS, "ap-guangzhou"),
    )
    return Credentials({"own": keys}, entries)


both = pytest.mark.parametrize("store", ["s3", "cos"])


def name(store: str, key: str = "a b") -> ForeignName:
    return ForeignName(store, {"s3": "media", "cos": COS}[store], key)


@both
def test_a_url_is_good_for_as_long_as_it_has_to(store: str) -> None:
    """What is known of it otherwise is the same each time."""
    url = signed(name(store), credentials(), None, seconds=600)
    assert url.redacted.endswith("/a%20b")
    assert selecting(url) == ""
    assert expires_at(url) == pytest.approx(time.time() + 600, abs=3)


@both
def test_a_url_ends_with_its_keys(store: str) -> None:
    """It would say more than it holds."""
    url = signed(name(store), credentials(time.time() + 60), None, seconds=600)
    assert expires_at(url) == pytest.approx(time.time() + 60, abs=3)
    assert selecting(url) == ""


@both
def test_keys_that_have_ended_sign_nothing(store: str) -> None:
    """The setting is named, and since when."""
    with pytest.raises(SourceRefused, match="OSSFERRY_CREDENTIALS_OWN end at 1970-01-12"):
        signed(name(store), credentials(1e6), None, seconds=600)


def test_s3_signs_the_headers_that_are_sent() -> None:
    """Each of them."""
    url = signed(
        name("s3"), credentials(), None, seconds=1, headers={"x-amz-checksum-mode": "ENABLED"}
    )
    query = parse_qs(urlsplit(url.reveal()).query)
    assert query["X-Amz-SignedHeaders"] == ["host;x-amz-checksum-mode"]


def test_a_list_is_signed_like_an_object() -> None:
    """An empty key is the bucket."""
    url = signed(name("s3", ""), credentials(), None, seconds=1, query={"list-type": "2"})
    assert "/?" in url.reveal()
    assert "list-type=2" in url.reveal()


def test_a_public_bucket_needs_no_signature() -> None:
    """Neither of an object nor of a list."""
    public = ForeignName("s3", "open", "a?b", "eu-west-1")
    url = signed(public, Credentials(), None, seconds=1)
    assert url.reveal() == "https://open.s3.eu-west-1.amazonaws.com/a%3Fb"
    url = signed(public._replace(key=""), Credentials(), None, seconds=1, query={"prefix": "a/"})
    assert url.reveal() == "https://open.s3.eu-west-1.amazonaws.com/?prefix=a%2F"


def test_nobody_guesses_a_region() -> None:
    """Neither the event nor the settings say it."""
    with pytest.raises(InvalidEvent, match="source_region is missing"):
        signed(ForeignName("s3", "open", "a"), Credentials(), None, seconds=1)
