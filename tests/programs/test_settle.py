"""Outputs that come to count, and those that do not, in a real local OSS."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ossferry.cloud import Cloud
from ossferry.context import Context, Credentials
from ossferry.crc64 import crc64
from ossferry.errors import ChecksumMismatch, FerryError, TargetRefused
from ossferry.jobs import ProgramJob
from ossferry.names import ATTEMPT_MARK, ATTEMPTS_FOLDER, FOLDER, ObjectName
from ossferry.programs.output import Made, Outputs, as_outputs
from ossferry.programs.record import Record, find
from ossferry.programs.settle import Storing
from ossferry.records.attempts import Attempt, Receipt, record_name
from ossferry.settings import Settings
from ossferry.stop import Stop
from tests.localcloud import credentials
from tests.peers.oss_service import OssService, running

ID = "4" * 40
LARGE = 5 * 1024 * 1024
DENIED = {"status": 403, "code": "AccessDenied"}


@pytest.fixture(scope="module")
def shared() -> Iterator[OssService]:
    with running() as service:
        yield service


@pytest.fixture
def oss(shared: OssService) -> Iterator[OssService]:
    """A bucket in which nothing is left."""
    yield shared
    shared.set_faults()
    bucket = shared.bucket()
    for each in bucket.list_objects_v2(max_keys=1000).object_list:
        bucket.delete_object(each.key)


def instance(oss: OssService) -> Cloud:
    issued = credentials.issue(oss.config.root_secret, None, time.time() + 3600)
    keys = Credentials(issued.access_key_id, issued.access_key_secret, issued.security_token)
    context = Context(
        *("1-2-3", oss.config.region, "1", "service", "function", None),
        timeout=60.0,
        deadline=time.monotonic() + 60,
        credentials=keys,
    )
    return Cloud(context, Settings(oss_endpoint=oss.endpoint), Stop())


class Attempted:
    """One of several that do the same, whose program has left these files."""

    def __init__(
        self, oss: OssService, folder: Path, mark: str, files: Mapping[str, bytes]
    ) -> None:
        self.mark = mark
        cloud = instance(oss)
        name = partial(ObjectName, oss.config.region, oss.config.bucket)
        job = ProgramJob("upper", name("in/a"), name("out/"))
        outputs = folder / mark
        outputs.mkdir()
        for each, content in files.items():
            (outputs / each).write_bytes(content)
        receipt = Receipt(cloud.bucket(job.target), ID, Attempt(mark, "upper"))
        self.storing = Storing(
            job=job,
            cloud=cloud,
            id=ID,
            receipt=receipt,
            outputs=Outputs(str(outputs), job.target, mark, cloud),
            files=as_outputs(
                {each: len(content) for each, content in files.items()},
                {each: f"out/{each}" for each in sorted(files)},
            ),
            last=(),
            record=self.record,
        )

    def record(self, made: Sequence[Made]) -> Record:
        return Record(self.mark, "upper", {"key": "in/a"}, "out/", {}, tuple(made), {})

    def done(self) -> tuple[Record, bool]:
        return self.storing.done(Stop())


def store(oss: OssService, mark: str, files: Mapping[str, bytes]) -> Record:
    """Leave what another one has done: objects, and the record that names them."""
    bucket = oss.bucket()
    made = []
    for name, content in files.items():
        headers = {f"x-oss-meta-{ATTEMPT_MARK}": mark}
        stored = bucket.put_object(f"out/{name}", content, headers=headers)
        made.append(Made(f"out/{name}", len(content), crc64(content), stored.etag))
    record = Record(mark, "upper", {"key": "in/a"}, "out/", {}, tuple(made), {})
    bucket.put_object(record_name(ID), record.encode())
    return record


def on_record(oss: OssService) -> Record | None:
    return find(instance(oss).bucket(ObjectName(oss.config.region, oss.config.bucket, "")), ID)


def content(oss: OssService) -> dict[str, bytes]:
    bucket = oss.bucket()
    found = bucket.list_objects_v2(max_keys=1000).object_list
    return {
        each.key: bucket.get_object(each.key).read()
        for each in found
        if not each.key.startswith(FOLDER)
    }


def notes(oss: OssService) -> list[str]:
    found = oss.bucket().list_objects_v2(prefix=ATTEMPTS_FOLDER).object_list
    return [each.key for each in found]


def uploads(oss: OssService) -> list[str]:
    return [each.key for each in oss.bucket().list_multipart_uploads().upload_list]


@pytest.mark.parametrize(
    "fault",
    [
        {"operation": "InitiateMultipartUpload", "key": "out/larger", **DENIED},
        {"operation": "UploadPart", **DENIED},
        {"operation": "CompleteMultipartUpload", **DENIED},
        {"operation": "PutObject", "key": "out/small", **DENIED},
        {"operation": "PutObject", "key": f"{ATTEMPTS_FOLDER}*", **DENIED},
        {"operation": "PutObject", "key": record_name(ID), **DENIED},
    ],
    ids=["open", "part", "complete", "small", "note", "record"],
)
def test_what_cannot_be_stored_leaves_nothing(
    oss: OssService, tmp_path: Path, fault: Mapping[str, Any]
) -> None:
    """No upload, no object, no note of it: whatever it was that OSS refused."""
    files = {"large": b"x" * LARGE, "larger": b"x" * (LARGE + 1), "small": b"y"}
    attempted = Attempted(oss, tmp_path, "a", files)
    oss.set_faults(fault)
    with pytest.raises(TargetRefused):
        attempted.done()
    oss.set_faults()
    assert (uploads(oss), content(oss), notes(oss), on_record(oss)) == ([], {}, [], None)


def test_those_that_name_others_are_made_one_by_one(oss: OssService, tmp_path: Path) -> None:
    """In their order, after all others: where one fails, the next is not even asked for."""
    attempted = Attempted(oss, tmp_path, "a", {"1.ts": b"1", "a.m3u8": b"2", "b.m3u8": b"3"})
    attempted.storing = replace(attempted.storing, last=("*.m3u8",))
    oss.set_faults({"operation": "PutObject", "key": "out/a.m3u8", **DENIED})
    before = oss.counts().get("PutObject", 0)
    with pytest.raises(TargetRefused):
        attempted.done()
    # The note, and what names nothing; what is refused does not count.
    assert oss.counts()["PutObject"] - before == 2


def test_a_file_that_is_shorter_than_it_was_is_not_stored(oss: OssService, tmp_path: Path) -> None:
    """Somebody still writes to it: what is sent would be of two times."""
    attempted = Attempted(oss, tmp_path, "a", {"large": b"x" * LARGE})
    longer = as_outputs({"large": 2 * LARGE}, {"large": "out/large"})
    attempted.storing = replace(attempted.storing, files=longer)
    with pytest.raises(ChecksumMismatch, match="became shorter"):
        attempted.done()
    assert (uploads(oss), content(oss), notes(oss)) == ([], {}, [])


def test_what_another_has_done_is_what_counts(oss: OssService, tmp_path: Path) -> None:
    """Of who was late, objects are removed that the record does not name, and none that it does."""
    first = store(oss, "first", {"a": b"one"})
    late = Attempted(oss, tmp_path, "late", {"a": b"one", "b": b"more"})
    assert late.done() == (first, False)
    assert on_record(oss) == first
    assert content(oss) == {"out/a": b"one"}
    assert notes(oss) == []


def test_the_same_bytes_are_the_firsts(oss: OssService, tmp_path: Path) -> None:
    """Nothing is written anew, and the record stays."""
    first = store(oss, "first", {"a": b"one", "b": b"two"})
    attempted = Attempted(oss, tmp_path, "late", {"a": b"one", "b": b"two"})
    record, ours = attempted.done()
    assert (record, ours) == (first, False)
    assert on_record(oss) == first
    assert content(oss) == {"out/a": b"one", "out/b": b"two"}
    assert attempted.storing.warnings == []


def test_other_bytes_are_on_record_as_what_they_are(oss: OssService, tmp_path: Path) -> None:
    """Who was late has replaced the objects of the first; what only the first made is removed."""
    store(oss, "first", {"a": b"one", "only": b"first"})
    attempted = Attempted(oss, tmp_path, "late", {"a": b"other"})
    record, ours = attempted.done()
    assert (record.mark, ours) == ("late", True)
    assert on_record(oss) == record
    assert content(oss) == {"out/a": b"other"}
    (warning,) = attempted.storing.warnings
    assert "ran twice at the same moment" in warning


def test_a_failure_is_none_if_another_has_done_it(oss: OssService, tmp_path: Path) -> None:
    """What was asked for is there."""
    attempted = Attempted(oss, tmp_path, "late", {"b": b"mine"})
    first = store(oss, "first", {"a": b"one"})
    oss.set_faults({"operation": "PutObject", "key": "out/b", **DENIED})
    assert attempted.done() == (first, False)
    oss.set_faults()
    assert content(oss) == {"out/a": b"one"}


def test_objects_that_may_not_be_deleted_stay_noted(oss: OssService, tmp_path: Path) -> None:
    """For the sweep, which may be allowed to."""
    attempted = Attempted(oss, tmp_path, "a", {"a": b"one", "b": b"two"})
    oss.set_faults(
        {"operation": "PutObject", "key": record_name(ID), **DENIED},
        {"operation": "DeleteObject", **DENIED},
    )
    with pytest.raises(FerryError):
        attempted.done()
    oss.set_faults()
    (name,) = notes(oss)
    assert name.endswith("-a.json")
    assert content(oss) == {"out/a": b"one", "out/b": b"two"}
