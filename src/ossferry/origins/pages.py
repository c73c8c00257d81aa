"""A page of a bucket's objects, as it is asked for and as it is told. Pure.

S3 API reference, "ListObjectsV2"; COS API documentation, "GET Bucket". What follows a page is
named by a token of the store's own, or by the key before it; both may be asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from ..dates import moment_of
from ..entries import Entry
from .xml import NotXml, read


class Found(NamedTuple):
    """``token`` is what the store goes on from, "" if it does not say."""

    entries: tuple[Entry, ...]
    truncated: bool
    token: str


def asked(store: str, prefix: str, after: str, token: str, most: int) -> dict[str, str]:
    """The query: behind the key ``after``, or, better, from where a page left its ``token``."""
    query = {"encoding-type": "url", "max-keys": str(most), "prefix": prefix}
    if store == "cos":
        where = {"marker": token or after}
    elif token:
        where = {"list-type": "2", "continuation-token": token}
    else:
        where = {"list-type": "2", "start-after": after}
    return {name: value for name, value in {**query, **where}.items() if value}


def found(store: str, text: bytes) -> Found:
    """``NotXml`` for what is no page."""
    document = read(text, "Contents")
    if document.name != "ListBucketResult" or "IsTruncated" not in document.texts:
        raise NotXml
    texts = document.texts
    # Not all that speak S3 encode what they were asked to encode, and those do not say it.
    encoded = texts.get("EncodingType") == "url"
    try:
        entries = tuple(_entry(row, _key(store, row["Key"], encoded)) for row in document.rows)
        token = texts.get("NextContinuationToken", "")
        if store == "cos":
            token = _key(store, texts.get("NextMarker", ""), encoded)
    except (KeyError, ValueError):
        raise NotXml from None
    return Found(entries, texts["IsTruncated"].strip() == "true", token)


def _key(store: str, text: str, encoded: bool) -> str:
    """S3 writes a space as forms do, COS as URLs do."""
    if not encoded:
        return text
    plain = text.replace("+", " ") if store == "s3" else text
    return unquote_to_bytes(plain).decode()


def _entry(row: Mapping[str, str], key: str) -> Entry:
    size, modified = row["Size"].strip(), moment_of(row["LastModified"].strip())
    if modified is None or not re.fullmatch(r"[0-9]{1,19}", size):
        raise ValueError
    etag = row.get("ETag", "").strip().strip('"')
    return Entry(key, int(size), etag, modified, row.get("StorageClass", "").strip() or "STANDARD")
