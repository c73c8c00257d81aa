"""What this OSS does not know is refused with 501, and nothing is done instead."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import alibabacloud_oss_v2 as v2_sdk
import oss2
import pytest

from tests.localcloud.oss.rules import known, operations
from tests.localcloud.oss.rules.refusals import Refusal
from tests.localcloud.oss.rules.target import Target
from tests.localcloud.tests.oss import clients, vocabulary
from tests.peers.oss_service import OssService, running

METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE")
TARGETS = {
    "Service": Target("", "", {}),
    "Bucket": Target("b", "", {}),
    "Object": Target("b", "k", {}),
}
LOCAL = {
    each.name
    for methods in known.TABLE.values()
    for operations_here in methods.values()
    for each in operations_here
}
# By the SDK's names, the operations that are one of ours under another name.
RENAMED = {"PutObjectAcl": "PutObjectACL", "GetObjectAcl": "GetObjectACL"}


@pytest.fixture
def canary() -> Iterator[OssService]:
    """A service whose one bucket with its one object must survive whatever is asked."""
    with running() as service:
        service.bucket().put_object("k", b"canary")
        yield service
        assert service.bucket().get_object("k").read() == b"canary"
        assert [each.name for each in service.service().list_buckets().buckets] == [
            service.config.bucket
        ]
        assert [each.key for each in oss2.ObjectIterator(service.bucket())] == ["k"]


def test_every_parameter_of_the_sdks_is_known_or_refused() -> None:
    """With and without a value, for every method and resource."""
    words = vocabulary.parameters()
    assert len(words) > 100
    for resource, target in TARGETS.items():
        for method in METHODS:
            for word in sorted(words):
                for value in ("", "1"):
                    code = _refusal(method, Target(target.bucket, target.key, {word: value}), {})
                    refused = code == 501 or (code == 405 and word in known.SIGNING_PARAMETERS)
                    assert refused or _heeds(method, resource, word), (method, resource, word)


def test_every_header_of_the_sdks_is_known_or_refused() -> None:
    """The callback of an upload first of all: it would never be made."""
    words = vocabulary.headers()
    assert len(words) > 40
    for resource, target in TARGETS.items():
        for method in METHODS:
            plain = [each for each in known.TABLE[resource].get(method, ()) if not each.parameter]
            for word in sorted(words) if plain else ():
                copies = known.COPIES["PutObject"] if plain[0].name == "PutObject" else plain[0]
                heeded = any(known.knows(each.headers, word) for each in (plain[0], copies))
                assert heeded or _refusal(method, target, {word: "1"}) == 501, (method, word)
    assert _refusal("PUT", TARGETS["Object"], {"x-oss-callback": "e30="}) == 501
    assert _refusal("PUT", TARGETS["Object"], {"x-oss-something-new": "1"}) == 501


def test_operations_of_the_v2_sdk_that_are_not_here_are_refused(canary: OssService) -> None:
    """Signed and sent as that SDK would; 501, and the bucket is as it was."""
    absent = {each for each in vocabulary.operations() if not _is_here(each)}
    assert len(absent) > 100
    bucket = canary.bucket()
    for asked in sorted(absent, key=str):
        name = "" if asked.resource == "Service" else canary.config.bucket
        key = "k" if asked.resource == "Object" else ""
        client = canary.service() if asked.resource == "Service" else bucket
        with pytest.raises(oss2.exceptions.ServerError) as error:
            client._do(asked.method, name, key, params=dict(asked.query))
        assert (error.value.status, error.value.code) == (501, "NotImplemented"), asked


def test_calls_of_the_v2_sdk_that_would_destroy_something_are_refused(canary: OssService) -> None:
    """The SDK itself makes the call, of which another server would see only the method."""
    client, bucket = clients.v2(canary), canary.config.bucket
    calls: list[tuple[Any, Any]] = [
        (client.delete_bucket_tags, v2_sdk.DeleteBucketTagsRequest(bucket=bucket)),
        (client.get_bucket_tags, v2_sdk.GetBucketTagsRequest(bucket=bucket)),
        (client.delete_bucket_cors, v2_sdk.DeleteBucketCorsRequest(bucket=bucket)),
        (client.delete_bucket_lifecycle, v2_sdk.DeleteBucketLifecycleRequest(bucket=bucket)),
        (client.get_bucket_policy_status, v2_sdk.GetBucketPolicyStatusRequest(bucket=bucket)),
        (client.describe_regions, v2_sdk.DescribeRegionsRequest()),
        (
            client.put_object,
            v2_sdk.PutObjectRequest(bucket=bucket, key="k", body=b"x", callback="e30="),
        ),
        (client.delete_object, v2_sdk.DeleteObjectRequest(bucket=bucket, key="k", version_id="1")),
    ]
    for call, request in calls:
        assert clients.refused(call, request) == (501, "NotImplemented")


def test_reads_take_no_notice_of_parameters_that_mean_nothing(oss: OssService) -> None:
    """Caches add them, and oss2's own tests do; writes with them are refused."""
    bucket = oss.bucket(oss.auth(oss2.AUTH_VERSION_1))
    bucket.put_object("read", b"read")
    url = bucket.sign_url("GET", "read", 60, params={"t": "1"})
    assert oss.http("GET", url).content == b"read"
    for method in ("PUT", "DELETE", "POST"):
        url = bucket.sign_url(method, "read", 60, params={"t": "1"})
        assert oss.http(method, url).status_code == 501
    assert bucket.get_object("read").read() == b"read"


def _is_here(asked: vocabulary.Asked) -> bool:
    return RENAMED.get(asked.name, asked.name) in LOCAL and len(asked.query) < 3


def _heeds(method: str, resource: str, word: str) -> bool:
    return any(
        word in each.parameters or word in known.SIGNING_PARAMETERS
        for each in known.TABLE[resource].get(method, ())
    )


def _refusal(method: str, target: Target, headers: dict[str, str]) -> int:
    try:
        operations.classify(method, target, headers)
    except Refusal as refused:
        return refused.status
    return 200
