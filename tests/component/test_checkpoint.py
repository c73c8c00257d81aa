"""Records of transfers under way in a real local OSS: what the next run believes of them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any, cast

import pytest

from ossferry.bucket import Bucket
from ossferry.checkpoint import Checkpoint, abandoned
from ossferry.context import Credentials
from ossferry.copy_job import CopiedPart, Pin, SourceRef
from ossferry.crc64 import crc64
from ossferry.errors import ChecksumMismatch, NoSuchUpload, Unfinished
from ossferry.events import FOLDER
from ossferry.expectations import Expectations
from ossferry.jobs import ObjectName, TransferJob
from ossferry.multipart import Upload
from ossferry.origin import Source
from ossferry.transfer import Phases, Transfer
from ossferry.upload import Uploader
from ossferry.urls import Url
from tests.component.oss_service import OssService, running
from tests.localcloud import credentials

KEY = "folder/ü +%.bin"
PART_SIZE = 100 * 1024
SIZE = 3 * PART_SIZE
PIN = Pin(SIZE, "tag", "then")


@pytest.fixture(scope="module")
def oss() -> Iterator[OssService]:
    """An OSS for the module, in a thread."""
    with running() as service:
        yield service


def bucket_of(oss: OssService) -> Bucket:
    issued = credentials.issue(oss.config.root_secret, None, time.time() + 3600)
    return Bucket(
        oss.config.bucket,
        oss.config.region,
        oss.endpoint,
        Credentials(issued.access_key_id, issued.access_key_secret, issued.security_token),
        time.monotonic() + 60,
    )


@dataclass
class Setting:
    """A transfer of three parts, as each of several runs would see it."""

    service: OssService
    transfer: Transfer

    @property
    def bucket(self) -> Bucket:
        return self.transfer.bucket

    def checkpoint(self) -> Checkpoint:
        return Checkpoint(self.transfer)

    def begun(self) -> tuple[Checkpoint, Upload]:
        """An upload that was just opened, and its record."""
        upload, checkpoint = self.bucket.create(KEY, {}), self.checkpoint()
        checkpoint.begin(upload, PART_SIZE)
        return checkpoint, upload

    def names(self) -> list[str]:
        return [name for name, _ in self.bucket.names(FOLDER)]

    def is_open(self, upload: Upload) -> bool:
        try:
            self.bucket.list_parts(KEY, upload.id)
        except NoSuchUpload:
            return False
        return True


@pytest.fixture
def setting(oss: OssService) -> Iterator[Setting]:
    """A transfer of which nothing is recorded yet, and nothing stays."""
    ref = SourceRef(Url("https://example.com/a?sig=one"), {}, PIN)
    source = Source(ref, splittable=True, headers={}, crc64=None)
    job = TransferJob(ref.url, ObjectName(oss.config.region, oss.config.bucket, KEY))
    nobody = cast(Any, None)  # no record depends on where the invocation runs
    expected = Expectations.of(job, source)
    setting = Setting(oss, Transfer(job, source, bucket_of(oss), nobody, expected, Phases()))
    yield setting
    oss.set_faults()
    for name in setting.names():
        abandoned(setting.bucket, name)


def put(upload: Upload, number: int, filling: bytes = b"x") -> CopiedPart:
    content = filling * PART_SIZE
    with closing(Uploader()) as uploader:
        uploader.begin(upload.part_url(number), {}, len(content))
        uploader.send(memoryview(content))
        stored = uploader.finish()
    return CopiedPart(number, len(content), stored.etag, crc64(content), confirmed=True)


def test_a_transfer_of_which_nothing_is_known_begins_anew(setting: Setting) -> None:
    """There is no record, which is no error."""
    assert setting.checkpoint().find() is None


def test_another_run_of_the_same_transfer_goes_on(setting: Setting) -> None:
    """With the same upload, cut in the same way, and without the parts that are done."""
    checkpoint, upload = setting.begun()
    parts = {number: put(upload, number) for number in (1, 3)}
    checkpoint.save(parts)
    resumed = setting.checkpoint().find()
    assert resumed is not None
    assert (resumed.upload.id, resumed.part_size, resumed.done) == (upload.id, PART_SIZE, parts)
    put(resumed.upload, 2)


def test_a_part_that_only_oss_knows_is_copied_again(setting: Setting) -> None:
    """It may have been damaged on its way, and nobody is left who would have noticed."""
    checkpoint, upload = setting.begun()
    first, _ = put(upload, 1), put(upload, 2)
    checkpoint.save({1: first})
    resumed = setting.checkpoint().find()
    assert resumed is not None
    assert resumed.done == {1: first}


@pytest.mark.parametrize("changed", [{"size": PART_SIZE - 1}, {"etag": "OTHER"}, {"crc64": 1}])
def test_a_part_that_oss_has_otherwise_is_copied_again(
    setting: Setting, changed: dict[str, Any]
) -> None:
    """Size, ETag and checksum all have to be those of the record."""
    checkpoint, upload = setting.begun()
    first, second = put(upload, 1), put(upload, 2)
    checkpoint.save({1: first._replace(**changed), 2: second})
    resumed = setting.checkpoint().find()
    assert resumed is not None
    assert resumed.done == {2: second}


def test_a_part_that_was_sent_again_since_is_copied_again(setting: Setting) -> None:
    """A late child may replace a part with other bytes after it was recorded."""
    checkpoint, upload = setting.begun()
    checkpoint.save({1: put(upload, 1)})
    put(upload, 1, filling=b"y")
    resumed = setting.checkpoint().find()
    assert resumed is not None
    assert resumed.done == {}


def test_a_part_that_oss_does_not_have_is_copied_again(setting: Setting) -> None:
    """Whatever the record says."""
    checkpoint, _ = setting.begun()
    checkpoint.save({1: CopiedPart(1, PART_SIZE, "E", 1, confirmed=True)})
    resumed = setting.checkpoint().find()
    assert resumed is not None
    assert resumed.done == {}


def test_a_record_of_an_upload_that_is_gone_is_ignored(setting: Setting) -> None:
    """Somebody aborted it; a new one is opened."""
    _, upload = setting.begun()
    upload.abort()
    assert setting.checkpoint().find() is None


@pytest.mark.parametrize(
    "record", [b"", b"not JSON", b"\xff\x00", b"[]", b"null", b"{}", b'{"version": 2}']
)
def test_a_record_that_makes_no_sense_is_ignored(setting: Setting, record: bytes) -> None:
    """Of another version, or of somebody who wrote there by mistake."""
    checkpoint = setting.checkpoint()
    setting.bucket.write(checkpoint.name, record)
    assert checkpoint.find() is None


def test_a_record_of_another_size_is_ignored(setting: Setting) -> None:
    """Its parts would be those of another file."""
    checkpoint, _ = setting.begun()
    record = json.loads(setting.bucket.read(checkpoint.name) or b"")
    setting.bucket.write(checkpoint.name, json.dumps({**record, "size": SIZE + 1}).encode())
    assert setting.checkpoint().find() is None


def test_a_url_that_is_signed_anew_is_the_same_transfer(setting: Setting) -> None:
    """Nobody signs twice in the same second."""
    again = setting.transfer.source.ref._replace(url=Url("https://example.com/a?sig=two"))
    source = replace(setting.transfer.source, ref=again)
    other = Checkpoint(replace(setting.transfer, source=source))
    assert other.name == setting.checkpoint().name


@pytest.mark.parametrize(
    ("pin", "fields"),
    [
        (PIN._replace(etag="other"), {}),
        (PIN._replace(size=SIZE + 1), {}),
        (PIN, {"content_type": "a/b"}),
        (PIN, {"metadata": {"a": "b"}}),
        (PIN, {"storage_class": "IA"}),
        (PIN, {"target": ObjectName("cn-hangzhou", "my-bucket", "other")}),
        (Pin(SIZE), {}),
    ],
)
def test_another_source_or_other_headers_are_another_transfer(
    setting: Setting, pin: Pin, fields: dict[str, Any]
) -> None:
    """An upload's headers are fixed when it is opened, so it can become only what it was for."""
    source = replace(setting.transfer.source, ref=setting.transfer.source.ref._replace(pin=pin))
    job = replace(setting.transfer.job, **fields)
    other = Checkpoint(replace(setting.transfer, job=job, source=source))
    assert other.name != setting.checkpoint().name


def test_a_source_that_cannot_be_known_again_is_never_gone_on_with(setting: Setting) -> None:
    """Not even by the same event: its record is for a sweep only."""
    ref = setting.transfer.source.ref._replace(pin=Pin(SIZE))
    unknown = replace(setting.transfer, source=replace(setting.transfer.source, ref=ref))
    assert Checkpoint(unknown).name != Checkpoint(unknown).name


def test_progress_is_not_recorded_for_every_part(setting: Setting) -> None:
    """A record a moment ago is good enough; the end of an invocation records all."""
    checkpoint, _ = setting.begun()
    before = setting.bucket.read(checkpoint.name)
    checkpoint.progressed({1: CopiedPart(1, PART_SIZE, "E", 1, confirmed=True)})
    assert setting.bucket.read(checkpoint.name) == before


def test_a_transfer_that_is_done_leaves_no_record(setting: Setting) -> None:
    """The upload has become an object meanwhile."""
    checkpoint, upload = setting.begun()
    with checkpoint.guarding(upload):
        part = put(upload, 1)
        upload.complete([part], part.crc64, {})
    assert setting.names() == []


@pytest.mark.parametrize("error", [ChecksumMismatch("no"), KeyboardInterrupt()])
def test_a_transfer_that_failed_leaves_neither_upload_nor_record(
    setting: Setting, error: BaseException
) -> None:
    """By an error of any kind, which is raised."""
    checkpoint, upload = setting.begun()
    with pytest.raises(type(error)), checkpoint.guarding(upload):
        raise error
    assert setting.names() == []
    assert not setting.is_open(upload)


def test_a_transfer_that_goes_on_elsewhere_keeps_both(setting: Setting) -> None:
    """The next invocation finds them."""
    checkpoint, upload = setting.begun()
    with pytest.raises(Unfinished), checkpoint.guarding(upload):
        raise Unfinished("later")
    assert setting.names() == [checkpoint.name]
    assert setting.is_open(upload)


def test_an_upload_that_cannot_be_aborted_keeps_its_record(setting: Setting) -> None:
    """So that the next run, or a sweep, tries again: what stays behind is billed."""
    checkpoint, upload = setting.begun()
    refusal = {"status": 403, "code": "AccessDenied"}
    setting.service.set_faults({"operation": "AbortMultipartUpload", **refusal})
    with pytest.raises(ChecksumMismatch), checkpoint.guarding(upload):
        raise ChecksumMismatch("no")
    assert setting.names() == [checkpoint.name]
    assert setting.is_open(upload)


def test_the_record_of_somebody_who_does_the_same_is_left_to_him(setting: Setting) -> None:
    """An event delivered twice: the first to end takes down only what is its own."""
    first, upload = setting.begun()
    _, other = setting.begun()
    with first.guarding(upload):
        pass
    resumed = setting.checkpoint().find()
    assert resumed is not None
    assert resumed.upload.id == other.id
    upload.abort()


def test_what_was_abandoned_is_removed_with_its_record(setting: Setting) -> None:
    """A record that makes no sense goes too: nobody could ever use it."""
    checkpoint, upload = setting.begun()
    setting.bucket.write(f"{FOLDER}odd.json", b"{}")
    assert abandoned(setting.bucket, checkpoint.name)
    assert abandoned(setting.bucket, f"{FOLDER}odd.json")
    assert setting.names() == []
    assert not setting.is_open(upload)
