"""What signed URLs say of their own end, in the ways of those who sign them."""

from __future__ import annotations

import pytest

from ossferry.errors import SourceRefused
from ossferry.pace.model import NETWORK
from ossferry.source.expiry import expires_at, refuse_if_hopeless
from ossferry.urls import Url
from tests.source.sources import source

SIGNED = 1_767_225_600.0  # the moment that the URLs below are signed, or end
DATE = "20260101T000000Z"
SIZE = int(100 * NETWORK.account)  # a hundred seconds of the whole account


@pytest.mark.parametrize(
    ("query", "moment"),
    [
        (f"X-Amz-Date={DATE}&X-Amz-Expires=3600&X-Amz-Signature=s", SIGNED + 3600),
        (f"X-Goog-Date={DATE}&X-Goog-Expires=60&X-Goog-Signature=s", SIGNED + 60),
        (f"x-oss-date={DATE}&x-oss-expires=900&x-oss-signature=s", SIGNED + 900),
        (f"x-amz-expires=0&x-amz-date={DATE}", SIGNED),
        ("q-sign-time=1767220000%3B1767225600&q-signature=s", SIGNED),
        ("AWSAccessKeyId=a&Expires=1767225600&Signature=s%3D", SIGNED),
        ("OSSAccessKeyId=a&Expires=1767225600&Signature=s", SIGNED),
        ("Expires=1767225600&Signature=s&Key-Pair-Id=k", SIGNED),
        ("sv=2022-11-02&se=2026-01-01T00%3A00%3A00Z&sig=s", SIGNED),
    ],
)
def test_a_signed_url_says_when_it_ends(query: str, moment: float) -> None:
    """AWS, Google and OSS in both of their versions, CloudFront, and Azure."""
    assert expires_at(Url(f"https://example.com/a?{query}")) == moment


@pytest.mark.parametrize(
    "query",
    [
        "",
        "page=2",
        "Expires=1767225600",
        "Signature=s",
        "Expires=tomorrow&Signature=s",
        f"X-Amz-Date={DATE}",
        "X-Amz-Expires=3600",
        "X-Amz-Date=2026&X-Amz-Expires=3600",
        f"X-Amz-Date={DATE}&X-Amz-Expires=-1",
        "se=2026-01-01T00%3A00%3A00Z",
        "se=soon&sig=s",
    ],
)
def test_a_url_that_does_not_say_ends_at_no_known_moment(query: str) -> None:
    """Nothing is refused on a guess."""
    assert expires_at(Url(f"https://example.com/a?{query}")) is None


def signed(seconds: int) -> Url:
    return Url(f"https://example.com/a?X-Amz-Date={DATE}&X-Amz-Expires={seconds}&sig=C4n4ry")


def test_a_url_that_ends_before_all_can_be_read_is_refused() -> None:
    """With how long it lives, how long the whole account takes, and without the signature."""
    with pytest.raises(SourceRefused, match=r"expires in 99 s, .* take 100 s") as refused:
        refuse_if_hopeless(source(SIZE, url=signed(99)), SIGNED)
    assert "C4n4ry" not in str(refused.value)


def test_a_url_that_is_over_is_refused_whatever_the_size() -> None:
    """A time that has passed is told as none left."""
    with pytest.raises(SourceRefused, match="expires in 0 s"):
        refuse_if_hopeless(source(1, url=signed(60)), SIGNED + 61)


@pytest.mark.parametrize(
    ("size", "url"),
    [
        (SIZE, signed(100)),
        (None, signed(0)),
        (SIZE, Url("https://example.com/a")),
    ],
)
def test_what_may_work_is_tried(size: int | None, url: Url) -> None:
    """Enough time, an unknown length, or a URL that does not end."""
    refuse_if_hopeless(source(size, url=url), SIGNED)
