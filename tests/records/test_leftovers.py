"""What transfers left behind in a real local OSS, and what of it is removed."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator

import pytest

from ossferry.errors import TargetRefused, TargetUnavailable
from ossferry.names import FOLDER
from ossferry.records.leftovers import remove
from ossferry.records.record import folder_of
from tests.peers.oss_service import OssService, running
from tests.records.recorded import KEY, PART_SIZE, Setting, left_by_child, put, settled


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
    assert setting.remove_all() == ["swept", "swept"]
    assert setting.names() == []
    assert not setting.is_open(upload)


@pytest.mark.parametrize("version", [2, 4])
def test_what_another_version_left_is_removed_too(setting: Setting, version: int) -> None:
    """All versions name the key and the upload, and seal what they say, in one way."""
    upload = setting.bucket.create(KEY, {})
    put(upload, 1)
    document = {"version": version, "upload_id": upload.id, "unheard_of": [1.5, "ü"], "key": KEY}
    seal = hashlib.sha256(json.dumps(document).encode()).hexdigest()[:16]
    text = json.dumps({**document, "seal": seal}).encode()
    setting.bucket.write(f"{folder_of(KEY)}other.json", text)
    assert setting.remove_all() == ["swept"]
    assert not setting.is_open(upload)


@pytest.mark.parametrize("seal", ["", "0" * 16])
def test_an_upload_that_a_broken_record_names_is_left_alone(setting: Setting, seal: str) -> None:
    """It may be somebody else's; the record is of no use to anybody."""
    upload = setting.bucket.create(KEY, {})
    document = {"version": 3, "key": KEY, "upload_id": upload.id, "seal": seal}
    setting.bucket.write(f"{folder_of(KEY)}broken.json", json.dumps(document).encode())
    assert setting.remove_all() == ["swept"]
    assert setting.is_open(upload)


def test_a_record_that_was_refreshed_since_it_was_listed_is_kept(setting: Setting) -> None:
    """Somebody is at work on it after all."""
    _, upload = setting.begun()
    [(name, written)] = setting.bucket.names(FOLDER)
    assert remove(setting.bucket, name, oldest=written - 1) == "kept"
    assert setting.is_open(upload)
    assert remove(setting.bucket, name, oldest=written) == "swept"
    assert not setting.is_open(upload)


def test_a_record_that_is_gone_since_it_was_listed_is_no_failure(setting: Setting) -> None:
    """Its transfer is done, or another sweep was faster."""
    assert remove(setting.bucket, f"{folder_of(KEY)}gone.json") == "swept"


def test_an_upload_that_was_opened_much_later_is_not_the_announced_one(setting: Setting) -> None:
    """An announcement is followed by its upload within minutes."""
    announced(setting)
    setting.service.advance(601)
    later = setting.bucket.create(KEY, {})
    assert setting.remove_all() == ["swept"]
    assert setting.is_open(later)


def test_receipts_go_with_their_record_and_with_no_other(setting: Setting) -> None:
    """Nobody could make anything of them without it."""
    checkpoint, upload = setting.begun()
    other, _ = setting.begun()
    for each in (checkpoint, other):
        left_by_child(each)
        left_by_child(each)
    assert remove(setting.bucket, checkpoint.warrant.record) == "swept"
    assert len(setting.names()) == 3
    assert remove(setting.bucket, other.warrant.record) == "swept"
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
    assert setting.remove_all() == ["swept"]
    assert setting.names() == []
    assert not setting.is_open(orphan)


def test_uploads_of_others_are_not_taken_for_an_announced_one(setting: Setting) -> None:
    """One that holds a part, one on record, one of another key, and one opened long before."""
    before = setting.bucket.create(KEY, {})
    time.sleep(1.1)  # OSS tells when an object was written in whole seconds
    announced(setting)
    [announcement] = setting.names()
    holding = setting.bucket.create(KEY, {})
    put(holding, 1)
    _, recorded = setting.begun()
    other_key = setting.bucket.create(f"{KEY}x", {})
    assert remove(setting.bucket, announcement) == "swept"
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
