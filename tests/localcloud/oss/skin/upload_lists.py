"""Lists of open uploads, and of an upload's parts."""

from __future__ import annotations

from aiohttp import web

from tests.localcloud.oss.rules.documents import Node, iso_time
from tests.localcloud.oss.rules.listing import (
    MOST_PER_PAGE,
    Entry,
    after_key,
    check_names,
    page,
    read_limit,
)
from tests.localcloud.oss.rules.refusals import invalid_argument
from tests.localcloud.oss.rules.uploads import Upload
from tests.localcloud.oss.skin import replies
from tests.localcloud.oss.skin.call import Call, Handler
from tests.localcloud.oss.skin.naming import Named, common_prefixes, encoding_type, naming


async def list_multipart_uploads(call: Call) -> web.StreamResponse:
    named = naming(call)
    key_marker, id_marker = call.parameter("key-marker"), call.parameter("upload-id-marker")
    limit = read_limit(call.target.query.get("max-uploads"), "max-uploads", MOST_PER_PAGE)
    prefix, delimiter = call.parameter("prefix"), call.parameter("delimiter")
    check_names(prefix=prefix, delimiter=delimiter, marker=key_marker)
    uploads = call.bucket.uploads.values()
    found = page(
        sorted((Entry(u.key, u.upload_id, u) for u in uploads), key=lambda e: (e.key, e.id)),
        prefix=prefix,
        delimiter=delimiter,
        # An id alone says nothing: without a key marker it is ignored.
        after=(key_marker, id_marker) if key_marker and id_marker else after_key(key_marker),
        limit=limit,
    )
    nodes: list[Node] = [
        ("Bucket", call.target.bucket),
        *encoding_type(call),
        ("KeyMarker", named(key_marker)),
        ("UploadIdMarker", id_marker),
        # Also on the last page, as the samples of its documentation have it.
        ("NextKeyMarker", named(found.last[0])),
        ("NextUploadIdMarker", found.last[1]),
        ("Delimiter", named(call.parameter("delimiter"))),
        ("Prefix", named(call.parameter("prefix"))),
        ("MaxUploads", str(limit)),
        ("IsTruncated", str(found.truncated).lower()),
        *(("Upload", _upload(entry.item, named)) for entry in found.entries),
        *common_prefixes(found.prefixes, named),
    ]
    return replies.document(("ListMultipartUploadsResult", nodes))


async def list_parts(call: Call) -> web.StreamResponse:
    named, upload = naming(call), call.bucket.upload(call.key, call.parameter("uploadId"))
    limit = read_limit(call.target.query.get("max-parts"), "max-parts", MOST_PER_PAGE)
    marker = call.parameter("part-number-marker") or "0"
    if not (marker.isascii() and marker.isdigit()):
        raise invalid_argument("Invalid part number marker.", "part-number-marker", marker)
    numbers = [number for number in sorted(upload.parts) if number > int(marker)]
    shown = numbers[:limit]
    nodes: list[Node] = [
        ("Bucket", call.target.bucket),
        *encoding_type(call),
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


def _upload(upload: Upload, named: Named) -> list[Node]:
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


HANDLERS: dict[str, Handler] = {
    "ListMultipartUploads": list_multipart_uploads,
    "ListParts": list_parts,
}
