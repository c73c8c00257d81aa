"""Frozen objects by the second SDK: refused, thawed, extended, given up, and read in place."""

from __future__ import annotations

from typing import Any

import alibabacloud_oss_v2 as v2_sdk
import pytest

from tests.localcloud.tests.oss import clients
from tests.peers.oss_service import OssService

HOUR = 3600
DAY = 24 * HOUR
DATA = b"frozen" * 30_000
FROZEN = (403, "InvalidObjectState")


class Frozen:
    """One object of a class, and what is asked of it."""

    def __init__(self, oss: OssService, client: Any, storage_class: str) -> None:
        self.oss, self.client, self.bucket = oss, client, oss.config.bucket
        self.named = {"bucket": self.bucket, "key": f"frozen-{storage_class}"}
        client.put_object(
            v2_sdk.PutObjectRequest(**self.named, body=DATA, storage_class=storage_class)
        )

    def read(self) -> bytes:
        reply = self.client.get_object(v2_sdk.GetObjectRequest(**self.named))
        return bytes(reply.body.content)

    def copy(self) -> Any:
        return self.client.copy_object(
            v2_sdk.CopyObjectRequest(
                bucket=self.bucket,
                key="thawed",
                source_bucket=self.bucket,
                source_key=self.named["key"],
            )
        )

    def copy_part(self, upload_id: str) -> Any:
        return self.client.upload_part_copy(
            v2_sdk.UploadPartCopyRequest(
                bucket=self.bucket,
                key="thawed",
                upload_id=upload_id,
                part_number=1,
                source_bucket=self.bucket,
                source_key=self.named["key"],
            )
        )

    def restore(self, days: int, tier: str | None = None) -> int:
        job = v2_sdk.JobParameters(tier=tier) if tier else None
        body = v2_sdk.RestoreRequest(days=days, job_parameters=job)
        request = v2_sdk.RestoreObjectRequest(**self.named, restore_request=body)
        return int(self.client.restore_object(request).status_code)

    def told(self) -> str | None:
        head = self.client.head_object(v2_sdk.HeadObjectRequest(**self.named))
        restore: str | None = head.restore
        return restore

    def clean(self) -> int:
        request = v2_sdk.CleanRestoredObjectRequest(**self.named)
        return int(self.client.clean_restored_object(request).status_code)


@pytest.mark.parametrize("storage_class", ["Archive", "ColdArchive", "DeepColdArchive"])
def test_no_byte_of_a_frozen_object_is_read(oss: OssService, v2: Any, storage_class: str) -> None:
    """Neither by a read nor by a copy, of all of it or of a part, until it is thawed."""
    frozen = Frozen(oss, v2, storage_class)
    opened = v2.initiate_multipart_upload(
        v2_sdk.InitiateMultipartUploadRequest(bucket=frozen.bucket, key="thawed")
    )
    calls: list[tuple[Any, ...]] = [
        (frozen.read,),
        (frozen.copy,),
        (frozen.copy_part, opened.upload_id),
    ]
    for call, *arguments in calls:
        with pytest.raises(v2_sdk.exceptions.OperationError) as error:
            call(*arguments)
        assert clients.cause(error.value) == FROZEN
        assert error.value.unwrap().ec == "0016-00000330"
    assert frozen.restore(3) == 202
    assert clients.refused(frozen.copy) == FROZEN
    oss.advance(48 * HOUR)
    assert frozen.read() == DATA
    assert frozen.copy().status_code == 200
    assert frozen.copy_part(opened.upload_id).status_code == 200
    v2.abort_multipart_upload(
        v2_sdk.AbortMultipartUploadRequest(
            bucket=frozen.bucket, key="thawed", upload_id=opened.upload_id
        )
    )
    head = v2.head_object(v2_sdk.HeadObjectRequest(bucket=frozen.bucket, key="thawed"))
    assert (head.storage_class, head.restore) == ("Standard", None)


def test_an_extension_adds_days_up_to_the_most(oss: OssService, v2: Any) -> None:
    """It is answered with 200, and never shortens what was paid for."""
    frozen = Frozen(oss, v2, "Archive")
    assert frozen.restore(2) == 202
    oss.advance(61)
    assert [frozen.restore(3), frozen.restore(7)] == [200, 200]
    oss.advance(7 * DAY - 120)
    assert frozen.read() == DATA
    oss.advance(180)
    assert clients.refused(frozen.read) == FROZEN


def test_a_restore_is_upgraded_but_not_repeated(oss: OssService, v2: Any) -> None:
    """A faster tier is accepted while it runs; the same and a slower one are not."""
    frozen = Frozen(oss, v2, "DeepColdArchive")
    assert frozen.restore(1) == 202
    assert clients.refused(frozen.restore, 1) == (409, "RestoreAlreadyInProgress")
    assert frozen.restore(1, "Expedited") == 202
    assert clients.refused(frozen.restore, 1, "Standard") == (409, "RestoreAlreadyInProgress")
    oss.advance(12 * HOUR + 1)
    assert frozen.read() == DATA


@pytest.mark.parametrize("version", ["v1", "v4"])
def test_a_restored_copy_is_given_up_by_either_signature(oss: OssService, version: str) -> None:
    """V1 signs the sub-resource; not yet and no longer are told apart."""
    frozen = Frozen(oss, clients.v2(oss, version=version), "ColdArchive")
    assert clients.refused(frozen.clean) == (409, "ArchiveRestoreFileStale")
    frozen.restore(3, "Expedited")
    assert clients.refused(frozen.clean) == (409, "ArchiveRestoreNotFinished")
    oss.advance(HOUR + 1)
    assert (frozen.read(), frozen.clean(), frozen.told()) == (DATA, 200, None)
    assert clients.refused(frozen.read) == FROZEN
    assert clients.refused(frozen.clean) == (409, "ArchiveRestoreFileStale")
    archive = Frozen(oss, clients.v2(oss, version=version), "Archive")
    assert clients.refused(archive.clean) == (400, "OperationNotSupported")


def test_archive_is_read_in_place_where_the_bucket_says_so(oss: OssService, v2: Any) -> None:
    """By reads and by copies, which are billed; the colder classes are not."""
    archive, cold = Frozen(oss, v2, "Archive"), Frozen(oss, v2, "ColdArchive")

    def set_direct_read(enabled: bool) -> None:
        setting = v2_sdk.ArchiveDirectReadConfiguration(enabled=enabled)
        v2.put_bucket_archive_direct_read(
            v2_sdk.PutBucketArchiveDirectReadRequest(
                bucket=archive.bucket, archive_direct_read_configuration=setting
            )
        )

    set_direct_read(True)
    assert archive.read() == DATA
    assert billed(oss) == len(DATA)
    assert archive.copy().status_code == 200
    assert billed(oss) == 2 * len(DATA)
    for call in (cold.read, cold.copy):
        assert clients.refused(call) == FROZEN
    set_direct_read(False)
    for call in (archive.read, archive.copy):
        assert clients.refused(call) == FROZEN
    archive.restore(1)
    oss.advance(61)
    assert archive.read() == DATA
    assert billed(oss) == 2 * len(DATA)


def billed(oss: OssService) -> int:
    return int(oss.http("GET", "/-/bill").json()["RetrievalDataArchiveDirect"])


def test_a_symlink_to_a_frozen_object_is_as_frozen(oss: OssService, v2: Any) -> None:
    """The link itself can be described, and read once its target is thawed."""
    frozen = Frozen(oss, v2, "Archive")
    link = {"bucket": frozen.bucket, "key": "link"}
    target = frozen.named["key"]
    v2.put_symlink(v2_sdk.PutSymlinkRequest(**link, symlink_target=target))
    read = v2_sdk.GetObjectRequest(**link)
    assert clients.refused(v2.get_object, read) == FROZEN
    assert v2.get_symlink(v2_sdk.GetSymlinkRequest(**link)).target == target
    assert v2.head_object(v2_sdk.HeadObjectRequest(**link)).object_type == "Symlink"
    frozen.restore(1)
    oss.advance(61)
    assert v2.get_object(read).body.content == DATA
