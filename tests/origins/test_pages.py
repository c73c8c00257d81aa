"""A page as each store words it: keys come out as they are in the bucket."""

from __future__ import annotations

from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.origins.pages import Found, found

KEYS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)


def page(store: str, key: str, following: str, encoding: str = "url") -> Found:
    """What is read of a page with one key, both as the store writes them."""
    marker = "NextMarker" if store == "cos" else "NextContinuationToken"
    return found(
        store,
        f"<ListBucketResult><IsTruncated>true</IsTruncated><EncodingType>{encoding}</EncodingType>"
        f"<{marker}>{following}</{marker}><Contents><Key>{key}</Key><Size>7</Size>"
        "<LastModified>2026-01-31T12:00:00Z</LastModified></Contents></ListBucketResult>".encode(),
    )


@given(KEYS)
def test_keys_are_decoded_as_each_store_encodes_them(key: str) -> None:
    """S3 as forms do, COS as URLs do; what COS goes on from is a key, and of S3 it is a token."""
    s3, cos = quote_plus(key), quote(key)
    assert page("s3", s3, s3).entries[0].key == key
    assert page("s3", s3, s3).token == s3
    assert page("cos", cos, cos).entries[0].key == key
    assert page("cos", cos, cos).token == key


@pytest.mark.parametrize(("store", "key"), [("s3", "a b"), ("cos", "a+b")])
def test_a_plus_is_a_space_only_where_forms_write_it(store: str, key: str) -> None:
    """A URL may have it as it is, and then it is one."""
    assert page(store, "a+b", "").entries[0].key == key
