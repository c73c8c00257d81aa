"""What transfers left behind in a real local OSS, and what of it is removed."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from ossferry.errors import TargetRefused, TargetUnavailable
from ossferry.names import FOLDER
from ossferry.records.leftovers import remove
from ossferry.records.record import folder_of
from tests.peers.oss_service import OssService, running
from tests.records.recorded import KEY, PART_SIZE, Setting, put, settled


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


def test_what_was_abandoned_is_removed_with_its_record(setting: Setting) -> None:
    """A record that makes no sense goes too: nobody could ever use it."""
    _, upload = setting.begun()
    setting.bucket.write(f"{FOLDER}odd.json", b"{}")
    assert setting.remove_all() == [True, True]
    assert setting.names() == []
    assert not setting.is_open(upload)


LOST = {"operation": "InitiateMultipartUpload", "drop_reply": True}


def test_an_upload_whose_opening_was_not_heard_of_is_gone_in_the_end(setting: Setting) -> None:
    """OSS had opened one, said so to nobody, and was asked for another."""
    setting.service.set_faults({**LOST, "times": 1})
    checkpoint, upload = setting.begun()
    assert len(setting.bucket.open_uploads(KEY)) == 2
    with checkpoint.guarding():
        upload.abort()
    assert setting.bucket.open_uploads(KEY) == []
    assert setting.names() == []


def test_uploads_that_were_never_heard_of_are_gone_in_the_end(setting: Setting) -> None:
    """No attempt was answered, so the transfer fails, and leaves none of them."""
    checkpoint = setting.checkpoint()
    setting.service.set_faults(LOST)
    with pytest.raises(TargetUnavailable), checkpoint.guarding():
        checkpoint.open(PART_SIZE)
    assert setting.bucket.open_uploads(KEY) == []
    assert setting.names() == []


def announced(setting: Setting) -> None:
    """Leave what a coordinator leaves that is ended before OSS tells it the upload's id."""
    denied = {"status": 403, "code": "AccessDenied"}
    setting.service.set_faults(
        {"operation": "InitiateMultipartUpload", **denied},
        {"operation": "ListMultipartUploads", **denied},
    )
    checkpoint = setting.checkpoint()
    with pytest.raises(TargetRefused), checkpoint.guarding():
        checkpoint.open(PART_SIZE)
    setting.service.set_faults()
    [name] = setting.names()
    assert name.startswith(folder_of(KEY))


def test_an_announced_upload_is_found_by_a_sweep(setting: Setting) -> None:
    """It was opened just after, holds nothing, and nobody else has recorded it."""
    announced(setting)
    orphan = setting.bucket.create(KEY, {})
    assert setting.remove_all() == [True]
    assert setting.names() == []
    assert not setting.is_open(orphan)


def test_uploads_of_others_are_not_taken_for_an_announced_one(setting: Setting) -> None:
    """One that holds a part, one on record, one of another key, and one opened long before."""
    before = setting.bucket.create(KEY, {})
    time.sleep(1.1)  # OSS tells when an object was written in whole seconds
    announced(setting)
    [announcement] = setting.bucket.names(FOLDER)
    holding = setting.bucket.create(KEY, {})
    put(holding, 1)
    _, recorded = setting.begun()
    other_key = setting.bucket.create(f"{KEY}x", {})
    assert remove(setting.bucket, *announcement)
    assert all(setting.is_open(each) for each in (before, holding, recorded))
    assert setting.bucket.open_uploads(f"{KEY}x") != []
    for upload in (before, holding, recorded, other_key):
        upload.abort()


def test_an_announcement_that_cannot_be_looked_into_stays(setting: Setting) -> None:
    """The next sweep tries again."""
    announced(setting)
    denied = {"status": 403, "code": "AccessDenied"}
    setting.service.set_faults({"operation": "ListMultipartUploads", **denied})
    with pytest.raises(TargetRefused):
        setting.remove_all()
    assert len(setting.names()) == 1
