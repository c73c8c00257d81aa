"""Bodies: uploads from a socket to the disk, objects from the disk to a socket.

An upload is hashed and written in threads, a batch at a time, while the next batch arrives: MD5
and CRC64 let other threads run, and the event loop does nothing but receive.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib

from aiohttp import web

from tests.localcloud.oss.disk import Content, Sink, Stored
from tests.localcloud.oss.rules.objects import check_size
from tests.localcloud.oss.rules.refusals import Refusal
from tests.localcloud.oss.skin.call import Call
from tests.localcloud.wire import ReplyBody, read_body

_BATCH = 1 << 18
# Less than this is written on the spot: a trip to a thread would cost more.
_SMALL = 64 * 1024


async def receive(call: Call, crc64_before: int = 0) -> Stored:
    """Store the request's body. One that is cut short, too long or damaged leaves nothing."""
    check_length(call)
    sink = call.server.disk.sink(crc64_before)
    try:
        await _pump(call, sink)
        stored = sink.finish()
    except BaseException:
        sink.discard()
        raise
    _check_md5(call, stored.md5)
    return stored


async def read_document(call: Call) -> bytes:
    """Return a small body whole."""
    body = await call.request.read()
    _check_md5(call, hashlib.md5(body).digest())
    return body


def check_length(call: Call) -> None:
    """Refuse a body whose length is unknown or too large before any of it is read."""
    length = call.request.content_length
    if length is None and "chunked" not in call.headers.get("transfer-encoding", "").lower():
        message = "You must provide the Content-Length HTTP header."
        raise Refusal(411, "MissingContentLength", message)
    check_size(length or 0)


async def send(call: Call, response: web.StreamResponse, content: Content) -> web.StreamResponse:
    """Send a content's bytes; its files stay until the last byte is out."""
    body = ReplyBody(call.request, response, call.fault)
    if call.request.method != "HEAD":
        for extent in content.extents:
            with extent.file.path.open("rb") as file:
                await body.send_file(file, extent.start, extent.length)
    return await body.finish()


async def _pump(call: Call, sink: Sink) -> None:
    loop, threads = asyncio.get_running_loop(), call.server.threads
    writing: asyncio.Future[None] | None = None
    batch: list[bytes] = []
    size = total = 0
    async for piece in read_body(call.request, call.fault):
        batch.append(piece)
        size += len(piece)
        if size < _BATCH:
            continue
        check_size(total := total + size)
        if writing is not None:
            await writing
        writing = loop.run_in_executor(threads, sink.write, batch)
        batch, size = [], 0
    if writing is not None:
        await writing
    if size < _SMALL:
        sink.write(batch)
    else:
        await loop.run_in_executor(threads, sink.write, batch)


def _check_md5(call: Call, md5: bytes) -> None:
    claimed = call.headers.get("content-md5")
    if claimed is not None and claimed != base64.b64encode(md5).decode():
        message = "The Content-MD5 you specified did not match what we received."
        raise Refusal(400, "InvalidDigest", message)
