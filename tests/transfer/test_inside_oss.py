"""Copies that OSS makes itself: what is believed of them, and what proves them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from ossferry.crc64 import crc64
from ossferry.errors import (
    ChecksumMismatch,
    ObjectExists,
    SourceArchived,
    SourceChanged,
    Stopped,
    TargetRefused,
)
from ossferry.transfer.inside_oss import ONE_COPY_BELOW, copy_inside_oss
from tests.peers.oss_service import OssService, running
from tests.transfer.under_way import CONTENT, NO_CRC64, OLD, UnderWay, under_way

WAYS = pytest.mark.parametrize("one_copy_below", [ONE_COPY_BELOW, 1], ids=["at-once", "by-parts"])
LOST = {"drop_reply": True, "times": 1}


@pytest.fixture(scope="module")
def oss() -> Iterator[OssService]:
    """An OSS for the module, in a thread."""
    with running() as service:
        yield service


@pytest.fixture
def setting(oss: OssService) -> Iterator[UnderWay]:
    """A source in OSS and a target that is not there."""
    with under_way(oss) as setting:
        yield setting


@WAYS
def test_a_copy_is_the_source(setting: UnderWay, one_copy_below: int) -> None:
    """And leaves neither an upload nor a record."""
    copied = copy_inside_oss(setting.transfer(), one_copy_below)
    assert copied is not None
    assert setting.content() == CONTENT
    assert "copied_by_oss" in copied.proof
    assert copied.info.size == len(CONTENT)
    assert setting.left() == ([], [])


@WAYS
def test_only_the_version_that_was_probed_is_copied(setting: UnderWay, one_copy_below: int) -> None:
    """OSS compares its ETag, for every part of it."""
    with pytest.raises(SourceChanged):
        copy_inside_oss(setting.transfer(etag="OTHER"), one_copy_below)
    assert not setting.client.object_exists(setting.key)
    assert setting.left() == ([], [])


def test_a_copy_with_another_checksum_is_a_mismatch(setting: UnderWay) -> None:
    """Where OSS has one for both."""
    with pytest.raises(ChecksumMismatch, match=str(crc64(CONTENT))):
        copy_inside_oss(setting.transfer(source_crc64=1))


def test_a_copy_without_a_checksum_claims_no_proof_by_one(setting: UnderWay) -> None:
    """It is as good as OSS's own word."""
    setting.service.set_faults({"operation": "CopyObject", **NO_CRC64})
    copied = copy_inside_oss(setting.transfer())
    assert copied is not None
    assert copied.proof == ["copied_by_oss"]


REFUSED = ({"status": 503, "code": "ServiceUnavailable", "times": 1}, LOST)


@pytest.mark.parametrize("overwrite", ["different", "always", "never"])
@pytest.mark.parametrize("fault", REFUSED, ids=["refused", "lost"])
@pytest.mark.parametrize("with_crc64", [True, False])
def test_a_completion_is_believed_by_what_only_this_upload_could_have_made(
    setting: UnderWay, fault: dict[str, object], overwrite: str, with_crc64: bool
) -> None:
    """An old object of the same size, and of the same bytes even, is not the copy."""
    if overwrite != "never":
        setting.client.put_object(setting.key, CONTENT if with_crc64 else OLD)
    faults = [{"operation": "CompleteMultipartUpload", **fault}]
    if not with_crc64:
        faults.append({"operation": "HeadObject", **NO_CRC64})
    setting.service.set_faults(*faults)
    transfer = setting.transfer(
        source_crc64=crc64(CONTENT) if with_crc64 else None,
        overwrite=overwrite,
        metadata={"wanted": "new"},
    )
    try:
        copied = copy_inside_oss(transfer, 1)
    except ObjectExists:
        # By its checksum the old object is the source already, which the coordinator answers.
        assert (overwrite, with_crc64) == ("different", True)
        return
    assert copied is not None
    assert setting.content() == CONTENT
    assert setting.metadata("wanted") == "new"
    assert setting.left() == ([], [])


@pytest.mark.parametrize("overwrite", ["always", "never"])
def test_a_copy_whose_answer_was_lost_is_known_again(setting: UnderWay, overwrite: str) -> None:
    """With ``never``, OSS refuses the second try, because of what the first one made."""
    setting.service.set_faults({"operation": "CopyObject", **LOST})
    copied = copy_inside_oss(setting.transfer(overwrite=overwrite))
    assert copied is not None
    assert copied.info.crc64 == crc64(CONTENT)
    assert setting.content() == CONTENT


@WAYS
def test_never_leaves_what_somebody_else_made(setting: UnderWay, one_copy_below: int) -> None:
    """Be it the same bytes."""
    setting.client.put_object(setting.key, CONTENT)
    transfer = setting.transfer(overwrite="never", metadata={"wanted": "new"})
    with pytest.raises(ObjectExists):
        copy_inside_oss(transfer, one_copy_below)
    assert setting.metadata("wanted") is None


def test_a_stop_does_not_wait_for_copies_in_flight(setting: UnderWay) -> None:
    """OSS takes its time; the upload is aborted meanwhile, as often as parts still arrive."""
    setting.service.set_faults({"operation": "UploadPartCopy", "delay": 20})
    outcome: list[str] = []

    def copy() -> None:
        try:
            copy_inside_oss(setting.transfer(), 1)
        except Stopped as error:
            outcome.append(error.message)

    copying = threading.Thread(target=copy)
    copying.start()
    until = time.monotonic() + 15
    while "UploadPartCopy" not in setting.service.counts() and time.monotonic() < until:
        setting.stop.wait(0.02)
    setting.stop.set()
    copying.join(15)
    ended = not copying.is_alive()
    copying.join()
    assert ended
    assert outcome == ["the function was stopped before all was copied; no part is kept"]
    assert not setting.client.object_exists(setting.key)


@WAYS
def test_a_source_that_freezes_is_not_a_refusal_of_the_target(
    setting: UnderWay, one_copy_below: int
) -> None:
    """It was readable when it was looked at; nothing stays behind."""
    archived = {"x-oss-storage-class": "ColdArchive"}
    setting.client.put_object(setting.source_key, CONTENT, headers=archived)
    with pytest.raises(SourceArchived, match="is archived and not restored"):
        copy_inside_oss(setting.transfer(), one_copy_below)
    assert setting.left() == ([], [])


def test_other_refusals_are_those_of_the_target(setting: UnderWay) -> None:
    """Permissions, say."""
    setting.service.set_faults({"operation": "CopyObject", "status": 403, "code": "AccessDenied"})
    with pytest.raises(TargetRefused):
        copy_inside_oss(setting.transfer())
