"""One OSS, one source, and ossferry between them; what there is at any time."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from ipaddress import ip_network
from itertools import count

import oss2

from ossferry.cloud import Cloud
from ossferry.context import Context, Credentials
from ossferry.errors import FerryError
from ossferry.events.request import transfer_of
from ossferry.jobs import SweepJob
from ossferry.names import FOLDER, ObjectName
from ossferry.records.sweep import sweep
from ossferry.settings import Settings
from ossferry.stop import Stop
from ossferry.transfer.coordinator import transfer
from tests.hostile.server import Hostile, hostile
from tests.localcloud import credentials
from tests.model.events import Asked, Ended, Object
from tests.model.moments import Moments
from tests.model.oss import momentous_oss
from tests.model.source import Source
from tests.peers.oss_service import OssService

_TIMEOUT = 120.0  # seconds; far more than a transfer takes that is not stuck


class World:
    """``begin`` makes it as good as new, under another key."""

    def __init__(self, oss: OssService, server: Hostile, source: Source, moments: Moments) -> None:
        self._oss = oss
        self._server = server
        self._bucket: oss2.Bucket = oss.bucket()
        issued = credentials.issue(oss.config.root_secret, None, time.time() + 24 * 3600)
        self._credentials = Credentials(
            issued.access_key_id, issued.access_key_secret, issued.security_token
        )
        self._settings = Settings(
            oss_endpoint=oss.endpoint, allow_networks=(ip_network("127.0.0.1/32"),)
        )
        self._numbers = count(1)
        self._ahead = 0.0  # how far OSS's clock, by which everything here goes, is ahead of ours
        self.source = source
        self.moments = moments
        self.begin()

    def begin(self) -> None:
        self._server.requests.clear()
        self.source.begin()
        self._key = f"model/{next(self._numbers)}.bin"

    def transfer(self, asked: Asked, stop: Stop) -> Ended:
        """Do what an event asks for, with a source URL that is signed anew."""
        signed = f"OSSAccessKeyId=me&Expires=4000000000&Signature={next(self._numbers)}"
        job = transfer_of(
            {
                "source_url": f"{self._server.url}/file?id={asked.event.id}&{signed}",
                "target_object_name": self._key,
                "target_region": self._oss.config.region,
                "target_bucket_name": self._bucket.bucket_name,
                **asked.fields(),
            }
        )
        try:
            return Ended(transfer(job, self._cloud(stop), self._settings), None)
        except FerryError as error:
            return Ended(None, error)

    def sweep(self, age: float) -> None:
        """Sweep what is older, in seconds."""
        target = ObjectName(self._oss.config.region, self._bucket.bucket_name, "")
        sweep(SweepJob(target, age - self._ahead), self._cloud(Stop()))

    def _cloud(self, stop: Stop) -> Cloud:
        context = Context(
            request_id="model",
            region=self._oss.config.region,
            account_id="1",
            service="service",
            function="function",
            qualifier=None,
            timeout=_TIMEOUT,
            deadline=time.monotonic() + _TIMEOUT,
            credentials=self._credentials,
        )
        return Cloud(context, self._settings, stop)

    def wait(self, seconds: float) -> None:
        self._oss.advance(seconds)
        self._ahead += seconds

    def put(self, data: bytes, who: str) -> None:
        """Somebody else writes the object."""
        self._bucket.put_object(
            self._key, data, headers={"x-oss-meta-who": who, "Content-Type": "text/else"}
        )

    def delete(self) -> None:
        self._bucket.delete_object(self._key)

    def object(self) -> Object | None:
        try:
            found = self._bucket.get_object(self._key)
        except oss2.exceptions.NoSuchKey:
            return None
        return Object(
            found.read(), found.headers.get("x-oss-meta-who", ""), found.headers["Content-Type"]
        )

    def records(self) -> dict[str, float]:
        """How old each is, in seconds."""
        now = time.time() + self._ahead
        found = oss2.ObjectIteratorV2(self._bucket, prefix=FOLDER)
        return {each.key: now - each.last_modified for each in found}

    def open_uploads(self) -> Sequence[str]:
        return [each.upload_id for each in oss2.MultipartUploadIterator(self._bucket)]

    def clear(self) -> None:
        """Leave nothing to the next one, or one failure would be everybody's."""
        for each in oss2.MultipartUploadIterator(self._bucket):
            self._bucket.abort_multipart_upload(each.key, each.upload_id)
        for name in (*self.records(), self._key):
            self._bucket.delete_object(name)


@contextlib.contextmanager
def world() -> Iterator[World]:
    moments = Moments()
    source = Source(moments)
    with momentous_oss(moments) as oss, hostile(source) as server:
        yield World(oss, server, source, moments)
