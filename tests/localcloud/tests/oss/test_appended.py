"""AppendObject by the second SDK: the position is the lock."""

from __future__ import annotations

from typing import Any

import alibabacloud_oss_v2 as v2_sdk
import pytest
from fastcrc import crc64

from tests.localcloud.tests.oss import clients
from tests.peers.oss_service import OssService


def append(client: Any, oss: OssService, key: str, position: int, body: bytes) -> Any:
    request = v2_sdk.AppendObjectRequest(
        bucket=oss.config.bucket, key=key, position=position, body=body
    )
    return client.append_object(request)


def test_appends_follow_each_other(oss: OssService, v2: Any) -> None:
    """Each reply tells the next position and the CRC64 of the whole so far."""
    whole, position = b"", 0
    for piece in (b"one", b"", b"three"):
        whole += piece
        reply = append(v2, oss, "journal", position, piece)
        position = reply.next_position
        assert (position, int(reply.hash_crc64)) == (len(whole), crc64.xz(whole))
    head = v2.head_object(v2_sdk.HeadObjectRequest(bucket=oss.config.bucket, key="journal"))
    assert (head.object_type, head.next_append_position) == ("Appendable", len(whole))


@pytest.mark.parametrize("position", [0, 2, 4, 1000])
def test_a_wrong_position_is_told_the_right_one(oss: OssService, v2: Any, position: int) -> None:
    """409 with the position in a header, and nothing is appended, not even twice the same."""
    key = f"at-{position}"
    append(v2, oss, key, 0, b"abc")
    with pytest.raises(v2_sdk.exceptions.OperationError) as error:
        append(v2, oss, key, position, b"abc")
    assert clients.cause(error.value) == (409, "PositionNotEqualToLength")
    assert error.value.unwrap().headers["x-oss-next-append-position"] == "3"
    got = v2.get_object(v2_sdk.GetObjectRequest(bucket=oss.config.bucket, key=key))
    assert got.body.content == b"abc"


def test_nothing_is_appended_to_a_missing_object_but_its_beginning(
    oss: OssService, v2: Any
) -> None:
    """Its length is 0."""
    assert clients.refused(append, v2, oss, "missing", 5, b"x") == (
        409,
        "PositionNotEqualToLength",
    )


def test_put_over_an_appendable_object_ends_appending(oss: OssService, v2: Any) -> None:
    """And an object that was put cannot be appended to."""
    append(v2, oss, "ended", 0, b"abc")
    v2.put_object(v2_sdk.PutObjectRequest(bucket=oss.config.bucket, key="ended", body=b"abc"))
    assert clients.refused(append, v2, oss, "ended", 3, b"x") == (409, "ObjectNotAppendable")


def test_create_only_means_nothing_where_versions_are_kept(oss: OssService, v2: Any) -> None:
    """Enabled or suspended: the write succeeds, where it is refused without versions."""

    def put(bucket: str, body: bytes) -> Any:
        return v2.put_object(
            v2_sdk.PutObjectRequest(bucket=bucket, key="once", body=body, forbid_overwrite=True)
        )

    put(oss.config.bucket, b"1")
    assert clients.refused(put, oss.config.bucket, b"2") == (409, "FileAlreadyExists")
    v2.put_bucket(v2_sdk.PutBucketRequest(bucket="keeps-versions"))
    put("keeps-versions", b"1")
    for number, status in enumerate(("Enabled", "Suspended"), 2):
        setting = v2_sdk.VersioningConfiguration(status=status)
        v2.put_bucket_versioning(
            v2_sdk.PutBucketVersioningRequest(
                bucket="keeps-versions", versioning_configuration=setting
            )
        )
        body = str(number).encode()
        put("keeps-versions", body)
        got = v2.get_object(v2_sdk.GetObjectRequest(bucket="keeps-versions", key="once"))
        assert got.body.content == body
