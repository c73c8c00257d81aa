"""Reading objects: GetObject, HeadObject and GetObjectMeta."""

from __future__ import annotations

import base64

from aiohttp import web

from tests.localcloud.oss.rules import conditions, ranges
from tests.localcloud.oss.rules.attributes import METADATA_PREFIX
from tests.localcloud.oss.rules.documents import http_time
from tests.localcloud.oss.rules.objects import StoredObject
from tests.localcloud.oss.rules.refusals import Refusal
from tests.localcloud.oss.skin import restores
from tests.localcloud.oss.skin.bodies import send
from tests.localcloud.oss.skin.call import Call, Handler

_DEFAULT_TYPE = "application/octet-stream"
_OVERRIDES = "response-"
_GZIP_TYPES = {
    "application/javascript",
    "application/json",
    "application/rss+xml",
    "application/x-javascript",
    "text/cache-manifest",
    "text/css",
    "text/json",
    "text/plain",
    "text/xml",
}
_GZIP_LEAST = 1024


async def get_object(call: Call) -> web.StreamResponse:
    bucket = call.bucket
    named, item = bucket.get(call.key), bucket.resolve(call.key)
    conditions.check(call.headers, item.etag, item.last_modified)
    restores.check_readable(call, item, bucket.archive_direct_read)
    standard = call.headers.get("x-oss-range-behavior") == "standard"
    chosen = ranges.chosen(call.headers.get("range"), item.size, standard)
    start, stop = chosen or (0, item.size)
    restores.bill(call, item, stop - start)
    response = web.StreamResponse(status=206 if chosen else 200)
    response.headers.update(_headers(call, named, item) | _overrides(call))
    if chosen:
        response.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{item.size}"
    elif _wants_gzip(call, item, response.headers["Content-Type"]):
        del response.headers["ETag"]
        response.enable_chunked_encoding()
        response.enable_compression(web.ContentCoding.gzip)
        return await send(call, response, item.content)
    response.content_length = stop - start
    return await send(call, response, item.content.slice(start, stop))


async def head_object(call: Call) -> web.StreamResponse:
    bucket = call.bucket
    named, item = bucket.get(call.key), bucket.resolve(call.key)
    conditions.check(call.headers, item.etag, item.last_modified)
    response = web.StreamResponse(headers=_headers(call, named, item))
    response.content_length = item.size
    return await send(call, response, item.content)


async def get_object_meta(call: Call) -> web.StreamResponse:
    item = call.bucket.resolve(call.key)
    headers = {"ETag": f'"{item.etag}"', "Last-Modified": http_time(item.last_modified)}
    if item.crc64 is not None:
        headers["x-oss-hash-crc64ecma"] = str(item.crc64)
    if call.request.method != "HEAD":
        return web.Response(headers=headers)
    response = web.StreamResponse(headers=headers)
    response.content_length = item.size
    return await send(call, response, item.content)


def _headers(call: Call, named: StoredObject, item: StoredObject) -> dict[str, str]:
    """Describe an object. ``named`` is what the key names: the object itself, or a symlink."""
    said = named.attributes
    headers = {
        "Content-Type": _DEFAULT_TYPE,
        **{name.title(): value for name, value in said.headers.items()},
        **{METADATA_PREFIX + name: value for name, value in said.metadata.items()},
        "ETag": f'"{item.etag}"',
        "Last-Modified": http_time(max(named.last_modified, item.last_modified)),
        "Accept-Ranges": "bytes",
        "x-oss-object-type": named.kind,
        "x-oss-storage-class": item.attributes.storage_class,
    }
    optional = {
        "x-oss-hash-crc64ecma": "" if item.crc64 is None else str(item.crc64),
        "Content-MD5": base64.b64encode(item.md5 or b"").decode(),
        "x-oss-next-append-position": str(item.size) if item.kind == "Appendable" else "",
        "x-oss-restore": restores.status(item, call.now),
        "x-oss-tagging-count": str(len(said.tags) or ""),
    }
    return headers | said.encryption | {name: value for name, value in optional.items() if value}


def _overrides(call: Call) -> dict[str, str]:
    """Return the headers that the URL sets; only signed ones may."""
    overrides = {
        name.removeprefix(_OVERRIDES).title(): value
        for name, value in call.target.query.items()
        if name.startswith(_OVERRIDES)
    }
    if overrides and call.caller.anonymous:
        message = "Anonymous requests must not override response headers."
        raise Refusal(400, "InvalidRequest", message)
    return overrides


def _wants_gzip(call: Call, item: StoredObject, content_type: str) -> bool:
    return (
        "gzip" in call.headers.get("accept-encoding", "")
        and content_type.partition(";")[0].strip() in _GZIP_TYPES
        and item.size >= _GZIP_LEAST
        and "content-encoding" not in item.attributes.headers
    )


HANDLERS: dict[str, Handler] = {
    "GetObject": get_object,
    "HeadObject": head_object,
    "GetObjectMeta": get_object_meta,
}
