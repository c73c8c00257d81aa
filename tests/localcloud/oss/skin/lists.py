"""Lists of objects, in both versions of the call, and of their versions."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence

from aiohttp import web

from tests.localcloud.oss.rules.documents import Node, iso_time
from tests.localcloud.oss.rules.listing import Entry, Page, after_key, check_names, page, read_limit
from tests.localcloud.oss.rules.objects import StoredObject
from tests.localcloud.oss.rules.refusals import invalid_argument, not_known_here
from tests.localcloud.oss.skin import replies, restores
from tests.localcloud.oss.skin.call import Call, Handler
from tests.localcloud.oss.skin.naming import Named, common_prefixes, encoding_type, naming
from tests.localcloud.oss.skin.service import owner

_DEFAULT_KEYS = 100
_ONLY_VERSION = "null"


async def list_objects(call: Call) -> web.StreamResponse:
    named, limit = naming(call), _max_keys(call)
    found = _objects_after(call, call.parameter("marker"), limit)
    nodes = [*_echo(call, named, limit), ("Marker", named(call.parameter("marker")))]
    if found.truncated:
        nodes.append(("NextMarker", named(found.last[0])))
    nodes += _listed(call, found, named, "Contents", [owner(call)])
    return replies.document(("ListBucketResult", nodes))


async def list_objects_v2(call: Call) -> web.StreamResponse:
    if call.parameter("list-type") != "2":
        raise invalid_argument("Invalid list type.", "list-type", call.parameter("list-type"))
    named, limit = naming(call), _max_keys(call)
    token, start_after = call.parameter("continuation-token"), call.parameter("start-after")
    found = _objects_after(call, _from_token(token) if token else start_after, limit)
    nodes = [*_echo(call, named, limit), ("StartAfter", named(start_after))]
    nodes.append(("KeyCount", str(len(found.entries) + len(found.prefixes))))
    if token:
        nodes.append(("ContinuationToken", token))
    if found.truncated:
        nodes.append(("NextContinuationToken", _to_token(found.last[0])))
    with_owner = call.parameter("fetch-owner") == "true"
    nodes += _listed(call, found, named, "Contents", [owner(call)] if with_owner else [])
    return replies.document(("ListBucketResult", nodes))


async def list_object_versions(call: Call) -> web.StreamResponse:
    """List what there is as the one version, ``null``, that a bucket without versions has."""
    if call.bucket.versioning:
        # The old versions are not kept here, and the list would be wrong without them.
        raise not_known_here("versions")
    named, limit = naming(call), _max_keys(call)
    marker = call.parameter("key-marker")
    found = _objects_after(call, marker, limit)
    nodes = [
        *_echo(call, named, limit),
        ("KeyMarker", named(marker)),
        ("VersionIdMarker", call.parameter("version-id-marker")),
    ]
    if found.truncated:
        nodes += [("NextKeyMarker", named(found.last[0])), ("NextVersionIdMarker", _ONLY_VERSION)]
    version: list[Node] = [("VersionId", _ONLY_VERSION), ("IsLatest", "true")]
    nodes += _listed(call, found, named, "Version", [*version, owner(call)])
    return replies.document(("ListVersionsResult", nodes))


def _objects_after(call: Call, marker: str, limit: int) -> Page[StoredObject]:
    prefix, delimiter = call.parameter("prefix"), call.parameter("delimiter")
    check_names(prefix=prefix, delimiter=delimiter, marker=marker)
    # Only those are sorted: a bucket may have many more, and be asked often.
    named = (each for each in call.bucket.objects.items() if each[0].startswith(prefix))
    return page(
        [Entry(key, "", item) for key, item in sorted(named, key=_by_key)],
        prefix=prefix,
        delimiter=delimiter,
        after=after_key(marker),
        # A page may be shorter than was asked for without being the last.
        limit=min(limit, call.server.most_listed),
    )


def _by_key(item: tuple[str, StoredObject]) -> str:
    return item[0]


def _max_keys(call: Call) -> int:
    return read_limit(call.target.query.get("max-keys"), "max-keys", _DEFAULT_KEYS)


def _echo(call: Call, named: Named, limit: int) -> list[Node]:
    return [
        ("Name", call.target.bucket),
        *encoding_type(call),
        ("Prefix", named(call.parameter("prefix"))),
        ("Delimiter", named(call.parameter("delimiter"))),
        ("MaxKeys", str(limit)),
    ]


def _listed(
    call: Call, found: Page[StoredObject], named: Named, tag: str, also: Sequence[Node]
) -> list[Node]:
    """Describe a page; ``also`` is what each object has besides its own."""
    return [
        ("IsTruncated", str(found.truncated).lower()),
        *((tag, [*_object(call, each, named), *also]) for each in found.entries),
        *common_prefixes(found.prefixes, named),
    ]


def _object(call: Call, entry: Entry[StoredObject], named: Named) -> list[Node]:
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
    "ListObjectVersions": list_object_versions,
}
