"""A transfer whose records lie in a real local OSS, for tests of what becomes of them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from ossferry.context import Credentials
from ossferry.copying.copy_job import CopiedPart, Pin, SourceRef
from ossferry.copying.receipt import Receipt
from ossferry.copying.upload import Stored, Uploader
from ossferry.crc64 import crc64
from ossferry.errors import NoSuchUpload, OutOfTime, Unfinished
from ossferry.jobs import TransferJob
from ossferry.names import FOLDER, ObjectName
from ossferry.oss.bucket import Bucket
from ossferry.oss.multipart import Upload
from ossferry.records.checkpoint import Checkpoint, Resumed
from ossferry.records.leftovers import Fate, remove
from ossferry.source.probe import Source
from ossferry.urls import Url
from tests.localcloud import credentials
from tests.peers.oss_service import OssService

KEY = "folder/ü +%.bin"
PART_SIZE = 100 * 1024
SIZE = 3 * PART_SIZE
PIN = Pin(SIZE, "tag", "then")


def bucket_of(oss: OssService) -> Bucket:
    issued = credentials.issue(oss.config.root_secret, None, time.time() + 3600)
    keys = Credentials(issued.access_key_id, issued.access_key_secret, issued.security_token)
    return Bucket(
        oss.config.bucket,
        oss.config.region,
        oss.endpoint,
        lambda: keys,
        time.monotonic() + 60,
        judge=bool,
    )


@dataclass
class Setting:
    """A transfer of three parts, as each of several runs would see it."""

    service: OssService
    bucket: Bucket
    job: TransferJob
    source: Source

    def checkpoint(self, **fields: Any) -> Checkpoint:
        """That of another run, of a source or a job that differs in these fields."""
        pin = {
            name: fields.pop(name) for name in ("etag", "last_modified", "coding") if name in fields
        }
        headers = fields.pop("headers", self.source.headers)
        how = {name: fields.pop(name) for name in ("resumable", "refresh") if name in fields}
        ref = self.source.ref._replace(pin=self.source.ref.pin._replace(**pin))
        source = replace(self.source, ref=ref, headers=headers)
        return Checkpoint(self.bucket, replace(self.job, **fields), source, **how)

    def begun(self) -> tuple[Checkpoint, Upload]:
        """An upload that was just opened, and its record."""
        checkpoint = self.checkpoint()
        return checkpoint, checkpoint.open(PART_SIZE)

    def found(self) -> Resumed:
        """What the next run finds."""
        resumed = self.checkpoint().find()
        assert resumed is not None
        return resumed

    def names(self) -> list[str]:
        return [name for name, _ in self.bucket.names(FOLDER)]

    def text_of(self, name: str) -> bytes:
        found = self.bucket.read(name)
        return found[0] if found else b""

    def remove_all(self) -> list[Fate]:
        """Do what a sweep does, whatever the age."""
        return [remove(self.bucket, name) for name in self.names()]

    def is_open(self, upload: Upload) -> bool:
        try:
            self.bucket.list_parts(KEY, upload.id)
        except NoSuchUpload:
            return False
        return True


@contextmanager
def settled(oss: OssService) -> Iterator[Setting]:
    """A transfer of which nothing is recorded yet, and nothing stays."""
    ref = SourceRef(Url("https://example.com/a?sig=one"), {}, PIN)
    source = Source(ref, splittable=True, headers={}, crc64=None)
    job = TransferJob(ref.url, ObjectName(oss.config.region, oss.config.bucket, KEY))
    setting = Setting(oss, bucket_of(oss), job, source)
    yield setting
    oss.set_faults()
    setting.remove_all()
    for upload_id, _ in setting.bucket.open_uploads(KEY):
        setting.bucket.abort(KEY, upload_id)


def ended(checkpoint: Checkpoint, error: BaseException, *parts: CopiedPart) -> None:
    """A run that ends with an error when these parts are done."""
    with checkpoint.guarding():
        if parts:
            checkpoint.progressed({part.number: part for part in parts})
        raise error


def interrupted(checkpoint: Checkpoint, *parts: CopiedPart) -> None:
    """A run whose time was up when these parts were done."""
    with pytest.raises(Unfinished):
        ended(checkpoint, OutOfTime("later"), *parts)


def put(upload: Upload, number: int, filling: bytes = b"x", cells: int = 1) -> CopiedPart:
    content = filling * PART_SIZE * cells
    stored = sent(upload.part_url(number), content)
    return CopiedPart(number, len(content), stored.etag, crc64(content), confirmed=True)


def sent(url: Url, content: bytes) -> Stored:
    with closing(Uploader()) as uploader:
        uploader.begin(url, {}, len(content))
        uploader.send(memoryview(content))
        return uploader.finish()


def left_by_child(checkpoint: Checkpoint, *parts: CopiedPart) -> Url:
    """A child's receipt, as it lies in OSS while the child is still at work."""
    url = checkpoint.receipts.issue()
    sent(url, Receipt(parts).encode(checkpoint.warrant.secret))
    return url
