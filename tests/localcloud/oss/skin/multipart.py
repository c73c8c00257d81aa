"""Multipart uploads over HTTP."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import uuid
from dataclasses import replace
from urllib.parse import quote

from aiohttp import web
from fastcrc import crc64

from tests.localcloud.oss.disk import Content, read
from tests.localcloud.oss.rules import documents, ranges
from tests.localcloud.oss.rules.attributes import check_unencrypted, read_object_acl
from tests.localcloud.oss.rules.documents import Node
from tests.localcloud.oss.rules.objects import StoredObject, check_size
from tests.localcloud.oss.rules.refusals import Refusal, malformed_xml
from tests.localcloud.oss.rules.uploads import (
    MOST_PARTS,
    ListedPart,
    StoredPart,
    Upload,
    read_part_number,
)
from tests.localcloud.oss.skin import replies, restores
from tests.localcloud.oss.skin.bodies import check_length, read_document, receive
from tests.localcloud.oss.skin.call import Call, Handler
from tests.localcloud.oss.skin.writes import find_source, proofs, put, read_attributes

_NO_UPLOAD_FOR_PART = "0017-00000244"


async def initiate(call: Call) -> web.StreamResponse:
    attributes = read_attributes(call)
    bucket = call.bucket
    bucket.check_overwrite(call.key, call.forbids_overwrite)
    upload = Upload(uuid.uuid4().hex.upper(), call.key, call.now, attributes)
    bucket.uploads[upload.upload_id] = upload
    call.announce("ObjectCreated:InitiateMultipartUpload", call.key)
    nodes = [*_encoding_and_names(call), ("UploadId", upload.upload_id)]
    return replies.document(("InitiateMultipartUploadResult", nodes), attributes.encryption)


async def upload_part(call: Call) -> web.StreamResponse:
    number = read_part_number(call.parameter("partNumber"))
    check_unencrypted(call.headers)
    _open_upload(call, _NO_UPLOAD_FOR_PART)
    check_length(call)
    stored = await receive(call)
    # The upload may have been aborted or completed while the body arrived: then it wins.
    upload = _open_upload(call, _NO_UPLOAD_FOR_PART)
    part = StoredPart(stored.content, stored.md5, stored.crc64, call.now)
    upload.parts[number] = part
    call.announce("ObjectCreated:UploadPart", call.key, part.content.size, part.etag)
    return replies.empty(
        headers={
            "ETag": f'"{part.etag}"',
            "Content-MD5": base64.b64encode(part.md5).decode(),
            "x-oss-hash-crc64ecma": str(part.crc64),
            **upload.attributes.encryption,
        }
    )


async def upload_part_copy(call: Call) -> web.StreamResponse:
    number = read_part_number(call.parameter("partNumber"))
    _open_upload(call, _NO_UPLOAD_FOR_PART)
    source = find_source(call)
    # A range that is not within the source is no range: all of it is copied, and nothing said.
    chosen = ranges.chosen(call.headers.get("x-oss-copy-source-range"), source.size, False)
    content = source.content.slice(*chosen) if chosen else source.content
    check_size(content.size)
    restores.bill(call, source, content.size)
    loop, threads = asyncio.get_running_loop(), call.server.threads
    md5, crc = await loop.run_in_executor(threads, _sums, content)
    upload = _open_upload(call, _NO_UPLOAD_FOR_PART)
    part = upload.parts[number] = StoredPart(content, md5, crc, call.now)
    call.announce("ObjectCreated:UploadPartCopy", call.key, content.size, part.etag)
    headers = dict(upload.attributes.encryption)
    if chosen:
        headers["Content-Range"] = f"bytes {chosen[0]}-{chosen[1] - 1}/{source.size}"
    nodes: list[Node] = [
        ("LastModified", documents.iso_time(part.last_modified)),
        ("ETag", f'"{part.etag}"'),
    ]
    # oss2 reads the ETag of a copied part from the header.
    headers["ETag"] = f'"{part.etag}"'
    return replies.document(("CopyPartResult", nodes), headers)


async def complete(call: Call) -> web.StreamResponse:
    check_unencrypted(call.headers)
    body = await read_document(call)
    # From here on nothing waits: a client that goes away does not stop it half way.
    upload = _open_upload(call)
    listed = _listed(call, body, upload)
    bucket = call.bucket
    bucket.check_overwrite(call.key, call.forbids_overwrite)
    item = upload.complete(listed, call.now)
    item = _with_acl(call, item)
    del bucket.uploads[upload.upload_id]
    put(call, item, "ObjectCreated:CompleteMultipartUpload")
    location = f"http://{call.request.headers.get('Host', '')}{quote(call.request.path)}"
    nodes: list[Node] = [
        ("Location", location),
        *_encoding_and_names(call),
        ("ETag", f'"{item.etag}"'),
    ]
    return replies.document(("CompleteMultipartUploadResult", nodes), proofs(item))


async def abort(call: Call) -> web.StreamResponse:
    upload = _open_upload(call)
    del call.bucket.uploads[upload.upload_id]
    call.announce("ObjectRemoved:AbortMultipartUpload", call.key)
    return replies.empty(204)


def _open_upload(call: Call, ec: str = "0042-00000002") -> Upload:
    return call.bucket.upload(call.key, call.parameter("uploadId"), ec)


def _listed(call: Call, body: bytes, upload: Upload) -> list[ListedPart]:
    if call.headers.get("x-oss-complete-all", "").lower() == "yes":
        if body:
            message = "The request body must be empty when x-oss-complete-all is given."
            raise Refusal(400, "InvalidArgument", message)
        return upload.everything()
    document = documents.parse(body, "CompleteMultipartUpload")
    parts = document.findall("Part")
    if len(parts) > MOST_PARTS:
        raise malformed_xml()
    return [
        ListedPart(
            read_part_number(documents.text(part, "PartNumber")), documents.text(part, "ETag")
        )
        for part in parts
    ]


def _with_acl(call: Call, item: StoredObject) -> StoredObject:
    """Set the ACL that Complete may give, instead of the one that Initiate gave."""
    acl = call.headers.get("x-oss-object-acl")
    if acl is None:
        return item
    return replace(item, attributes=replace(item.attributes, acl=read_object_acl(acl)))


def _encoding_and_names(call: Call) -> list[Node]:
    url = call.parameter("encoding-type") == "url"
    nodes: list[Node] = [("EncodingType", "url")] if url else []
    key = quote(call.key, safe="") if url else call.key
    return [*nodes, ("Bucket", call.target.bucket), ("Key", key)]


def _sums(content: Content) -> tuple[bytes, int]:
    md5, crc = hashlib.md5(), 0
    for piece in read(content):
        md5.update(piece)
        crc = crc64.xz(piece, crc)
    return md5.digest(), crc


HANDLERS: dict[str, Handler] = {
    "InitiateMultipartUpload": initiate,
    "UploadPart": upload_part,
    "UploadPartCopy": upload_part_copy,
    "CompleteMultipartUpload": complete,
    "AbortMultipartUpload": abort,
}
