"""Pages of objects as ListObjectsV2 tells them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from urllib.parse import quote_plus

from tests.localcloud.faces.pages import iso, page, read_limit
from tests.localcloud.faces.refused import Refused
from tests.localcloud.faces.stored import Stored
from tests.localcloud.faces.xml import Node, document

_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_MARK = b"after:"


def listed(
    bucket: str,
    objects: Mapping[str, Stored],
    given: Mapping[str, str],
    etag: Callable[[str], str],
) -> bytes:
    """Return one page; the next one begins where its token says."""
    if given.get("list-type") != "2":
        raise Refused(501, "NotImplemented", "Only version 2 of the list is implemented")
    encoding = given.get("encoding-type", "")
    if encoding not in ("", "url"):
        raise Refused(400, "InvalidArgument", "Invalid Encoding Method specified in Request")
    token = given.get("continuation-token")
    start = given.get("start-after", "")
    limit = read_limit(given.get("max-keys"))
    prefix, delimiter = given.get("prefix", ""), given.get("delimiter", "")
    found = page(
        objects,
        prefix=prefix,
        delimiter=delimiter,
        after=start if token is None else _place(token),
        limit=limit,
    )

    def told(text: str) -> str:
        # Java's form encoding: a space is a plus sign.
        return quote_plus(text, safe="/*") if encoding else text

    head: list[Node] = [("Name", bucket), ("Prefix", told(prefix))]
    head += [("Delimiter", told(delimiter))] if delimiter else []
    head += [("EncodingType", encoding)] if encoding else []
    head += [("StartAfter", told(start))] if start else []
    head += [("ContinuationToken", token)] if token is not None else []
    head += [("NextContinuationToken", _token(found.last))] if found.truncated else []
    head += [
        ("KeyCount", str(len(found.keys) + len(found.prefixes))),
        ("MaxKeys", str(limit)),
        ("IsTruncated", str(found.truncated).lower()),
    ]
    rows: list[Node] = [_row(told(key), objects[key], etag(key)) for key in found.keys]
    common: list[Node] = [("CommonPrefixes", [("Prefix", told(each))]) for each in found.prefixes]
    return document(("ListBucketResult", [*head, *rows, *common]), _NAMESPACE)


def _row(name: str, stored: Stored, etag: str) -> Node:
    return (
        "Contents",
        [
            ("Key", name),
            ("LastModified", iso(stored.modified)),
            ("ETag", f'"{etag}"'),
            ("Size", str(stored.size)),
            ("StorageClass", stored.storage_class),
        ],
    )


def _token(last: str) -> str:
    return base64.b64encode(_MARK + last.encode()).decode()


def _place(token: str) -> str:
    try:
        text = base64.b64decode(token, validate=True)
        if text.startswith(_MARK):
            return text.removeprefix(_MARK).decode()
    except (binascii.Error, UnicodeDecodeError):
        pass
    raise Refused(400, "InvalidArgument", "The continuation token provided is incorrect")
