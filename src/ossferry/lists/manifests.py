"""Manifests: JSON that names CSV files and their columns.

Data Online Migration's name URLs and keys, inventories the objects of a bucket: of OSS, S3 or COS.
In all of them values are URL-encoded once more than elsewhere, as forms are: a blank is a + and a +
is %2B.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ..errors import InvalidEvent
from .keys import Prefixed, decoded, source
from .lines import lines
from .plain import MD5, size
from .rows import Open, Row, Unfit, Unreadable
from .tables import records
from .unpack import unpacked

_HEX_MD5 = re.compile(r"[0-9a-fA-F]{32}")


class Manifest(NamedTuple):
    format: str
    columns: tuple[str, ...]  # in small letters
    files: tuple[str, ...]  # their keys
    bucket: str  # that an inventory is of, as s3://bucket


def is_manifest(document: Mapping[str, Any]) -> bool:
    return "source_url" not in document and not {"fileSchema", "files"}.isdisjoint(document)


def manifest_of(document: Mapping[str, Any]) -> Manifest:
    columns = _columns(document)
    if str(document.get("fileFormat") or "CSV").upper() != "CSV":
        raise InvalidEvent("the manifest's fileFormat must be CSV: have its files written so")
    files = _files(document)
    if {"url", "key"} <= {*columns}:
        return Manifest("migration", columns, files, "")
    bucket = _bucket(document)
    if "key" not in columns or not bucket:
        raise InvalidEvent(
            "the manifest's fileSchema must name Url and Key, or Key beside a sourceBucket"
        )
    return Manifest("inventory", columns, files, bucket)


def manifest_rows(
    manifest: Manifest, open_file: Open, keys: Prefixed
) -> Iterator[Row | Unreadable]:
    read = _migrated if manifest.format == "migration" else _stored
    number = 0
    for file in manifest.files:
        for record in records(lines(unpacked(open_file(file)))):
            number += 1
            if isinstance(record, Unreadable):
                yield record._replace(number=number)
                continue
            if len(record.fields) < len(manifest.columns):
                yield Unreadable(number, "the row has fewer columns than fileSchema: add the rest")
                continue
            row = dict(zip(manifest.columns, record.fields, strict=False))
            try:
                event = read(manifest, row, keys)
            except Unfit as unfit:
                yield unfit.at(number)
            else:
                if event is not None:
                    yield Row(number, event)


def _migrated(manifest: Manifest, row: Mapping[str, str], keys: Prefixed) -> dict[str, Any] | None:
    event: dict[str, Any] = {
        "source_url": source(_once(row["url"])),
        "target_object_name": keys.given(_once(row["key"])),
    }
    if row.get("size"):
        event["expected_size"] = size(row["size"])
    md5 = row.get("hashvalue", "")
    if row.get("hashalg", "").upper() == "MD5" and (MD5.fullmatch(md5) or _HEX_MD5.fullmatch(md5)):
        event["expected_md5"] = md5
    return event


def _stored(manifest: Manifest, row: Mapping[str, str], keys: Prefixed) -> dict[str, Any] | None:
    """None for what is no object now. What an inventory knows of one may be a week old, so its
    size is not what is to be expected."""
    latest, deleted = row.get("islatest", "true"), row.get("isdeletemarker", "false")
    if latest.lower() == "false" or deleted.lower() == "true":
        return None
    key = _once(row["key"])
    return {"source_url": f"{manifest.bucket}/{key}", "target_object_name": keys.given(key)}


def _bucket(document: Mapping[str, Any]) -> str:
    """Whose inventory it is shows in what only one of them writes: S3 where it is put, as an ARN,
    COS the account's number, which is a part of its buckets' names elsewhere."""
    bucket, number = document.get("sourceBucket"), document.get("sourceAppid")
    if not isinstance(bucket, str) or not bucket:
        return ""
    if number:
        return f"cos://{bucket.removesuffix(f'-{number}')}-{number}"
    if str(document.get("destinationBucket")).startswith("arn:aws"):
        return f"s3://{bucket}"
    return f"oss://{bucket}"


def _once(text: str) -> str:
    text = text.replace("+", " ") if "+" in text else text
    return decoded(text) if "%" in text else text


def _columns(document: Mapping[str, Any]) -> tuple[str, ...]:
    schema = document.get("fileSchema")
    if not isinstance(schema, str) or not schema.strip():
        raise InvalidEvent(
            "the manifest has no fileSchema: name its files' columns, as in Url, Key"
        )
    return tuple(each.strip().lower() for each in schema.split(","))


def _files(document: Mapping[str, Any]) -> tuple[str, ...]:
    files = document.get("files")
    if not isinstance(files, list) or not files:
        raise InvalidEvent("the manifest names no files: list them as files, each with its key")
    keys = [each.get("key") if isinstance(each, dict) else None for each in files]
    if not all(isinstance(key, str) and key for key in keys):
        raise InvalidEvent("the manifest has a file without a key: give each its key in the bucket")
    return tuple(map(str, keys))
