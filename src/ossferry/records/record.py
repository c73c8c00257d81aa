"""What is written down of a transfer under way, and where: one small object of JSON.

Under ``.ossferry/`` in the target bucket, in a folder for each key, under a name that begins with
what is wanted, so that any coordinator finds it again, and ends with what nobody else has, so that
two coordinators who do the same never overwrite each other's. The receipts of children, of which
each has one of its own, lie beside the record: their names begin with the record's own.

Every version of ossferry keeps to this, so that each can clean up after any other: a JSON object
with the texts ``key`` and ``upload_id``, and as its last member a ``seal``, over all before it. A
record that was damaged on its way could name another upload. Everything else is a version's own.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..copying.copy_job import CopiedPart, copied_parts
from ..names import FOLDER

_VERSION = 3
RECORD = ".json"
RECEIPT = ".receipt"


class Opened(NamedTuple):
    """What a record of any version says: "" as ``upload_id`` announces that one will be opened."""

    key: str
    upload_id: str

    @classmethod
    def decode(cls, text: bytes | None) -> Opened | None:
        document = _unsealed(text)
        match document:
            case {"key": str(key), "upload_id": str(upload_id)}:
                return cls(key, upload_id)
        return None


class Record(NamedTuple):
    """An upload, of which source, and which of its parts were proven by whoever copied them.

    Parts lie on a grid of cells of ``cell`` bytes. ``mark`` is what the upload's object is known
    by, ``source`` the text of an identity, ``secret`` seals the jobs and receipts of children.
    ``size`` is None for a source that does not say it.
    """

    key: str
    size: int | None
    cell: int = 0
    upload_id: str = ""
    mark: str = ""
    source: str = ""
    parts: tuple[CopiedPart, ...] = ()
    secret: str = ""

    def __repr__(self) -> str:
        return f"Record({self.key}, {self.size}, {self.upload_id}, {len(self.parts)} parts)"

    def encode(self) -> bytes:
        parts = [part.row for part in self.parts]
        document = {"version": _VERSION, **self._asdict(), "parts": parts}
        return json.dumps({**document, "seal": _seal(document)}).encode()

    @classmethod
    def decode(cls, text: bytes | None) -> Record | None:
        """A record as this version writes it; anything else is as good as none."""
        document = _unsealed(text)
        try:
            if document.get("version") != _VERSION:
                return None
            return cls(
                key=str(document["key"]),
                size=None if document["size"] is None else int(document["size"]),
                cell=int(document["cell"]),
                upload_id=str(document["upload_id"]),
                mark=str(document["mark"]),
                source=str(document["source"]),
                parts=copied_parts(document["parts"]),
                secret=str(document["secret"]),
            )
        except (KeyError, TypeError, ValueError):
            return None


def folder_of(key: str) -> str:
    """Where the records of all transfers to a key lie."""
    return f"{FOLDER}{hashlib.sha256(key.encode()).hexdigest()[:16]}/"


def receipts_of(record: str) -> str:
    """What the names of all receipts of a record begin with, and no other names do."""
    return f"{record.removesuffix(RECORD)}-"


def record_of(name: str) -> str | None:
    """The name of the record that a receipt is of; None for the name of anything else."""
    found = re.fullmatch(rf"(.+)-[0-9a-z]+{re.escape(RECEIPT)}", name)
    return f"{found[1]}{RECORD}" if found else None


def _unsealed(text: bytes | None) -> Mapping[str, Any]:
    """What a sealed document says; nothing if it is none, or the seal is not its own."""
    try:
        document = json.loads(text or b"")
        if document.pop("seal") == _seal(document):
            return dict(document)
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError):
        pass
    return {}


def _seal(document: Mapping[str, object]) -> str:
    return hashlib.sha256(json.dumps(document).encode()).hexdigest()[:16]
