"""The account's buckets: made, described, opened and removed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import oss2
import pytest
from oss2.models import BucketCreateConfig

from tests.peers.oss_service import OssService, refusal, running


@pytest.fixture(scope="module")
def oss() -> Iterator[OssService]:
    with running() as service:
        yield service


def test_the_clouds_own_bucket_exists(oss: OssService) -> None:
    """It is there, empty and private, before anybody does anything."""
    info = oss.bucket().get_bucket_info()
    assert (info.name, info.acl.grant) == (oss.config.bucket, "private")
    assert info.location == f"oss-{oss.config.region}"
    assert info.owner.id == oss.config.account_id
    assert info.extranet_endpoint == f"oss-{oss.config.region}.aliyuncs.com"
    assert oss.bucket().get_bucket_location().location == f"oss-{oss.config.region}"


def test_a_bucket_is_made_and_removed(oss: OssService) -> None:
    """With its class and ACL; only an empty one can go."""
    bucket = oss.bucket(name="short-lived")
    config = BucketCreateConfig(oss2.BUCKET_STORAGE_CLASS_IA)
    bucket.create_bucket(oss2.BUCKET_ACL_PUBLIC_READ, config)
    info = bucket.get_bucket_info()
    assert (info.storage_class, info.acl.grant) == ("IA", "public-read")
    bucket.put_object("x", b"x")
    assert bucket.head_object("x").headers["x-oss-storage-class"] == "IA"
    with pytest.raises(oss2.exceptions.BucketNotEmpty):
        bucket.delete_bucket()
    bucket.delete_object("x")
    upload_id = bucket.init_multipart_upload("x").upload_id
    with pytest.raises(oss2.exceptions.BucketNotEmpty):
        bucket.delete_bucket()
    bucket.abort_multipart_upload("x", upload_id)
    bucket.delete_bucket()
    with pytest.raises(oss2.exceptions.NoSuchBucket):
        bucket.get_bucket_info()


@pytest.mark.parametrize("name", ["ab", "a" * 64, "Upper", "under_score", "-dash", "dash-"])
def test_bucket_names_have_rules(oss: OssService, name: str) -> None:
    """3 to 63 lower-case letters, digits and inner dashes."""
    url = f"{oss.endpoint}/{name}/"
    request = oss2.http.Request("PUT", url, region=oss.config.region, product="oss")
    oss.auth()._sign_request(request, name, "")
    reply = oss.http("PUT", url, headers=dict(request.headers))
    assert (reply.status_code, "InvalidBucketName" in reply.text) == (400, True)


@pytest.mark.parametrize("per_page", [1, 2, 100])
def test_buckets_are_listed_page_by_page(oss: OssService, per_page: int) -> None:
    """By name, those with the prefix only."""
    for name in ("listed-a", "listed-b", "listed-c"):
        oss.bucket(name=name).create_bucket()
    found = oss2.BucketIterator(oss.service(), prefix="listed-", max_keys=per_page)
    assert [bucket.name for bucket in found] == ["listed-a", "listed-b", "listed-c"]


def test_a_bucket_acl_can_be_changed(oss: OssService) -> None:
    """To one that exists."""
    bucket = oss.bucket(name="changing")
    bucket.create_bucket()
    assert bucket.get_bucket_acl().acl == "private"
    bucket.put_bucket_acl(oss2.BUCKET_ACL_PUBLIC_READ)
    assert bucket.get_bucket_acl().acl == "public-read"
    with pytest.raises(oss2.exceptions.InvalidArgument):
        bucket.put_bucket_acl("public")


def test_a_bucket_counts_what_is_in_it(oss: OssService) -> None:
    """Bytes, objects and open uploads."""
    bucket = oss.bucket(name="counted")
    bucket.create_bucket()
    bucket.put_object("a", b"12345")
    bucket.init_multipart_upload("b")
    stat = bucket.get_bucket_stat()
    counted = (stat.storage_size_in_bytes, stat.object_count, stat.multi_part_upload_count)
    assert counted == (5, 1, 1)


def test_versioning_cannot_be_suspended_before_it_was_enabled(oss: OssService) -> None:
    """There is nothing to suspend."""
    config = oss2.models.BucketVersioningConfig("Suspended")
    with pytest.raises(oss2.exceptions.InvalidArgument):
        oss.bucket().put_bucket_versioning(config)


def test_features_of_buckets_that_are_not_here_are_refused(oss: OssService) -> None:
    """A lifecycle that is put must not quietly become a new bucket."""
    bucket = oss.bucket(name="not-made")
    rule = oss2.models.LifecycleRule("r", "p", expiration=oss2.models.LifecycleExpiration(days=1))
    attempts: list[Callable[[], Any]] = [
        lambda: bucket.put_bucket_lifecycle(oss2.models.BucketLifecycle([rule])),
        lambda: bucket.get_bucket_cors(),
        lambda: bucket.delete_bucket_tagging(),
    ]
    for attempt in attempts:
        with pytest.raises(oss2.exceptions.ServerError) as error:
            attempt()
        assert refusal(error) == (501, "NotImplemented")
    with pytest.raises(oss2.exceptions.NoSuchBucket):
        bucket.get_bucket_info()


def test_what_no_operation_means_is_refused(oss: OssService) -> None:
    """405 names the method."""
    with pytest.raises(oss2.exceptions.ServerError) as error:
        oss.bucket()._do("POST", oss.config.bucket, "key")
    assert refusal(error) == (405, "MethodNotAllowed")
