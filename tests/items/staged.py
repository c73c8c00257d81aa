"""A source and an OSS of raw sockets with a child's copying between them."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from ossferry.context import Context, Credentials
from ossferry.crc64 import crc64
from ossferry.errors import FerryError
from ossferry.items.copy import Copying
from ossferry.items.job import ItemsJob, ItemsResult
from ossferry.jobs import TransferJob
from ossferry.settings import Settings
from ossferry.small.item import Item
from ossferry.stop import Stop
from tests.peers.loopback import GUARD
from tests.peers.scripted import Reply, Request, Script, Scripted, answer, scripted

BUCKET = "my-bucket"
TARGET = {"target_region": "cn-hangzhou", "target_bucket_name": BUCKET}


@dataclass
class Oss:
    """Objects by their keys. ``first`` may answer a request before anything is done."""

    first: Callable[[Request, str], Reply | None] = lambda _request, _key: None
    objects: dict[str, tuple[bytes, Mapping[str, str]]] = field(default_factory=dict)
    served: Scripted = field(default_factory=lambda: Scripted(""))

    def __call__(self, request: Request) -> Reply:
        key = unquote(urlsplit(request.target).path.partition(f"/{BUCKET}/")[2])
        early = self.first(request, key)
        return early or Reply(self.done(request, key))

    def done(self, request: Request, key: str) -> bytes:
        if "x-oss-copy-source" in request.headers:
            return self._copy(request, key)
        if request.method == "PUT":
            return self._put(request, key)
        there = self.objects.get(key)
        if there is None:
            return answer(404, b"" if request.method == "HEAD" else b"<Code>NoSuchKey</Code>")
        if "tagging" in parse_qs(urlsplit(request.target).query, keep_blank_values=True):
            return answer(200, there[1].get("tags", "").encode())
        body = there[0]
        shown: dict[str, Any] = {k: v for k, v in there[1].items() if k.startswith("x-oss-")}
        head = answer(200, length=len(body), ETag=etag(body), **marks(body), **shown)
        return head if request.method == "HEAD" else head + body

    def _put(self, request: Request, key: str) -> bytes:
        if key in self.objects and "x-oss-forbid-overwrite" in request.headers:
            return answer(409, b"<Code>FileAlreadyExists</Code>")
        self.objects[key] = (request.body, request.headers)
        return answer(200, ETag=etag(request.body), **marks(request.body))

    def _copy(self, request: Request, key: str) -> bytes:
        source = unquote(request.headers["x-oss-copy-source"]).partition(f"/{BUCKET}/")[2]
        if source not in self.objects:
            return answer(404, b"<Code>NoSuchKey</Code>")
        if key in self.objects and "x-oss-forbid-overwrite" in request.headers:
            return answer(409, b"<Code>FileAlreadyExists</Code>")
        body, headers = self.objects[source]
        wanted = request.headers.get("x-oss-copy-source-if-match", etag(body))
        if wanted != etag(body):
            return answer(412, b"<Code>PreconditionFailed</Code>")
        replaces = request.headers.get("x-oss-metadata-directive") == "REPLACE"
        self.objects[key] = (body, request.headers if replaces else headers)
        said = f"<CopyObjectResult><ETag>{etag(body)}</ETag></CopyObjectResult>"
        return answer(200, said.encode(), **marks(body))

    def asked(self, method: str) -> list[Request]:
        return [request for request in self.served.requests if request.method == method]


def etag(body: bytes) -> str:
    return f'"E{crc64(body)}"'


def marks(body: bytes) -> dict[str, Any]:
    return {"x-oss-hash-crc64ecma": str(crc64(body))}


@dataclass
class Stage:
    """Where a job is done, and what it is done with."""

    oss: Oss
    context: Context
    settings: Settings
    stop: Stop = field(default_factory=Stop)
    transferred: list[TransferJob] = field(default_factory=list)

    def run(
        self, items: tuple[Item, ...], seconds: float = 60.0, **fields: Any
    ) -> tuple[ItemsResult, dict[int, dict[str, Any]]]:
        """The result, and the rows by the number of their item."""
        options = {"common": TARGET, "children": 0, **fields}
        job = ItemsJob(items=items, seconds=seconds, **options)
        copying = Copying(job, self.context, self.settings, GUARD, self.stop)
        result = copying.run(self.transfer)
        rows = {row["item"]: row for row in copying.rows}
        assert len(rows) == len(copying.rows)
        assert not [each for each in threading.enumerate() if each.name.endswith("(_work)")]
        return result, rows

    transfer_fails: FerryError | None = None

    def transfer(self, job: TransferJob) -> dict[str, object]:
        self.transferred.append(job)
        if self.transfer_fails:
            raise self.transfer_fails
        return {"status": "copied", "object": {"size": 5, "crc64": "7"}}

    @property
    def bodies(self) -> dict[str, bytes]:
        return {key: body for key, (body, _) in self.oss.objects.items()}


@contextlib.contextmanager
def stage(oss: Oss | None = None, **settings: Any) -> Iterator[Stage]:
    """With an OSS."""
    oss = oss or Oss()
    with scripted(oss) as served:
        oss.served = served
        context = Context(
            request_id="r",
            region="cn-hangzhou",
            account_id="1",
            service=None,
            function="f",
            qualifier=None,
            timeout=600,
            deadline=time.monotonic() + 600,
            credentials=Credentials("id", "secret", "token"),
        )
        ours = Settings(
            oss_endpoint=served.url, allow_networks=(ip_network("127.0.0.0/8"),), **settings
        )
        yield Stage(oss, context, ours)


@contextlib.contextmanager
def copying(
    source: Script, oss: Oss | None = None, **settings: Any
) -> Iterator[tuple[Stage, Scripted]]:
    with scripted(source) as server, stage(oss, **settings) as ours:
        yield ours, server


def item(number: int, source: str, *, look: bool = False, **event: Any) -> Item:
    size = event.pop("listed", None)
    fields = {"source_url": source, "target_object_name": f"out/{number}", **event}
    return Item(number, fields, look, size)
