"""Which parameters of a URL may change while it stays a URL of the same source."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.source.signed_query import selecting
from ossferry.urls import Url


def left(query: str) -> str:
    return selecting(Url(f"https://example.com/a?{query}"))


SIGNED = {
    "OSS V4": "x-oss-signature-version=OSS4-HMAC-SHA256&x-oss-date=d&x-oss-expires=60"
    "&x-oss-credential=c&x-oss-security-token=t&x-oss-additional-headers=h&x-oss-signature=s",
    "OSS V2": "x-oss-signature-version=OSS2&x-oss-expires=1&x-oss-access-key-id=a"
    "&x-oss-signature=s",
    "OSS V1": "OSSAccessKeyId=a&Expires=1&Signature=s%3D&security-token=t",
    "S3 V4": "X-Amz-Algorithm=a&X-Amz-Credential=c&X-Amz-Date=d&X-Amz-Expires=60"
    "&X-Amz-SignedHeaders=host&X-Amz-Security-Token=t&X-Amz-Signature=s",
    "S3 V2": "AWSAccessKeyId=a&Expires=1&Signature=s&x-amz-security-token=t",
    "COS": "q-sign-algorithm=sha1&q-ak=a&q-sign-time=1;2&q-key-time=1;2&q-header-list=host"
    "&q-url-param-list=&q-signature=s&x-cos-security-token=t",
    "GCS V4": "X-Goog-Algorithm=a&X-Goog-Credential=c&X-Goog-Date=d&X-Goog-Expires=60"
    "&X-Goog-SignedHeaders=host&X-Goog-Signature=s",
    "GCS V2": "GoogleAccessId=a&Expires=1&Signature=s",
    "OBS": "AccessKeyId=a&Expires=1&Signature=s&x-obs-security-token=t",
    "TOS": "X-Tos-Algorithm=a&X-Tos-Credential=c&X-Tos-Date=d&X-Tos-Expires=1"
    "&X-Tos-SignedHeaders=host&X-Tos-Signature=s",
    "Azure": "sv=2022-11-02&st=a&se=b&sr=b&sp=r&spr=https&sip=1.2.3.4&skoid=o&sktid=t&skt=a&ske=b"
    "&sks=b&skv=v&sig=s%3D",
    "CloudFront": "Expires=1&Signature=s&Key-Pair-Id=k",
    "CloudFront, by policy": "Policy=p&Signature=s&Key-Pair-Id=k",
    "Kodo": "e=1&token=a:b",
    "BOS": "authorization=bce-auth-v1%2Fa",
    "Swift": "temp_url_sig=s&temp_url_expires=1",
    "CDN, A": "auth_key=1-0-0-md5",
    "CDN, Wangsu": "wsSecret=s&wsTime=t",
    "CDN, Tencent": "sign=s&t=1",
    "CDN, live": "txSecret=s&txTime=t",
    "CDN, Bunny": "token=t&expires=1&token_path=/",
    "CDN, nginx": "md5=s&expires=1",
    "CDN, Akamai": "hdnts=exp=1~hmac=s",
}


@pytest.mark.parametrize("query", SIGNED.values(), ids=SIGNED)
def test_nothing_of_a_signature_selects(query: str) -> None:
    """It changes with the moment, the credentials and whoever signs."""
    assert left(query) == ""


@pytest.mark.parametrize("query", SIGNED.values(), ids=SIGNED)
def test_what_stands_beside_a_signature_selects(query: str) -> None:
    """A version, a rendering, whatever else there is."""
    beside = "id=1&versionId=v&x-oss-process=image/resize"
    assert left(f"{query}&{beside}") == left(beside) == beside


@pytest.mark.parametrize(
    "query",
    [
        "id=1",
        "token=t",
        "expires=1",
        "policy=p",
        "t=1",
        "e=1",
        "se=2&sv=1",
        "x-oss-process=image/resize",
        "X-Amz-Date=d",
        "Key-Pair-Id=k",
        "sign=s",
        "versionId=v",
        "md5=s",
    ],
)
def test_a_name_that_could_mean_anything_selects(query: str) -> None:
    """Alone it makes no signature; taking two sources for one is the worse mistake."""
    assert left(query) == query


@pytest.mark.parametrize(
    ("one", "other"),
    [("a=1", "a=2"), ("a=1&a=2", "a=2&a=1"), ("a=b+c", "a=b%20c"), ("a", "a=1"), ("a=", "")],
)
def test_what_a_server_may_tell_apart_is_told_apart(one: str, other: str) -> None:
    """Nothing is decoded, and what is given twice keeps its order."""
    assert left(one) != left(other)


NAMES = st.sampled_from(["id", "v", "page", "Expires", "token", "Signature", "sig", "x-oss-date"])
PAIRS = st.lists(st.tuples(NAMES, st.sampled_from("123")), max_size=6, unique_by=lambda p: p[0])


@given(pairs=PAIRS, chance=st.randoms(use_true_random=False))
def test_the_order_of_parameters_does_not_matter(
    pairs: list[tuple[str, str]], chance: object
) -> None:
    """Who signs sorts them, and others do not."""
    shuffled = list(pairs)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = ("&".join(f"{n}={v}" for n, v in each) for each in (pairs, shuffled))
    assert left(one) == left(other)
