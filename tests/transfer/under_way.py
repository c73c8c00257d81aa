"""Transfers into a real local OSS, for tests of how an object comes to be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

from ossferry.copying.copy_job import CopiedPart, Pin, SourceRef
from ossferry.copying.upload import Uploader
from ossferry.crc64 import crc64
from ossferry.jobs import TransferJob
from ossferry.names import FOLDER, ObjectName
from ossferry.origins.credentials import Credentials
from ossferry.oss.bucket import Bucket
from ossferry.source.expectations import Expectations
from ossferry.source.probe import Source
from ossferry.stop import Stop
from ossferry.transfer.transfer import Phases, Transfer
from ossferry.urls import Url
from tests.peers.oss_service import OssService
from tests.records.recorded import bucket_of

PART_SIZE = 100 * 1024
CONTENT = bytes(range(256)) * 800  # two parts
OLD = bytes(reversed(CONTENT))  # of the same size
NO_CRC64 = {"headers": {"x-oss-hash-crc64ecma": None}}


@dataclass
class UnderWay:
    """A source in OSS, a target key, and what a coordinator would know of both."""

    service: OssService
    bucket: Bucket
    key: str = "target.bin"
    source_key: str = "source.bin"
    stop: Stop = field(default_factory=Stop)  # all that is needed of a cloud: the rest goes by OSS
    foreign: Credentials = field(default_factory=Credentials)
    client: Any = field(init=False)

    def __post_init__(self) -> None:
        self.client = self.service.bucket()
        self.client.put_object(self.source_key, CONTENT)

    def transfer(
        self, *, source_crc64: int | None = crc64(CONTENT), etag: str | None = None, **fields: Any
    ) -> Transfer:
        place = self.service.config
        name = ObjectName(place.region, place.bucket, self.source_key)
        target = ObjectName(place.region, place.bucket, self.key)
        job = TransferJob(name, target, part_size=PART_SIZE, **fields)
        known = etag or self.client.head_object(self.source_key).etag
        ref = SourceRef(Url("https://example.com/source.bin"), {}, Pin(len(CONTENT), known))
        source = Source(ref, splittable=True, headers={}, crc64=source_crc64)
        expected = Expectations.of(job, source)
        return Transfer(job, source, self.bucket, cast(Any, self), expected, Phases())

    def content(self) -> bytes:
        return bytes(self.client.get_object(self.key).read())

    def metadata(self, name: str) -> str | None:
        found: str | None = self.client.head_object(self.key).headers.get(f"x-oss-meta-{name}")
        return found

    def left(self) -> tuple[list[tuple[str, float]], list[tuple[str, float]]]:
        """Uploads that are open, and records."""
        return self.bucket.open_uploads(self.key), [*self.bucket.names(FOLDER)]


@contextmanager
def under_way(oss: OssService) -> Iterator[UnderWay]:
    """A target that does not exist yet, and does not stay."""
    setting = UnderWay(oss, bucket_of(oss))
    yield setting
    oss.set_faults()
    setting.client.delete_object(setting.key)


def put(content: bytes, url: Url, headers: Any) -> CopiedPart:
    """Send a whole object once."""
    with closing(Uploader()) as uploader:
        uploader.begin(url, headers, len(content))
        uploader.send(memoryview(content))
        stored = uploader.finish()
    return CopiedPart(1, len(content), stored.etag, crc64(content), confirmed=True)
