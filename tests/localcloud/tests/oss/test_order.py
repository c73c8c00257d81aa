"""Which refusal comes first when several would be right."""

from __future__ import annotations

import alibabacloud_oss_v2 as v2_sdk
import oss2
import pytest

from tests.localcloud.tests.oss import clients
from tests.peers.oss_service import OssService, refusal

PROVIDER = v2_sdk.credentials.StaticCredentialsProvider


def test_a_missing_bucket_is_told_to_anybody(oss: OssService) -> None:
    """Before the key is looked up; for a bucket that is there, the key comes first."""
    nobody = clients.v2(oss, credentials_provider=PROVIDER("NOBODY", "secret"))
    missing = v2_sdk.GetBucketStatRequest(bucket="never-made")
    assert clients.refused(nobody.get_bucket_stat, missing) == (404, "NoSuchBucket")
    there = v2_sdk.GetBucketStatRequest(bucket=oss.config.bucket)
    assert clients.refused(nobody.get_bucket_stat, there) == (403, "InvalidAccessKeyId")
    anonymous = oss.bucket(oss2.AnonymousAuth(), "never-made")
    with pytest.raises(oss2.exceptions.NoSuchBucket):
        anonymous.get_object("x")


def test_what_makes_buckets_asks_for_the_key_first(oss: OssService) -> None:
    """PutBucket and PutBucketAcl, both of which make a bucket that is not there."""
    nobody = clients.v2(oss, credentials_provider=PROVIDER("NOBODY", "secret"))
    put = v2_sdk.PutBucketRequest(bucket="made-by-acl")
    acl = v2_sdk.PutBucketAclRequest(bucket="made-by-acl", acl="public-read")
    assert clients.refused(nobody.put_bucket, put) == (403, "InvalidAccessKeyId")
    assert clients.refused(nobody.put_bucket_acl, acl) == (403, "InvalidAccessKeyId")
    owner = clients.v2(oss)
    assert owner.put_bucket_acl(acl).status_code == 200
    info = owner.get_bucket_info(v2_sdk.GetBucketInfoRequest(bucket="made-by-acl")).bucket_info
    assert (info.acl, info.storage_class) == ("public-read", "Standard")


def test_an_acl_that_does_not_exist_makes_no_bucket(oss: OssService) -> None:
    """The refusal comes before the making."""
    bucket = oss.bucket(name="not-made-by-acl")
    with pytest.raises(oss2.exceptions.InvalidArgument) as error:
        bucket.put_bucket_acl("mine")
    assert refusal(error)[0] == 400
    with pytest.raises(oss2.exceptions.NoSuchBucket):
        bucket.get_bucket_acl()
