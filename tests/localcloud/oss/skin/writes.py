"""Writing and removing objects: put, append, copy, symlink, delete."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from urllib.parse import quote, unquote
from xml.etree import ElementTree as ET

from aiohttp import web

from tests.localcloud.oss.disk import Content
from tests.localcloud.oss.rules import conditions, documents, known, target
from tests.localcloud.oss.rules.attributes import Attributes, check_unconditional
from tests.localcloud.oss.rules.documents import Node
from tests.localcloud.oss.rules.objects import StoredObject, check_size
from tests.localcloud.oss.rules.refusals import (
    Refusal,
    access_denied,
    invalid_argument,
    malformed_xml,
    no_such_bucket,
)
from tests.localcloud.oss.skin import replies, restores
from tests.localcloud.oss.skin.bodies import read_document, receive
from tests.localcloud.oss.skin.call import Call, Handler

_MOST_DELETED = 1000


async def put_object(call: Call) -> web.StreamResponse:
    attributes = read_attributes(call)
    call.bucket.check_overwrite(call.key, call.forbids_overwrite)
    stored = await receive(call)
    # Looked at again: another writer may have been faster while this body arrived.
    call.bucket.check_overwrite(call.key, call.forbids_overwrite)
    etag = stored.md5.hex().upper()
    item = StoredObject(
        content=stored.content,
        etag=etag,
        last_modified=call.now,
        attributes=attributes,
        crc64=stored.crc64,
        md5=stored.md5,
    )
    put(call, item, "ObjectCreated:PutObject")
    headers = {"Content-MD5": base64.b64encode(stored.md5).decode(), **proofs(item)}
    return replies.empty(headers=headers)


async def append_object(call: Call) -> web.StreamResponse:
    position = _read_position(call)
    before = _appendable(call, position)
    attributes = before.attributes if before is not None else read_attributes(call)
    stored = await receive(call, (before.crc64 or 0) if before is not None else 0)
    # Appending is a race that the first to finish wins.
    _appendable(call, position)
    old = before.content if before is not None else Content()
    item = StoredObject(
        content=Content.joined([old, stored.content]),
        etag=stored.md5.hex().upper(),
        last_modified=call.now,
        kind="Appendable",
        attributes=attributes,
        crc64=stored.crc64,
    )
    put(call, item, "ObjectCreated:AppendObject")
    next_position = {"x-oss-next-append-position": str(item.size)}
    return replies.empty(headers=proofs(item) | next_position)


async def copy_object(call: Call) -> web.StreamResponse:
    source = find_source(call)
    check_size(source.size)
    call.bucket.check_overwrite(call.key, call.forbids_overwrite)
    restores.bill(call, source, source.size)
    item = replace(
        source,
        last_modified=call.now,
        kind="Normal",
        attributes=_copied_attributes(call, source.attributes),
        restore=None,
        # The service keeps it only for what was put in one piece, and that is not known here.
        md5=None,
    )
    put(call, item, "ObjectCreated:CopyObject")
    result: list[Node] = [
        ("LastModified", documents.iso_time(item.last_modified)),
        ("ETag", f'"{item.etag}"'),
    ]
    return replies.document(("CopyObjectResult", result), proofs(item))


async def put_symlink(call: Call) -> web.StreamResponse:
    link_target = unquote(call.headers.get("x-oss-symlink-target", ""))
    target.check_key(link_target)
    attributes = read_attributes(call)
    call.bucket.check_overwrite(call.key, call.forbids_overwrite)
    item = StoredObject(
        content=Content(),
        etag=hashlib.md5(link_target.encode()).hexdigest().upper(),
        last_modified=call.now,
        kind="Symlink",
        attributes=attributes,
        symlink_target=link_target,
    )
    put(call, item, "ObjectCreated:PutSymlink")
    return replies.empty(headers={"ETag": f'"{item.etag}"'})


async def delete_object(call: Call) -> web.StreamResponse:
    # Deleting what is not there is no error.
    if call.bucket.objects.pop(call.key, None) is not None:
        call.announce("ObjectRemoved:DeleteObject", call.key)
    return replies.empty(204)


async def delete_multiple_objects(call: Call) -> web.StreamResponse:
    document = documents.parse(await read_document(call), "Delete")
    keys = [documents.text(element, "Key") for element in document.findall("Object")]
    if not 1 <= len(keys) <= _MOST_DELETED:
        raise malformed_xml()
    for key in keys:
        call.require("oss:DeleteObject", call.target.bucket, key)
    for key in keys:
        if call.bucket.objects.pop(key, None) is not None:
            call.announce("ObjectRemoved:DeleteObjects", key)
    return _deleted(call, document, keys)


def put(call: Call, item: StoredObject, event: str) -> None:
    """Make an object visible, in place of whatever had its key."""
    old = call.bucket.objects.get(call.key)
    call.bucket.objects[call.key] = item
    delta = item.size - (old.size if old is not None else 0)
    call.announce(event, call.key, item.size, item.etag, delta)


def read_attributes(call: Call) -> Attributes:
    """Read what a write says about its object; tagging needs a permission of its own."""
    if known.COPY_SOURCE not in call.headers:
        check_unconditional(call.headers)
    if call.headers.get("x-oss-tagging"):
        call.require("oss:PutObjectTagging", call.target.bucket, call.key)
    return Attributes.from_headers(call.headers, call.bucket.storage_class)


def proofs(item: StoredObject) -> dict[str, str]:
    """Return the headers by which a writer can check what was stored."""
    crc64 = {} if item.crc64 is None else {"x-oss-hash-crc64ecma": str(item.crc64)}
    return {"ETag": f'"{item.etag}"', **crc64, **item.attributes.encryption}


def find_source(call: Call) -> StoredObject:
    """Return the object that a copy reads, which its caller must be allowed to read."""
    bucket_name, key = target.source(call.headers["x-oss-copy-source"])
    call.require("oss:GetObject", bucket_name, key)
    bucket = call.server.catalogue.find(bucket_name)
    if bucket is None:
        raise no_such_bucket(bucket_name)
    if bucket.region != call.region:
        message = "Target object does not reside in the same data center as source object."
        raise access_denied(message)
    source = bucket.resolve(key)
    conditions.check(call.headers, source.etag, source.last_modified, conditions.COPY_SOURCE)
    restores.check_readable(call, source, bucket.archive_direct_read)
    return source


def _copied_attributes(call: Call, source: Attributes) -> Attributes:
    said = read_attributes(call)
    keeps = _directive(call, "x-oss-metadata-directive", "COPY") == "COPY"
    keeps_tags = _directive(call, "x-oss-tagging-directive", "Copy") == "COPY"
    # Replacing the rest does not take an object's type away; only another type does.
    kept = {name: value for name, value in source.headers.items() if name == "content-type"}
    return replace(
        said,
        headers=source.headers if keeps else kept | said.headers,
        metadata=source.metadata if keeps else said.metadata,
        tags=source.tags if keeps_tags else said.tags,
    )


def _directive(call: Call, name: str, default: str) -> str:
    value = call.headers.get(name, default)
    if value.upper() not in ("COPY", "REPLACE"):
        raise invalid_argument("The directive must be COPY or REPLACE.", name, value)
    return value.upper()


def _read_position(call: Call) -> int:
    position = call.parameter("position")
    if not (position.isascii() and position.isdigit()):
        message = "The append position must be a non-negative integer."
        raise invalid_argument(message, "position", position)
    return int(position)


def _appendable(call: Call, position: int) -> StoredObject | None:
    """Return the object that is appended to; none has length 0."""
    item = call.bucket.objects.get(call.key)
    if item is not None and item.kind != "Appendable":
        raise Refusal(409, "ObjectNotAppendable", "The object is not appendable")
    length = item.size if item is not None else 0
    if position != length:
        message = "Position is not equal to file length"
        headers = {"x-oss-next-append-position": str(length)}
        raise Refusal(409, "PositionNotEqualToLength", message, headers=headers)
    return item


def _deleted(call: Call, document: ET.Element, keys: list[str]) -> web.Response:
    if (document.findtext("Quiet") or "").lower() == "true":
        return replies.empty()
    url = call.parameter("encoding-type") == "url"
    named = [quote(key, safe="") if url else key for key in keys]
    nodes: list[Node] = [("EncodingType", "url")] if url else []
    nodes += [("Deleted", [("Key", key)]) for key in named]
    return replies.document(("DeleteResult", nodes))


HANDLERS: dict[str, Handler] = {
    "PutObject": put_object,
    "AppendObject": append_object,
    "CopyObject": copy_object,
    "PutSymlink": put_symlink,
    "DeleteObject": delete_object,
    "DeleteMultipleObjects": delete_multiple_objects,
}
