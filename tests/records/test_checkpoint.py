"""Records of transfers under way in a real local OSS: what the next run believes of them."""

from __future__ import annotations

import json
import threading
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
from ossferry.records.record import Record
from ossferry.source.identity import Identity
from ossferry.urls import Url
from tests.peers.oss_service import OssService, running
from tests.records.recorded import (
    KEY,
    PART_SIZE,
    PIN,
    SIZE,
    Setting,
    ended,
    interrupted,
    put,
    settled,
)


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
    assert (resumed.upload.id, resumed.cell, resumed.done) == (upload.id, PART_SIZE, parts)
    put(resumed.upload, 2)


@pytest.mark.parametrize("key", ["a/../b/./c", "../x", "a/..", "./.", "...", "a//b/"])
def test_a_key_that_looks_like_a_path_can_be_gone_on_with(setting: Setting, key: str) -> None:
    """Nothing on the way takes its dots for steps; or listing its parts would be refused."""
    target = setting.job.target._replace(key=key)
    checkpoint = setting.checkpoint(target=target)
    upload = checkpoint.open(PART_SIZE)
    part = put(upload, 1)
    interrupted(checkpoint, part)
    resumed = setting.checkpoint(target=target).find()
    assert resumed is not None
    assert resumed.done == {1: part}
    assert resumed.upload.abort()
    with pytest.raises(NoSuchUpload):
        setting.bucket.list_parts(key, upload.id)


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


@pytest.mark.parametrize(
    "change", [{"size": SIZE + 1}, {"source": "other.mark"}, {"source": ""}, {"upload_id": ""}]
)
def test_a_record_of_something_else_is_ignored(setting: Setting, change: dict[str, Any]) -> None:
    """Its parts would be those of another file; an announcement has none."""
    setting.begun()
    [name] = setting.names()
    record = Record.decode(setting.text_of(name))
    assert record is not None
    setting.bucket.write(name, record._replace(**change).encode())
    assert setting.checkpoint().find() is None


@pytest.mark.parametrize("field", ["upload_id", "key", "mark", "source", "cell", "seal"])
def test_a_record_that_was_altered_is_ignored(setting: Setting, field: str) -> None:
    """Its seal is not its own any more: it may name another upload, or other bytes."""
    setting.begun()
    [name] = setting.names()
    record = json.loads(setting.text_of(name))
    setting.bucket.write(name, json.dumps({**record, field: f"{record[field]}1"}).encode())
    assert setting.checkpoint().find() is None


VOLATILE: tuple[dict[str, str], ...] = (
    {"Cache-Control": "max-age=59"},
    {"Content-Type": "a/b"},
    {},
)


@pytest.mark.parametrize("headers", VOLATILE, ids=str)
def test_headers_that_change_from_reply_to_reply_keep_a_transfer(
    setting: Setting, headers: dict[str, str]
) -> None:
    """What the object is made with was fixed when its upload was opened."""
    first = setting.checkpoint(headers={"Cache-Control": "max-age=60"})
    upload = first.open(PART_SIZE)
    interrupted(first, put(upload, 1))
    resumed = setting.checkpoint(headers=headers).find()
    assert resumed is not None
    assert resumed.upload.id == upload.id


def test_another_coding_is_another_transfer(setting: Setting) -> None:
    """Two codings of a source are two contents."""
    setting.begun()
    assert setting.checkpoint(coding="gzip").find() is None


EXPECTED = ({"expected_crc64": 1}, {"expected_size": SIZE}, {"expected_md5": "0" * 32})


@pytest.mark.parametrize("expected", EXPECTED, ids=str)
def test_who_expects_other_bytes_leaves_the_upload_alone(
    setting: Setting, expected: dict[str, Any]
) -> None:
    """A duplicate with a wrong checksum ends its own upload, not the one that is good."""
    first, upload = setting.begun()
    part = put(upload, 1)
    interrupted(first, part)
    second = setting.checkpoint(**expected)
    assert second.find() is None
    second.open(PART_SIZE)
    with pytest.raises(ChecksumMismatch):
        ended(second, ChecksumMismatch("wrong"), part)
    assert setting.found().done == {1: part}


def test_what_was_known_by_its_date_is_gone_on_with_by_its_date(setting: Setting) -> None:
    """Its nodes did not agree on the ETag; that two looks did does not change that."""
    known = {}
    for etag in (None, "tag"):
        checkpoint = setting.checkpoint(etag=etag)
        upload = checkpoint.open(PART_SIZE)
        interrupted(checkpoint, put(upload, 1))
        resumed = setting.checkpoint().find()
        assert resumed is not None
        known[etag] = resumed.by_date
        resumed.upload.abort()
    assert known == {None: True, "tag": False}


@pytest.mark.parametrize("served", [True, False])
def test_nodes_that_gave_another_etag_before_are_asked_for_it(
    setting: Setting, served: bool
) -> None:
    """If the source is still served as it was recorded, it did not change, and is gone on with."""
    checkpoint, upload = setting.begun()
    interrupted(checkpoint, put(upload, 1))
    asked = []

    def seen_as(before: Identity) -> bool:
        asked.append(before)
        return served

    resumed = setting.checkpoint(etag="other").find(seen_as)
    assert asked == [Identity.of(setting.source)]
    assert (resumed is not None) == served
    if resumed:
        assert (resumed.upload.id, resumed.by_date) == (upload.id, True)


@pytest.mark.parametrize("pin", [{}, {"etag": None}, {"etag": "other", "last_modified": "later"}])
def test_where_nothing_is_in_doubt_nobody_is_asked(setting: Setting, pin: dict[str, Any]) -> None:
    """What is the same is the same, and what differs in its date as well is another."""
    checkpoint, upload = setting.begun()
    interrupted(checkpoint, put(upload, 1))
    resumed = setting.checkpoint(**pin).find(lambda _: pytest.fail("was asked"))
    assert (resumed is None) == ("last_modified" in pin)


def test_the_object_of_an_upload_that_is_gone_on_with_is_known_by_its_mark(
    setting: Setting,
) -> None:
    """The record hands on what only this upload was opened with."""
    checkpoint, upload = setting.begun()
    interrupted(checkpoint, *(put(upload, number) for number in (1, 2)))
    resumed = setting.found()
    assert resumed.upload.mark == upload.mark
    made = resumed.upload.complete([*resumed.done.values()], None, {})
    assert setting.bucket.made_with(upload.mark, KEY) is not None
    assert setting.bucket.made_with("other", KEY) is None
    assert made.size == 2 * PART_SIZE


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
    unknown = {"etag": None, "last_modified": None}
    checkpoint = setting.checkpoint(**unknown)
    with checkpoint.guarding():
        upload = checkpoint.open(PART_SIZE)
        assert setting.checkpoint(**unknown).find() is None
    upload.abort()


def test_progress_is_not_recorded_for_every_part(setting: Setting) -> None:
    """A record a moment ago is good enough; the end of an invocation records all."""
    checkpoint, _ = setting.begun()
    [name] = setting.names()
    before = setting.text_of(name)
    checkpoint.progressed({1: CopiedPart(1, PART_SIZE, "E", 1, confirmed=True)})
    assert setting.text_of(name) == before


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


def test_time_that_was_up_tells_what_was_there_already(setting: Setting) -> None:
    """Who finds nothing each time begins anew each time, and never comes to an end."""
    checkpoint, upload = setting.begun()
    reused = []
    for number in (1, 2):
        with pytest.raises(Unfinished) as raised:
            ended(checkpoint, OutOfTime("up"), put(upload, number))
        reused.append(raised.value.reused)
        checkpoint = setting.checkpoint()
        assert checkpoint.find() is not None
    assert reused == [0, 1]


def test_what_could_not_be_recorded_is_no_progress(setting: Setting) -> None:
    """What was kept before stays, but nothing came to it that the next one would find."""
    first, upload = setting.begun()
    part = put(upload, 1)
    interrupted(first, part)
    second = setting.checkpoint()
    assert second.find() is not None
    setting.service.set_faults({"operation": "PutObject", "status": 403, "code": "AccessDenied"})
    with pytest.raises(Unfinished) as raised:
        ended(second, OutOfTime("up"), put(upload, 2))
    assert not raised.value.progress
    setting.service.set_faults()
    assert setting.found().done == {1: part}


def test_a_record_that_takes_long_delays_nobody(setting: Setting) -> None:
    """The end waits a moment, and goes by what was on record before."""
    first, upload = setting.begun()
    part = put(upload, 1)
    interrupted(first, part)
    second = setting.checkpoint()
    assert second.find() is not None
    setting.service.set_faults({"operation": "PutObject", "delay": 2.5})
    others = threading.enumerate()
    second.keep_alive()
    with pytest.raises(Unfinished) as raised:
        ended(second, OutOfTime("up"), put(upload, 2))
    assert not raised.value.progress
    [name] = setting.names()
    record = Record.decode(setting.text_of(name))
    assert record is not None
    assert record.parts == (part,)
    alive = {*threading.enumerate()}.difference(others)
    [recorder] = [each for each in alive if each.name == "recorder"]
    recorder.join()
    assert {*setting.found().done} == {1, 2}


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
