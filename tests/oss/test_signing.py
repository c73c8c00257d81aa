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


@given(
    key=KEYS,
    method=st.sampled_from(["PUT", "HEAD", "GET", "POST"]),
    headers=st.dictionaries(
        st.sampled_from(
            ["Content-Type", "Content-MD5", "x-oss-meta-a", "x-oss-meta-b", "x-oss-storage-class"]
        ),
        st.text("abc =/+;", min_size=1).filter(lambda text: text.strip() == text),
    ),
)
def test_headers_and_methods_are_signed_as_oss2_signs_them(
    key: str, method: str, headers: dict[str, str]
) -> None:
    """All of OSS's own, Content-Type and Content-MD5, in the order of their names."""
    provider = StaticCredentialsProvider("STS.id", SECRET, "token")
    bucket = oss2.Bucket(
        oss2.ProviderAuthV4(provider), "http://oss.example", "my-bucket", region="cn-hangzhou"
    )
    theirs = str(bucket.sign_url(method, key, 900, headers=dict(headers), slash_safe=True))
    ours = object_url(
        ObjectName("cn-hangzhou", "my-bucket", key),
        "http://oss.example",
        Credentials("STS.id", SECRET, "token"),
        date=moment(theirs),
        lifetime=900,
        method=method,
        headers=headers,
    ).reveal()
    assert parse_qs(urlsplit(ours).query) == parse_qs(urlsplit(theirs).query)


def test_a_header_that_oss_does_not_sign_changes_nothing() -> None:
    """Content-Length, say: it is set by whoever sends."""
    name = ObjectName("cn-hangzhou", "my-bucket", "k")
    asked = {"date": "20250101T000000Z", "lifetime": 9, "method": "PUT"}
    credentials = Credentials("id", SECRET, "")
    one, other = (
        object_url(name, "http://oss.example", credentials, headers=headers, **asked)  # type: ignore[arg-type]
        for headers in ({}, {"Content-Length": "5", "User-Agent": "x"})
    )
    assert one == other


def test_credentials_are_not_mixed_up() -> None:
    """What is kept of one signature for the next depends on whose it is, and on the bucket."""
    names = [ObjectName("cn-hangzhou", bucket, "k") for bucket in ("one-bucket", "two-bucket")]
    whose = [
        Credentials("id", SECRET, "a"),
        Credentials("id", SECRET, "b"),
        Credentials("id", "s", ""),
    ]
    places = ["http://oss.example", "https://oss.example"]
    urls = {
        object_url(name, place, credentials, date=date, lifetime=9).reveal()
        for name in names
        for credentials in whose
        for place in places
        for date in ("20250101T000000Z", "20250101T000001Z")
    }
    assert len(urls) == 24
