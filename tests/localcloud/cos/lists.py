"""Pages of objects as GET Bucket tells them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import quote

from tests.localcloud.faces.pages import iso, page, read_limit
from tests.localcloud.faces.refused import Refused
from tests.localcloud.faces.stored import Stored
from tests.localcloud.faces.xml import Node, document


def listed(
    bucket: str,
    objects: Mapping[str, Stored],
    given: Mapping[str, str],
    etag: Callable[[str], str],
) -> bytes:
    """Return one page; the next one begins after its NextMarker."""
    encoding = given.get("encoding-type", "")
    if encoding not in ("", "url"):
        raise Refused(400, "InvalidArgument", "encoding-type can only be url")
    prefix, delimiter = given.get("prefix", ""), given.get("delimiter", "")
    marker = given.get("marker", "")
    limit = read_limit(given.get("max-keys"))
    found = page(objects, prefix=prefix, delimiter=delimiter, after=marker, limit=limit)

    def told(text: str) -> str:
        return quote(text) if encoding else text

    head: list[Node] = [
        ("Name", bucket),
        *([("EncodingType", encoding)] if encoding else []),
        ("Prefix", told(prefix)),
        ("Marker", told(marker)),
        ("MaxKeys", str(limit)),
        *([("Delimiter", told(delimiter))] if delimiter else []),
        ("IsTruncated", str(found.truncated).lower()),
        *([("NextMarker", told(found.last))] if found.truncated else []),
    ]
    rows: list[Node] = [_row(told(key), objects[key], etag(key)) for key in found.keys]
    common: list[Node] = [("CommonPrefixes", [("Prefix", told(each))]) for each in found.prefixes]
    return document(("ListBucketResult", [*head, *rows, *common]))


def _row(name: str, stored: Stored, etag: str) -> Node:
    owner: Node = ("Owner", [("ID", "1250000000"), ("DisplayName", "1250000000")])
    return (
        "Contents",
        [
            ("Key", name),
            ("LastModified", iso(stored.modified)),
            ("ETag", f'"{etag}"'),
            ("Size", str(stored.size)),
            owner,
            ("StorageClass", stored.storage_class),
        ],
    )
