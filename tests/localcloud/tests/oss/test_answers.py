"""What replies tell: checksums of copies, encryption, types that are kept, and statistics."""

from __future__ import annotations

import hashlib
from typing import Any

import alibabacloud_oss_v2 as v2_sdk
import oss2
import pytest
from fastcrc import crc64

from tests.localcloud.tests.oss import clients
from tests.peers.oss_service import OssService, refusal

LEAST = 100 * 1024
DATA = hashlib.shake_256(b"seed").digest(3 * LEAST + 7)
KMS = {
    "server_side_encryption": "KMS",
    "server_side_encryption_key_id": "my-key",
    "server_side_data_encryption": "SM4",
}


def complete(client: Any, named: dict[str, str], upload_id: str, etags: list[str]) -> Any:
    parts = [v2_sdk.UploadPart(part_number=n, etag=etag) for n, etag in enumerate(etags, 1)]
    body = v2_sdk.CompleteMultipartUpload(parts=parts)
    return client.complete_multipart_upload(
        v2_sdk.CompleteMultipartUploadRequest(
            **named, upload_id=upload_id, complete_multipart_upload=body
        )
    )


@pytest.mark.parametrize(
    "ranges", [[None], ["bytes=0-307206"], ["bytes=0-204799", "bytes=204800-307206"]]
)
def test_an_object_of_copied_parts_has_a_crc64(
    oss: OssService, v2: Any, ranges: list[str | None]
) -> None:
    """One part that is all of the source, or several ranges of it."""
    named = {"bucket": oss.config.bucket, "key": "copied"}
    oss.bucket().put_object("source", DATA)
    upload_id = v2.initiate_multipart_upload(
        v2_sdk.InitiateMultipartUploadRequest(**named)
    ).upload_id
    etags = [
        v2.upload_part_copy(
            v2_sdk.UploadPartCopyRequest(
                **named,
                upload_id=upload_id,
                part_number=number,
                source_key="source",
                source_range=asked,
            )
        ).etag
        for number, asked in enumerate(ranges, 1)
    ]
    done = complete(v2, named, upload_id, etags)
    head = v2.head_object(v2_sdk.HeadObjectRequest(**named))
    assert int(done.hash_crc64) == int(head.hash_crc64) == crc64.xz(DATA)


def test_the_copier_of_the_v2_sdk_checks_what_it_copies(oss: OssService, v2: Any) -> None:
    """In parts, with the checksum that it compares."""
    oss.bucket().put_object("large", DATA)
    copier = v2.copier(part_size=LEAST, multipart_copy_threshold=0, disable_shallow_copy=True)
    request = v2_sdk.CopyObjectRequest(bucket=oss.config.bucket, key="c", source_key="large")
    done = copier.copy(request)
    assert int(done.hash_crc64) == crc64.xz(DATA)
    assert oss.bucket().get_object("c").read() == DATA


def test_writes_tell_how_they_were_encrypted(oss: OssService, v2: Any) -> None:
    """Put, Initiate, each part, Complete, and every read."""
    named = {"bucket": oss.config.bucket, "key": "secret"}
    opened = v2.initiate_multipart_upload(v2_sdk.InitiateMultipartUploadRequest(**named, **KMS))
    part = v2.upload_part(
        v2_sdk.UploadPartRequest(**named, upload_id=opened.upload_id, part_number=1, body=b"x")
    )
    done = complete(v2, named, opened.upload_id, [part.etag])
    read = v2.head_object(v2_sdk.HeadObjectRequest(**named))
    put = v2.put_object(v2_sdk.PutObjectRequest(**named, body=b"x", **KMS))
    for reply in (opened, part, done, read, put):
        told = {name: reply.headers.get(f"x-oss-{name.replace('_', '-')}") for name in KMS}
        assert told == KMS


@pytest.mark.parametrize("name", ["server-side-encryption", "server-side-data-encryption"])
def test_a_part_is_not_encrypted_by_itself(oss: OssService, name: str) -> None:
    """It is Initiate that says so, for all of them."""
    bucket = oss.bucket()
    upload_id = bucket.init_multipart_upload("parts").upload_id
    headers = {f"x-oss-{name}": "SM4"}
    with pytest.raises(oss2.exceptions.InvalidArgument):
        bucket.upload_part("parts", upload_id, 1, b"x", headers=dict(headers))
    part = bucket.upload_part("parts", upload_id, 1, b"x")
    parts = [oss2.models.PartInfo(1, part.etag)]
    with pytest.raises(oss2.exceptions.InvalidArgument):
        bucket.complete_multipart_upload("parts", upload_id, parts, headers=dict(headers))
    bucket.abort_multipart_upload("parts", upload_id)


def test_kms_has_a_key_for_whoever_names_none(oss: OssService) -> None:
    """And AES256 has none; a key without KMS is nothing."""
    bucket = oss.bucket()
    for method, has_key in (("KMS", True), ("AES256", False)):
        put = bucket.put_object("e", b"", headers={"x-oss-server-side-encryption": method})
        assert put.headers["x-oss-server-side-encryption"] == method
        assert ("x-oss-server-side-encryption-key-id" in put.headers) == has_key
    useless = {"x-oss-server-side-encryption": "AES256", "x-oss-server-side-encryption-key-id": "k"}
    put = bucket.put_object("e", b"", headers=useless)
    assert "x-oss-server-side-encryption-key-id" not in put.headers


def test_a_copy_keeps_its_type_and_may_carry_conditions(oss: OssService, v2: Any) -> None:
    """REPLACE takes headers and metadata away, but a type only for another one."""
    bucket = oss.bucket()
    headers = {"Content-Type": "text/x-a", "Cache-Control": "no-store", "x-oss-meta-m": "1"}
    bucket.put_object("typed", b"x", headers=headers)
    replaced = {"x-oss-metadata-directive": "REPLACE", "If-Match": "other", "If-None-Match": "*"}
    bucket.copy_object(oss.config.bucket, "typed", "copy", headers=replaced)
    head = bucket.head_object("copy")
    assert head.content_type == "text/x-a"
    assert not {"Cache-Control", "x-oss-meta-m"} & set(head.headers)
    bucket.copy_object(
        oss.config.bucket, "typed", "copy", headers={**replaced, "Content-Type": "text/x-b"}
    )
    assert bucket.head_object("copy").content_type == "text/x-b"
    request = v2_sdk.CopyObjectRequest(
        bucket=oss.config.bucket, key="copy", source_key="typed", if_match='"other"'
    )
    assert clients.refused(v2.copy_object, request) == (412, "PreconditionFailed")
    with pytest.raises(oss2.exceptions.NotImplemented) as error:
        bucket.put_object("typed", b"y", headers={"If-Match": "other"})
    assert refusal(error)[0] == 400


def test_a_bucket_is_described_in_full(oss: OssService, v2: Any) -> None:
    """Every field that the second SDK reads, and what it was made with."""
    setting = v2_sdk.CreateBucketConfiguration(storage_class="IA", data_redundancy_type="ZRS")
    v2.put_bucket(v2_sdk.PutBucketRequest(bucket="described", create_bucket_configuration=setting))
    request = v2_sdk.GetBucketInfoRequest(bucket="described")
    info = v2.get_bucket_info(request).bucket_info
    assert (info.storage_class, info.data_redundancy_type) == ("IA", "ZRS")
    assert (info.block_public_access, info.resource_group_id) == (False, "rg-default-id")
    assert (info.access_monitor, info.sse_rule.sse_algorithm) == ("Disabled", "None")


def test_a_bucket_counts_by_class(oss: OssService, v2: Any) -> None:
    """What is small is billed as more in all classes but Standard; parts count too."""
    bucket = oss.bucket(name="by-class")
    bucket.create_bucket()
    classes = ("Standard", "IA", "Archive", "ColdArchive", "DeepColdArchive")
    for each in classes:
        bucket.put_object(each, b"12345", headers={"x-oss-storage-class": each})
    upload_id = bucket.init_multipart_upload("u").upload_id
    bucket.upload_part("u", upload_id, 1, b"123")
    stat = v2.get_bucket_stat(v2_sdk.GetBucketStatRequest(bucket="by-class"))
    assert (stat.storage, stat.object_count, stat.multi_part_upload_count) == (25, 5, 1)
    assert (stat.standard_storage, stat.standard_object_count) == (5, 1)
    for name in ("infrequent_access", "archive", "cold_archive", "deep_cold_archive"):
        counted = [getattr(stat, f"{name}_{what}") for what in ("storage", "real_storage")]
        assert (*counted, getattr(stat, f"{name}_object_count")) == (65_536, 5, 1)
    assert (stat.live_channel_count, stat.delete_marker_count) == (0, 0)
    assert stat.last_modified_time > 0


@pytest.mark.parametrize("limit", ["819199", "838860801", "fast"])
def test_a_traffic_limit_has_limits(oss: OssService, limit: str) -> None:
    """In bits per second; a number out of range is refused before anything is stored."""
    with pytest.raises(oss2.exceptions.InvalidArgument):
        oss.bucket().put_object("limited", b"x", headers={"x-oss-traffic-limit": limit})
    assert not oss.bucket().object_exists("limited")


def test_a_traffic_limit_leaves_the_data_as_it_is(oss: OssService) -> None:
    """Up and down, in a header and in a URL."""
    bucket, limit = oss.bucket(), {"x-oss-traffic-limit": "838860800"}
    bucket.put_object("slow", DATA, headers=dict(limit))
    assert bucket.get_object("slow", headers=dict(limit)).read() == DATA
    assert oss.http("GET", bucket.sign_url("GET", "slow", 60, params=dict(limit))).content == DATA
