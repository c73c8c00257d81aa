"""One account in two regions: each bucket has its place, and other endpoints only its name."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import alibabacloud_oss_v2 as v2_sdk
import oss2
import pytest

from tests.localcloud.client import LocalCloud
from tests.localcloud.tests.oss import clients
from tests.peers.oss_service import OssService, refusal

FAR = "far-away"


@pytest.fixture
def far(oss: OssService) -> Iterator[OssService]:
    """The second region, with a bucket and an object in it."""
    elsewhere = oss.elsewhere()
    bucket = elsewhere.bucket(name=FAR)
    bucket.create_bucket()
    bucket.put_object("k", b"far")
    yield elsewhere
    bucket.delete_object("k")
    bucket.delete_bucket()


def test_a_bucket_is_where_it_was_made(oss: OssService, far: OssService) -> None:
    """It says so itself, and the list of any endpoint says it of each."""
    assert far.bucket(name=FAR).get_bucket_location().location == f"oss-{far.config.region}"
    for service in (oss, far):
        listed = {each.name: each.location for each in service.service().list_buckets().buckets}
        assert listed[FAR] == f"oss-{far.config.region}"
        assert listed[oss.config.bucket] == f"oss-{oss.config.region}"


def test_the_wrong_endpoint_names_the_right_one(oss: OssService, far: OssService) -> None:
    """403 whatever is asked for, and nothing is told of the objects."""
    client = clients.v2(oss)
    request = v2_sdk.GetObjectRequest(bucket=FAR, key="k")
    assert clients.refused(client.get_object, request) == (403, "AccessDenied")
    with pytest.raises(oss2.exceptions.AccessDenied) as error:
        oss.bucket(name=FAR).delete_object("k")
    assert error.value.details["Endpoint"] == f"oss-{far.config.region}.aliyuncs.com"
    assert far.bucket(name=FAR).get_object("k").read() == b"far"


def test_the_second_endpoint_has_a_region_of_its_own(far: OssService) -> None:
    """Signatures for the first region are refused there."""
    there = clients.v2(far)
    assert there.get_object(v2_sdk.GetObjectRequest(bucket=FAR, key="k")).body.content == b"far"
    wrong = clients.v2(far, region="cn-hangzhou")
    request = v2_sdk.GetObjectRequest(bucket=FAR, key="k")
    assert clients.refused(wrong.get_object, request) == (400, "InvalidArgument")


def test_nothing_is_copied_between_regions(oss: OssService, far: OssService) -> None:
    """Neither objects nor parts, in the words of the documentation."""
    bucket = far.bucket(name=FAR)
    oss.bucket().put_object("near", b"near")
    upload_id = bucket.init_multipart_upload("p").upload_id
    copies: list[Callable[[], Any]] = [
        lambda: bucket.copy_object(oss.config.bucket, "near", "copied"),
        lambda: bucket.upload_part_copy(oss.config.bucket, "near", None, "p", upload_id, 1),
    ]
    for copy in copies:
        with pytest.raises(oss2.exceptions.AccessDenied) as error:
            copy()
        assert "data center" in error.value.message
    bucket.abort_multipart_upload("p", upload_id)


def test_a_bucket_cannot_be_made_twice_in_two_regions(oss: OssService, far: OssService) -> None:
    """409, and it stays where it is."""
    assert far.bucket(name=FAR).create_bucket().status == 200
    with pytest.raises(oss2.exceptions.ServerError) as error:
        oss.bucket(name=FAR).create_bucket()
    assert refusal(error) == (409, "BucketAlreadyExists")


def test_a_cloud_that_runs_has_both_endpoints(cloud: LocalCloud) -> None:
    """``up`` tells of the second, which knows the same account."""
    auth = oss2.AuthV4(cloud.access_key_id, cloud.access_key_secret)
    session = oss2.Session()
    with contextlib.closing(session.session):
        bucket = oss2.Bucket(
            auth, cloud.second_oss_endpoint, FAR, region=cloud.second_region, session=session
        )
        bucket.create_bucket()
        bucket.put_object("k", b"far")
        assert bucket.get_object("k").read() == b"far"
        bucket.delete_object("k")
        bucket.delete_bucket()
