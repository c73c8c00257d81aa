"""Removes what a transfer left behind, as far as its record tells.

OSS says of an open upload neither who opened it nor what for, so only two kinds are touched: one
that a record names, and one that was opened just after it was announced, holds no part, and is in
no other record. That is what is left of a coordinator that was ended, or did not hear OSS's answer,
in the moment between announcing and recording; nobody sends a part before it has recorded.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from ..errors import NoSuchUpload
from .record import Opened, folder_of, receipts_of, record_of

if TYPE_CHECKING:
    from ..oss.bucket import Bucket
    from ..oss.multipart import Upload

# Seconds in which what was announced is opened: each attempt may wait a minute for its answer.
_SOON = 600.0

Fate = Literal["swept", "kept", "failed"]


def remove(bucket: Bucket, name: str, oldest: float = math.inf) -> Fate:
    """Abort the upload of a record, and delete the record and its receipts. Idempotent.

    One that was written after ``oldest``, in epoch seconds, is kept: somebody may be at work. It is
    looked at last of all, because listing records takes a while, and they are refreshed meanwhile.
    """
    found = bucket.read(name)
    if found is None:
        return "swept"  # by its own transfer, or another sweep
    text, written = found
    if written > oldest:
        return "kept"
    opened = Opened.decode(text)
    if opened is not None and not all(upload.abort() for upload in _open(bucket, opened, written)):
        return "failed"
    if opened is not None:
        bucket.delete_all([receipt for receipt, _ in bucket.names(receipts_of(name))])
    bucket.delete(name)
    return "swept"


def _open(bucket: Bucket, opened: Opened, written: float) -> Iterator[Upload]:
    if opened.upload_id:
        yield bucket.upload(opened.key, opened.upload_id, "")
        return
    candidates = {
        upload_id
        for upload_id, since in bucket.open_uploads(opened.key)
        if written <= since <= written + _SOON
    }
    for upload_id in candidates - _on_record(bucket, opened.key):
        if _is_empty(bucket, opened.key, upload_id):
            yield bucket.upload(opened.key, upload_id, "")


def _on_record(bucket: Bucket, key: str) -> set[str]:
    names = (name for name, _ in bucket.names(folder_of(key)))
    found = (bucket.read(name) for name in names if record_of(name) is None)
    return {
        opened.upload_id
        for each in found
        if each is not None and (opened := Opened.decode(each[0]))
    }


def _is_empty(bucket: Bucket, key: str, upload_id: str) -> bool:
    try:
        return not bucket.list_parts(key, upload_id)
    except NoSuchUpload:
        return False
