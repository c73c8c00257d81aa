"""URLs signed by hand are those that the official SDK signs."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import oss2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oss2.credentials import StaticCredentialsProvider

from ossferry.context import Credentials
from ossferry.names import ObjectName
from ossferry.oss.signing import object_url, part_url_signer

SECRET = "not-a-secret"
KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30).filter(
    lambda key: key.strip() and not key.startswith(("/", "\\", "?"))
)


def signed(key: str, number: int, upload_id: str, token: str | None) -> str:
    provider = StaticCredentialsProvider("STS.id", SECRET, token)
    bucket = oss2.Bucket(
        oss2.ProviderAuthV4(provider), "http://oss.example", "my-bucket", region="cn-hangzhou"
    )
    params = {"partNumber": str(number), "uploadId": upload_id}
    return str(bucket.sign_url("PUT", key, 900, params=params, slash_safe=True))


def moment(url: str) -> str:
    (found,) = parse_qs(urlsplit(url).query)["x-oss-date"]
    return found


@given(
    key=KEYS,
    number=st.integers(1, 10_000),
    upload_id=st.text("0123456789ABCDEF+/=", min_size=1),
    token=st.none() | st.text("abc+/=", min_size=1),
)
def test_every_part_url_is_the_one_that_oss2_signs(
    key: str, number: int, upload_id: str, token: str | None
) -> None:
    """For any key, upload id and token: the same query, in any order, with the same signature."""
    moments: tuple[str, str] = ("", "-")
    while moments[0] != moments[1]:  # unless the second changed between the two
        first, theirs = (signed(key, n, upload_id, token) for n in (1, number))
        moments = (moment(first), moment(theirs))
    ours = part_url_signer(first, "my-bucket", key, SECRET)(number).reveal()
    assert urlsplit(ours)[:3] == urlsplit(theirs)[:3]
    assert parse_qs(urlsplit(ours).query) == parse_qs(urlsplit(theirs).query)


@given(
    key=KEYS,
    endpoint=st.sampled_from(
        ["http://oss.example", "https://oss.example:8443", "oss.example", "http://127.0.0.1:9000"]
    ),
    lifetime=st.integers(1, 604_800),
    token=st.none() | st.text("abc+/=", min_size=1),
)
def test_every_object_url_is_the_one_that_oss2_signs(
    key: str, endpoint: str, lifetime: int, token: str | None
) -> None:
    """Whatever the key, the endpoint and the credentials; an address has the bucket in the path."""
    provider = StaticCredentialsProvider("STS.id", SECRET, token)
    bucket = oss2.Bucket(oss2.ProviderAuthV4(provider), endpoint, "my-bucket", region="cn-hangzhou")
    theirs = str(bucket.sign_url("GET", key, lifetime, slash_safe=True))
    ours = object_url(
        ObjectName("cn-hangzhou", "my-bucket", key),
        endpoint,
        Credentials("STS.id", SECRET, token or ""),
        date=moment(theirs),
        lifetime=lifetime,
    ).reveal()
    assert urlsplit(ours)[:3] == urlsplit(theirs)[:3]
    assert parse_qs(urlsplit(ours).query) == parse_qs(urlsplit(theirs).query)


def test_a_url_with_parameters_is_the_one_that_oss2_signs() -> None:
    """Parameters of OSS's own are signed with the rest, in the order of their names."""
    provider = StaticCredentialsProvider("STS.id", SECRET, "token")
    endpoint, listing = "http://127.0.0.1:1", {"uploadId": "U +", "max-parts": "1"}
    bucket = oss2.Bucket(oss2.ProviderAuthV4(provider), endpoint, "my-bucket", region="cn-hangzhou")
    theirs = str(bucket.sign_url("GET", "a/ü", 60, params=dict(listing), slash_safe=True))
    ours = object_url(
        ObjectName("cn-hangzhou", "my-bucket", "a/ü"),
        endpoint,
        Credentials("STS.id", SECRET, "token"),
        date=moment(theirs),
        lifetime=60,
        parameters=listing,
    ).reveal()
    assert parse_qs(urlsplit(ours).query) == parse_qs(urlsplit(theirs).query)


@pytest.mark.parametrize("number", [1, 10_000])
def test_a_part_url_shows_no_signature(number: int) -> None:
    """It is a URL like any other: redacted wherever it is shown."""
    url = part_url_signer(signed("k", 1, "u", "token"), "my-bucket", "k", SECRET)(number)
    assert "x-oss-signature=" in url.reveal()
    assert "signature" not in repr(url)
