"""Removes what a transfer left behind, as far as its record tells.

OSS says of an open upload neither who opened it nor what for, so only two kinds are touched: one
that a record names, and one that was opened just after it was announced, holds no part, and is in
no other record. That is what is left of a coordinator that was ended, or did not hear OSS's answer,
in the moment between announcing and recording; nobody sends a part before it has recorded.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..errors import NoSuchUpload
from .record import Record, folder_of

if TYPE_CHECKING:
    from ..oss.bucket import Bucket
    from ..oss.multipart import Upload

# Seconds in which what was announced is opened: each attempt may wait a minute for its answer.
_SOON = 600.0


def remove(bucket: Bucket, name: str, written: float) -> bool:
    """Abort the upload of a record, and delete the record; whether that was possible. Idempotent.

    ``written`` is when the record was, as OSS lists it.
    """
    record = Record.decode(bucket.read(name))
    if record is not None and not all(upload.abort() for upload in _open(bucket, record, written)):
        return False
    bucket.delete(name)
    return True


def _open(bucket: Bucket, record: Record, written: float) -> Iterator[Upload]:
    if record.upload_id:
        yield bucket.upload(record.key, record.upload_id)
        return
    candidates = {
        upload_id
        for upload_id, opened in bucket.open_uploads(record.key)
        if written <= opened <= written + _SOON
    }
    for upload_id in candidates - _on_record(bucket, record.key):
        if _is_empty(bucket, record.key, upload_id):
            yield bucket.upload(record.key, upload_id)


def _on_record(bucket: Bucket, key: str) -> set[str]:
    texts = (bucket.read(name) for name, _ in bucket.names(folder_of(key)))
    return {record.upload_id for text in texts if (record := Record.decode(text))}


def _is_empty(bucket: Bucket, key: str, upload_id: str) -> bool:
    try:
        return not bucket.list_parts(key, upload_id)
    except NoSuchUpload:
        return False
