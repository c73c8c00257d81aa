"""A sweep of a bucket: what is old goes, what is at work stays."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import pytest

from ossferry.cloud import Cloud
from ossferry.jobs import SweepJob
from ossferry.names import BULK_FOLDER, ObjectName
from ossferry.oss.bucket import Bucket
from ossferry.records.sweep import sweep
from tests.localcloud.patience import eventually
from tests.peers.oss_service import OssService, running
from tests.records.recorded import Setting, interrupted, left_by_child, put, settled

HOUR = 3600.0
FAR = 800.0  # not so far that OSS takes the client's clock for wrong


@pytest.fixture(scope="module")
def oss() -> Iterator[OssService]:
    """An OSS for the module, in a thread."""
    with running() as service:
        yield service


@pytest.fixture
def setting(oss: OssService) -> Iterator[Setting]:
    """A transfer of which nothing is recorded yet."""
    with settled(oss) as setting:
        yield setting


@dataclass
class CloudOfOneBucket:
    """All that a sweep needs of a cloud."""

    held: Bucket

    def bucket(self, name: ObjectName) -> Bucket:
        assert name.bucket == self.held.name
        return self.held


def swept(setting: Setting, older_than: float) -> object:
    target = ObjectName(setting.service.config.region, setting.bucket.name, "")
    cloud = cast(Cloud, CloudOfOneBucket(setting.bucket))
    return sweep(SweepJob(target, older_than), cloud)


def counts(swept: int = 0, kept: int = 0, failed: int = 0) -> dict[str, object]:
    return {"status": "swept", "swept": swept, "kept": kept, "failed": failed}


def _written(setting: Setting) -> float:
    """When the one record was, by the clock of OSS."""
    [(_, moment)] = setting.bucket.names("")
    return moment


def test_what_is_old_is_swept_and_what_is_young_is_kept(setting: Setting) -> None:
    """By when its record was written last."""
    _, upload = setting.begun()
    assert swept(setting, HOUR) == counts(kept=1)
    assert setting.is_open(upload)
    assert swept(setting, -HOUR) == counts(swept=1)
    assert not setting.is_open(upload)


def test_a_receipt_is_swept_with_its_record(setting: Setting) -> None:
    """It is not counted by itself, and stays as long as that does, however old it is."""
    checkpoint, upload = setting.begun()
    left_by_child(checkpoint)
    assert swept(setting, HOUR) == counts(kept=1)
    assert len(setting.names()) == 2
    assert swept(setting, -HOUR) == counts(swept=1)
    assert setting.names() == []
    assert not setting.is_open(upload)


def test_a_receipt_whose_record_is_gone_is_swept_by_its_own_age(setting: Setting) -> None:
    """A child that nobody knew of any more left it after the end."""
    checkpoint, upload = setting.begun()
    urls = [left_by_child(checkpoint) for _ in range(3)]
    setting.bucket.delete(checkpoint.warrant.record)
    assert swept(setting, HOUR) == counts(kept=3)
    denied = {"status": 403, "code": "AccessDenied"}
    setting.service.set_faults({"operation": "DeleteMultipleObjects", **denied})
    assert swept(setting, -HOUR) == counts(failed=3)
    setting.service.set_faults()
    assert len(setting.names()) == len(urls)
    assert swept(setting, -HOUR) == counts(swept=3)
    assert setting.names() == []
    upload.abort()


@pytest.mark.parametrize("resumable", [False, True])
def test_a_transfer_that_is_at_work_is_not_swept_however_old(resumable: bool) -> None:
    """Its record is refreshed: front to back from the start, by parts once somebody copies."""
    with running() as oss, settled(oss) as setting:
        checkpoint = setting.checkpoint(resumable=resumable, refresh=0.05)

        with checkpoint.guarding():
            upload = checkpoint.open()
            if resumable:
                checkpoint.keep_alive()
            oss.advance(FAR)
            eventually(
                lambda: _written(setting), wanted=lambda moment: moment >= time.time() + FAR / 2
            )
            assert swept(setting, FAR / 2) == counts(kept=1)
            assert setting.is_open(upload)
            upload.abort()


@pytest.mark.parametrize(
    "lost", [{}, {"operation": "PutObject", "drop_reply": True}], ids=["heard", "lost"]
)
def test_a_transfer_that_is_gone_on_with_is_not_swept_however_old(lost: dict[str, Any]) -> None:
    """Its record is written when it is found, also if nobody hears of that."""
    with running() as oss, settled(oss) as setting:
        checkpoint, upload = setting.begun()
        part = put(upload, 1)
        interrupted(checkpoint, part)
        oss.advance(FAR)
        oss.set_faults(*([lost] if lost else []))
        resumed = setting.found()
        oss.set_faults()
        assert swept(setting, FAR / 2) == counts(kept=1)
        assert (resumed.upload.id, resumed.done) == (upload.id, {1: part})
        assert setting.is_open(upload)


def test_what_cannot_be_written_when_it_is_found_is_tried_again() -> None:
    """As soon as somebody copies; the error ends nothing."""
    with running() as oss, settled(oss) as setting:
        checkpoint, upload = setting.begun()
        interrupted(checkpoint, put(upload, 1))
        oss.advance(FAR)
        oss.set_faults({"operation": "PutObject", "status": 403, "code": "AccessDenied"})
        again = setting.checkpoint()
        with again.guarding():
            assert again.find() is not None
            oss.set_faults()
            again.keep_alive()
            eventually(
                lambda: _written(setting), wanted=lambda moment: moment >= time.time() + FAR / 2
            )
            assert swept(setting, FAR / 2) == counts(kept=1)
            upload.abort()


def test_a_sweep_that_cannot_abort_says_so(setting: Setting) -> None:
    """The record stays for the next one."""
    _, upload = setting.begun()
    put(upload, 1)
    denied = {"status": 403, "code": "AccessDenied"}
    setting.service.set_faults({"operation": "AbortMultipartUpload", **denied})
    assert swept(setting, -HOUR) == counts(failed=1)
    setting.service.set_faults({"operation": "GetObject", **denied})
    assert swept(setting, -HOUR) == counts(failed=1)
    assert len(setting.names()) == 1


def test_a_job_of_many_items_goes_as_a_whole_by_what_it_wrote_last() -> None:
    """Its older results are no leftovers while it goes on; its open report goes with it."""
    folder, last = f"{BULK_FOLDER}j-1/", f"{BULK_FOLDER}last/abc.json"
    with running() as oss, settled(oss) as setting:
        bucket = setting.bucket
        bucket.write(f"{folder}results/000001-00000001.jsonl", b"{}")
        bucket.create(f"{folder}report.csv", {})
        oss.advance(FAR)
        bucket.write(f"{folder}head.json", b"{}")
        bucket.write(last, b'"j-1"')
        assert swept(setting, FAR / 2) == counts(kept=2)
        assert len([*bucket.names(BULK_FOLDER)]) == 3
        assert swept(setting, -HOUR) == counts(swept=2)
        assert [*bucket.names(BULK_FOLDER)] == []
        assert bucket.open_uploads(f"{folder}report.csv") == []
