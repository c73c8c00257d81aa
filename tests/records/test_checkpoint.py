"""Records of transfers under way in a real local OSS: what the next run believes of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from ossferry.copying.copy_job import CopiedPart, Pin
from ossferry.errors import (
    ChecksumMismatch,
    FerryError,
    InternalError,
    NoSuchUpload,
    OutOfTime,
    SourceChanged,
    SourceRefused,
    TargetRefused,
    TargetUnavailable,
    Unfinished,
)
from ossferry.names import ObjectName
from ossferry.records.checkpoint import Checkpoint
from ossferry.urls import Url
from tests.peers.oss_service import OssService, running
from tests.records.recorded import PART_SIZE, PIN, SIZE, Setting, ended, interrupted, put, settled


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


def test_a_transfer_of_which_nothing_is_known_begins_anew(setting: Setting) -> None:
    """There is no record, which is no error."""
    assert setting.checkpoint().find() is None


def test_another_run_of_the_same_transfer_goes_on(setting: Setting) -> None:
    """With the same upload, cut in the same way, and without the parts that are done."""
    checkpoint, upload = setting.begun()
    parts = {number: put(upload, number) for number in (1, 3)}
    interrupted(checkpoint, *parts.values())
    resumed = setting.found()
    assert (resumed.upload.id, resumed.part_size, resumed.done) == (upload.id, PART_SIZE, parts)
    put(resumed.upload, 2)


def test_a_third_run_knows_what_both_before_it_did(setting: Setting) -> None:
    """What was found is recorded again, with what came to it."""
    checkpoint, upload = setting.begun()
    interrupted(checkpoint, put(upload, 1))
    second = setting.checkpoint()
    assert second.find() is not None
    interrupted(second, put(upload, 2))
    assert set(setting.found().done) == {1, 2}


def test_a_part_that_only_oss_knows_is_copied_again(setting: Setting) -> None:
    """It may have been damaged on its way, and nobody is left who would have noticed."""
    checkpoint, upload = setting.begun()
    first, _ = put(upload, 1), put(upload, 2)
    interrupted(checkpoint, first)
    assert setting.found().done == {1: first}


@pytest.mark.parametrize("changed", [{"size": PART_SIZE - 1}, {"etag": "OTHER"}, {"crc64": 1}])
def test_a_part_that_oss_has_otherwise_is_copied_again(
    setting: Setting, changed: dict[str, Any]
) -> None:
    """Size, ETag and checksum all have to be those of the record."""
    checkpoint, upload = setting.begun()
    first, second = put(upload, 1), put(upload, 2)
    interrupted(checkpoint, first._replace(**changed), second)
    assert setting.found().done == {2: second}


def test_a_part_that_was_sent_again_since_is_copied_again(setting: Setting) -> None:
    """A late child may replace a part with other bytes after it was recorded."""
    checkpoint, upload = setting.begun()
    interrupted(checkpoint, put(upload, 1))
    put(upload, 1, filling=b"y")
    assert setting.found().done == {}


def test_a_part_that_oss_does_not_have_is_copied_again(setting: Setting) -> None:
    """Whatever the record says."""
    checkpoint, _ = setting.begun()
    never = CopiedPart(1, PART_SIZE, "E", 1, confirmed=True)
    interrupted(checkpoint, never)
    assert setting.found().done == {}


def test_a_record_of_an_upload_that_is_gone_is_removed(setting: Setting) -> None:
    """Somebody aborted it; a new one is opened."""
    _, upload = setting.begun()
    upload.abort()
    assert setting.checkpoint().find() is None
    assert setting.names() == []


def test_of_two_uploads_the_one_that_is_further_is_gone_on_with(setting: Setting) -> None:
    """Two coordinators began at once, and neither came to its end."""
    for count in (2, 3, 1):
        checkpoint, upload = setting.begun()
        parts = [put(upload, number) for number in range(1, count + 1)]
        interrupted(checkpoint, *parts)
    assert len(setting.found().done) == 3


@pytest.mark.parametrize(
    "record", [b"", b"not JSON", b"\xff\x00", b"[]", b"null", b"{}", b'{"version": 2}']
)
def test_a_record_that_makes_no_sense_is_ignored(setting: Setting, record: bytes) -> None:
    """Of another version, or of somebody who wrote there by mistake."""
    setting.begun()
    [name] = setting.names()
    setting.bucket.write(name, record)
    assert setting.checkpoint().find() is None


def test_a_record_of_another_size_is_ignored(setting: Setting) -> None:
    """Its parts would be those of another file."""
    setting.begun()
    [name] = setting.names()
    record = json.loads(setting.bucket.read(name) or b"")
    setting.bucket.write(name, json.dumps({**record, "size": SIZE + 1}).encode())
    assert setting.checkpoint().find() is None


def test_a_url_that_is_signed_anew_is_the_same_transfer(setting: Setting) -> None:
    """Nobody signs twice in the same second."""
    _, upload = setting.begun()
    again = setting.source.ref._replace(url=Url("https://example.com/a?sig=two"))
    source = replace(setting.source, ref=again)
    resumed = Checkpoint(setting.bucket, setting.job, source).find()
    assert resumed is not None
    assert resumed.upload.id == upload.id


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
    setting.begun()
    source = replace(setting.source, ref=setting.source.ref._replace(pin=pin))
    job = replace(setting.job, **fields)
    assert Checkpoint(setting.bucket, job, source).find() is None


def test_a_source_that_cannot_be_known_again_is_never_gone_on_with(setting: Setting) -> None:
    """Not even by the same event: its record is for a sweep only."""
    ref = setting.source.ref._replace(pin=Pin(SIZE))
    unknown = replace(setting.source, ref=ref)
    Checkpoint(setting.bucket, setting.job, unknown).open(PART_SIZE)
    assert Checkpoint(setting.bucket, setting.job, unknown).find() is None


def test_progress_is_not_recorded_for_every_part(setting: Setting) -> None:
    """A record a moment ago is good enough; the end of an invocation records all."""
    checkpoint, _ = setting.begun()
    [name] = setting.names()
    before = setting.bucket.read(name)
    checkpoint.progressed({1: CopiedPart(1, PART_SIZE, "E", 1, confirmed=True)})
    assert setting.bucket.read(name) == before


def test_a_transfer_that_is_done_leaves_no_record(setting: Setting) -> None:
    """The upload has become an object meanwhile."""
    checkpoint, upload = setting.begun()
    with checkpoint.guarding():
        part = put(upload, 1)
        upload.complete([part], part.crc64, {})
    assert setting.names() == []


FINAL = (ChecksumMismatch("no"), SourceChanged("no"), NoSuchUpload("no"), InternalError("no"))
PASSING = (TargetUnavailable("hm"), TargetRefused("no"), SourceRefused("expired"))


@pytest.mark.parametrize("error", [*FINAL, KeyboardInterrupt()], ids=lambda error: type(error))
def test_a_transfer_that_failed_leaves_neither_upload_nor_record(
    setting: Setting, error: BaseException
) -> None:
    """By an error after which the same event would fare no better, which is raised."""
    checkpoint, upload = setting.begun()
    with pytest.raises(type(error)):
        ended(checkpoint, error, put(upload, 1))
    assert setting.names() == []
    assert not setting.is_open(upload)


@pytest.mark.parametrize("error", PASSING, ids=lambda error: type(error))
def test_an_error_that_may_pass_keeps_what_is_done(setting: Setting, error: FerryError) -> None:
    """It says so; permissions are given, URLs signed anew, and then the same event goes on."""
    checkpoint, upload = setting.begun()
    part = put(upload, 2)
    with pytest.raises(type(error), match="1 parts are kept") as raised:
        ended(checkpoint, error, part)
    assert raised.value.message.startswith(f"{error.message}; ")
    assert setting.found().done == {2: part}


@pytest.mark.parametrize("error", [*PASSING, OutOfTime("up")], ids=lambda error: type(error))
def test_where_nothing_is_done_nothing_is_kept(setting: Setting, error: FerryError) -> None:
    """There is nothing to go on with."""
    checkpoint, upload = setting.begun()
    with pytest.raises(type(error)) as raised:
        ended(checkpoint, error)
    assert raised.value is error
    assert setting.names() == []
    assert not setting.is_open(upload)


def test_time_that_was_up_tells_whether_anything_was_done_in_it(setting: Setting) -> None:
    """Who got nothing done is not to be followed by another who will not either."""
    checkpoint, upload = setting.begun()
    progress = []
    for news in ([put(upload, 1)], []):
        with pytest.raises(Unfinished) as raised:
            ended(checkpoint, OutOfTime("up"), *news)
        progress.append(raised.value.progress)
        checkpoint = setting.checkpoint()
        assert checkpoint.find() is not None
    assert progress == [True, False]


def test_what_is_done_but_cannot_be_recorded_is_given_up(setting: Setting) -> None:
    """Nobody would find it: the upload is aborted, and the error is the first one."""
    checkpoint, upload = setting.begun()
    denied = {"status": 403, "code": "AccessDenied"}
    part = put(upload, 1)
    setting.service.set_faults({"operation": "PutObject", **denied})
    with pytest.raises(SourceRefused) as raised:
        ended(checkpoint, SourceRefused("expired"), part)
    assert raised.value.message == "expired"
    assert setting.names() == []
    assert not setting.is_open(upload)


def test_an_upload_that_cannot_be_aborted_keeps_its_record(setting: Setting) -> None:
    """So that the next run, or a sweep, tries again: what stays behind is billed."""
    checkpoint, upload = setting.begun()
    refusal = {"status": 403, "code": "AccessDenied"}
    setting.service.set_faults({"operation": "AbortMultipartUpload", **refusal})
    with pytest.raises(ChecksumMismatch):
        ended(checkpoint, ChecksumMismatch("no"))
    assert len(setting.names()) == 1
    assert setting.is_open(upload)


def test_the_record_of_somebody_who_does_the_same_is_left_to_him(setting: Setting) -> None:
    """An event delivered twice: each takes down only what is its own."""
    first, upload = setting.begun()
    second, other = setting.begun()
    with first.guarding():
        pass
    assert setting.found().upload.id == other.id
    with second.guarding():
        pass
    assert setting.names() == []
    upload.abort()
    other.abort()
