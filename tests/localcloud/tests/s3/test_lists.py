"""Lists of objects, as boto3 reads them."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.localcloud.s3.face import S3
from tests.localcloud.tests.face_asking import ask
from tests.localcloud.tests.s3.conftest import KEY, client

_KEYS = ["a", "a b+c", "a/1", "a/2", "a/b/3", "b", "é/%20", "日本"]


def _listed(s3: S3, **options: Any) -> tuple[list[str], list[str]]:
    pages = client(s3).get_paginator("list_objects_v2").paginate(Bucket="many", **options)
    keys, prefixes = [], []
    for page in pages:
        keys += [each["Key"] for each in page.get("Contents", ())]
        prefixes += [each["Prefix"] for each in page.get("CommonPrefixes", ())]
    return keys, prefixes


@pytest.fixture(autouse=True)
def _many(s3: S3) -> None:
    for key in reversed(_KEYS):
        s3.put(f"many/{key}", key.encode())


def test_all_keys_come_in_order(s3: S3) -> None:
    assert _listed(s3) == (_KEYS, [])
    assert _listed(s3, PaginationConfig={"PageSize": 3}) == (_KEYS, [])
    assert _listed(s3, EncodingType="url") == (
        ["a", "a+b%2Bc", "a/1", "a/2", "a/b/3", "b", "%C3%A9/%2520", "%E6%97%A5%E6%9C%AC"],
        [],
    )


def test_prefix_start_and_delimiter(s3: S3) -> None:
    assert _listed(s3, Prefix="a/") == (["a/1", "a/2", "a/b/3"], [])
    assert _listed(s3, StartAfter="a/2") == (_KEYS[4:], [])
    wanted = (["a", "a b+c", "b", "日本"], ["a/", "é/"])
    assert _listed(s3, Delimiter="/") == wanted
    assert _listed(s3, Delimiter="/", PaginationConfig={"PageSize": 1}) == wanted
    assert _listed(s3, Prefix="nothing") == ([], [])


def test_a_page_says_what_it_is(s3: S3) -> None:
    page = client(s3).list_objects_v2(Bucket="many", MaxKeys=2)
    assert (page["KeyCount"], page["MaxKeys"], page["IsTruncated"]) == (2, 2, True)
    row = page["Contents"][1]
    assert (row["Size"], row["StorageClass"], row["ETag"][0]) == (5, "STANDARD", '"')


def test_a_signed_url_lists(s3: S3) -> None:
    parameters = {"Bucket": "many", "Prefix": "a/", "EncodingType": "url", "MaxKeys": 2}
    url = client(s3, KEY).generate_presigned_url("list_objects_v2", parameters)
    body = ask(url).body
    assert b'<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' in body
    assert b"<NextContinuationToken>" in body
    assert ask(url.replace("prefix=a%2F", "prefix=")).code == "SignatureDoesNotMatch"


def test_a_token_that_was_never_given_is_refused(s3: S3) -> None:
    for token in ("x", "eHg="):
        with pytest.raises(ClientError, match="InvalidArgument"):
            client(s3).list_objects_v2(Bucket="many", ContinuationToken=token)
