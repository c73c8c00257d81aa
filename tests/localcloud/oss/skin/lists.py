"""Lists: of objects in both versions, of open uploads, and of an upload's parts."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from urllib.parse import quote

from aiohttp import web

from tests.localcloud.oss.rules.documents import Node, iso_time
from tests.localcloud.oss.rules.listing import (
    MOST_PER_PAGE,
    Entry,
    Page,
    after_key,
    page,
    read_limit,
)
from tests.localcloud.oss.rules.objects import StoredObject
from tests.localcloud.oss.rules.refusals import invalid_argument
from tests.localcloud.oss.rules.uploads import Upload
from tests.localcloud.oss.skin import replies, restores
from tests.localcloud.oss.skin.call import Call, Handler
from tests.localcloud.oss.skin.service import owner

_DEFAULT_KEYS = 100


async def list_objects(call: Call) -> web.StreamResponse:
    named, limit = _naming(call), _max_keys(call)
    found = _objects_after(call, call.parameter("marker"), limit)
    nodes = [*_echo(call, named, limit), ("Marker", named(call.parameter("marker")))]
    if found.truncated:
        nodes.append(("NextMarker", named(found.last[0])))
    nodes += _contents(call, found, named, with_owner=True)
    return replies.document(("ListBucketResult", nodes))


async def list_objects_v2(call: Call) -> web.StreamResponse:
    if call.parameter("list-type") != "2":
        raise invalid_argument("Invalid list type.", "list-type", call.parameter("list-type"))
    named, limit = _naming(call), _max_keys(call)
    token, start_after = call.parameter("continuation-token"), call.parameter("start-after")
    found = _objects_after(call, _from_token(token) if token else start_after, limit)
    nodes = [*_echo(call, named, limit), ("StartAfter", named(start_after))]
    nodes.append(("KeyCount", str(len(found.entries) + len(found.prefixes))))
    if token:
        nodes.append(("ContinuationToken", token))
    if found.truncated:
        nodes.append(("NextContinuationToken", _to_token(found.last[0])))
    with_owner = call.parameter("fetch-owner") == "true"
    nodes += _contents(call, found, named, with_owner=with_owner)
    return replies.document(("ListBucketResult", nodes))


async def list_multipart_uploads(call: Call) -> web.StreamResponse:
    named = _naming(call)
    key_marker, id_marker = call.parameter("key-marker"), call.parameter("upload-id-marker")
    limit = read_limit(call.target.query.get("max-uploads"), "max-uploads", MOST_PER_PAGE)
    uploads = call.bucket.uploads.values()
    found = page(
        sorted((Entry(u.key, u.upload_id, u) for u in uploads), key=lambda e: (e.key, e.id)),
        prefix=call.parameter("prefix"),
        delimiter=call.parameter("delimiter"),
        # An id alone says nothing: without a key marker it is ignored.
        after=(key_marker, id_marker) if key_marker and id_marker else after_key(key_marker),
        limit=limit,
    )
    nodes: list[Node] = [
        ("Bucket", call.target.bucket),
        *_encoding(call),
        ("KeyMarker", named(key_marker)),
        ("UploadIdMarker", id_marker),
        ("NextKeyMarker", named(found.last[0])),
        ("NextUploadIdMarker", found.last[1]),
        ("Delimiter", named(call.parameter("delimiter"))),
        ("Prefix", named(call.parameter("prefix"))),
        ("MaxUploads", str(limit)),
        ("IsTruncated", str(found.truncated).lower()),
        *(("Upload", _upload(entry.item, named)) for entry in found.entries),
        *_common_prefixes(found.prefixes, named),
    ]
    return replies.document(("ListMultipartUploadsResult", nodes))


async def list_parts(call: Call) -> web.StreamResponse:
    named, upload = _naming(call), call.bucket.upload(call.key, call.parameter("uploadId"))
    limit = read_limit(call.target.query.get("max-parts"), "max-parts", MOST_PER_PAGE)
    marker = call.parameter("part-number-marker") or "0"
    if not (marker.isascii() and marker.isdigit()):
        raise invalid_argument("Invalid part number marker.", "part-number-marker", marker)
    numbers = [number for number in sorted(upload.parts) if number > int(marker)]
    shown = numbers[:limit]
    nodes: list[Node] = [
        ("Bucket", call.target.bucket),
        *_encoding(call),
        ("Key", named(call.key)),
        ("UploadId", upload.upload_id),
        ("StorageClass", upload.attributes.storage_class),
        ("PartNumberMarker", marker),
        ("NextPartNumberMarker", str(shown[-1]) if shown else marker),
        ("MaxParts", str(limit)),
        ("IsTruncated", str(len(numbers) > limit).lower()),
        *(("Part", _part(upload, number)) for number in shown),
    ]
    return replies.document(("ListPartsResult", nodes))


def _objects_after(call: Call, marker: str, limit: int) -> Page[StoredObject]:
    return page(
        [Entry(key, "", item) for key, item in sorted(call.bucket.objects.items(), key=_by_key)],
        prefix=call.parameter("prefix"),
        delimiter=call.parameter("delimiter"),
        after=after_key(marker),
        limit=limit,
    )


def _by_key(item: tuple[str, StoredObject]) -> str:
    return item[0]


def _max_keys(call: Call) -> int:
    return read_limit(call.target.query.get("max-keys"), "max-keys", _DEFAULT_KEYS)


def _naming(call: Call) -> Callable[[str], str]:
    """Return how keys are written in this reply; XML cannot hold every character of a key."""
    encoding = call.parameter("encoding-type")
    if encoding not in ("", "url"):
        raise invalid_argument("Invalid Encoding Method specified.", "encoding-type", encoding)
    return (lambda name: quote(name, safe="")) if encoding else str


def _encoding(call: Call) -> list[Node]:
    return [("EncodingType", "url")] if call.parameter("encoding-type") else []


def _echo(call: Call, named: Callable[[str], str], limit: int) -> list[Node]:
    return [
        ("Name", call.target.bucket),
        *_encoding(call),
        ("Prefix", named(call.parameter("prefix"))),
        ("Delimiter", named(call.parameter("delimiter"))),
        ("MaxKeys", str(limit)),
    ]


def _contents(
    call: Call, found: Page[StoredObject], named: Callable[[str], str], *, with_owner: bool
) -> list[Node]:
    owners = [owner(call)] if with_owner else []
    return [
        ("IsTruncated", str(found.truncated).lower()),
        *(("Contents", [*_object(call, e, named), *owners]) for e in found.entries),
        *_common_prefixes(found.prefixes, named),
    ]


def _object(call: Call, entry: Entry[StoredObject], named: Callable[[str], str]) -> list[Node]:
    item = entry.item
    restore = restores.status(item, call.now)
    return [
        ("Key", named(entry.key)),
        ("LastModified", iso_time(item.last_modified)),
        ("ETag", f'"{item.etag}"'),
        ("Type", item.kind),
        ("Size", str(item.size)),
        ("StorageClass", item.attributes.storage_class),
        *([("RestoreInfo", restore)] if restore else []),
    ]


def _common_prefixes(prefixes: Sequence[str], named: Callable[[str], str]) -> list[Node]:
    return [("CommonPrefixes", [("Prefix", named(prefix))]) for prefix in prefixes]


def _upload(upload: Upload, named: Callable[[str], str]) -> list[Node]:
    return [
        ("Key", named(upload.key)),
        ("UploadId", upload.upload_id),
        ("StorageClass", upload.attributes.storage_class),
        ("Initiated", iso_time(upload.initiated)),
    ]


def _part(upload: Upload, number: int) -> list[Node]:
    part = upload.parts[number]
    return [
        ("PartNumber", str(number)),
        ("LastModified", iso_time(part.last_modified)),
        ("ETag", f'"{part.etag}"'),
        ("HashCrc64ecma", str(part.crc64)),
        ("Size", str(part.content.size)),
    ]


def _to_token(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode()


def _from_token(token: str) -> str:
    try:
        return base64.b64decode(token, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        message = "The continuation token provided is incorrect."
        raise invalid_argument(message, "continuation-token", token) from None


HANDLERS: dict[str, Handler] = {
    "ListObjects": list_objects,
    "ListObjectsV2": list_objects_v2,
    "ListMultipartUploads": list_multipart_uploads,
    "ListParts": list_parts,
}
