"""What is written down of a transfer under way, and where: one small object of JSON.

Under ``.ossferry/`` in the target bucket, in a folder for each key, under a name that begins with
what is copied, so that any coordinator finds it again, and ends with what nobody else has, so that
two coordinators who do the same never overwrite each other's. Sealed with a checksum: a record that
was damaged on its way could name another upload.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import NamedTuple

from ..copying.copy_job import CopiedPart
from ..names import FOLDER

_VERSION = 2


class Record(NamedTuple):
    """An upload, and which of its parts were proven by whoever copied them.

    Without an ``upload_id`` it announces that one is about to be opened. ``size`` is None for a
    source that does not say it. ``secret`` seals the jobs of children.
    """

    key: str
    size: int | None
    part_size: int
    upload_id: str
    parts: tuple[CopiedPart, ...] = ()
    secret: str = ""

    def encode(self) -> bytes:
        document = {"version": _VERSION, **self._asdict()}
        return json.dumps({**document, "seal": _seal(document)}).encode()

    @classmethod
    def decode(cls, text: bytes | None) -> Record | None:
        """A record as this version writes it; anything else is as good as none."""
        try:
            document = json.loads(text or b"")
            if document.pop("seal") != _seal(document) or document["version"] != _VERSION:
                return None
            return cls(
                key=str(document["key"]),
                size=None if document["size"] is None else int(document["size"]),
                part_size=int(document["part_size"]),
                upload_id=str(document["upload_id"]),
                parts=tuple(
                    CopiedPart(int(number), int(size), str(etag), int(crc64), bool(confirmed))
                    for number, size, etag, crc64, confirmed in document["parts"]
                ),
                secret=str(document["secret"]),
            )
        except (AttributeError, KeyError, RecursionError, TypeError, ValueError):
            return None


def folder_of(key: str) -> str:
    """Where the records of all transfers to a key lie."""
    return f"{FOLDER}{hashlib.sha256(key.encode()).hexdigest()[:16]}/"


def _seal(document: Mapping[str, object]) -> str:
    return hashlib.sha256(json.dumps(document).encode()).hexdigest()[:16]
