"""What an attempt of a program is about to make, noted before it does; and removing what is left.

Objects below a target mean nothing until a record names them. Only an object with the mark of the
attempt, which no record names, is removed, and only an upload that the attempt has noted.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping
from threading import Thread
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import FerryError
from ..log import log
from ..names import ATTEMPT_MARK, ATTEMPTS_FOLDER, DONE_FOLDER
from .leftovers import Fate

if TYPE_CHECKING:
    from ..oss.bucket import Bucket


_EVERY = 2.0  # seconds between two writes of a receipt


class Attempt(NamedTuple):
    """``keys`` are those of the objects that it may have made, ``uploads`` the ids of its open
    uploads by key. It is a receipt as well: ``progress`` is what the program says of itself."""

    mark: str
    program: str = ""
    source: str = ""
    state: str = "fetching"
    progress: float | None = None
    keys: tuple[str, ...] = ()
    uploads: Mapping[str, str] = {}

    def encode(self) -> bytes:
        return json.dumps({"version": 1, **self._asdict()}, ensure_ascii=False).encode()

    @classmethod
    def decode(cls, text: bytes) -> Attempt | None:
        """None for what is no such note."""
        try:
            found = json.loads(text)
            uploads = {str(key): str(each) for key, each in dict(found["uploads"]).items()}
            progress = found.get("progress")
            return cls(
                str(found["mark"]),
                str(found.get("program", "")),
                str(found.get("source", "")),
                str(found.get("state", "")),
                float(progress) if isinstance(progress, int | float) else None,
                tuple(map(str, found["keys"])),
                uploads,
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            return None


def attempt_name(record_id: str, mark: str) -> str:
    return f"{ATTEMPTS_FOLDER}{record_id}-{mark}.json"


def record_name(record_id: str) -> str:
    return f"{DONE_FOLDER}{record_id}.json"


def id_of(record_name: str) -> str:
    """The id of a record, out of its name."""
    return record_name.removeprefix(DONE_FOLDER).removesuffix(".json")


def named_by(text: bytes) -> set[str]:
    """The keys of all outputs that a record names."""
    found: Any = json.loads(text)
    return {str(each["key"]) for each in found["outputs"]}


def remove(bucket: Bucket, name: str, oldest: float = math.inf) -> Fate:
    """Remove what an attempt left that no record names, and its note. Idempotent.

    One that was written after ``oldest``, in epoch seconds, is kept: somebody may be at work.
    ``TargetRefused`` if the role may not delete objects there.
    """
    found = bucket.read(name)
    if found is None:
        return "swept"
    text, written = found
    if written > oldest:
        return "kept"
    attempt = Attempt.decode(text)
    if attempt is not None:
        uploads = [bucket.upload(key, each, "") for key, each in attempt.uploads.items()]
        if not all([upload.abort() for upload in uploads]):
            return "failed"
        record_id = name.removeprefix(ATTEMPTS_FOLDER).partition("-")[0]
        remove_objects(bucket, attempt, record_id)
    bucket.delete(name)
    return "swept"


def remove_objects(bucket: Bucket, attempt: Attempt, record_id: str) -> None:
    """Those that it made, if no record names them."""
    if not attempt.keys:
        return
    record = bucket.read(record_name(record_id))
    named = named_by(record[0]) if record else set()
    for key in attempt.keys:
        if key in named:
            continue
        there = bucket.head(key)
        if there is not None and there.metadata.get(ATTEMPT_MARK) == attempt.mark:
            bucket.delete(key)


class Receipt:
    """The note of this attempt, which tells how far it is."""

    def __init__(self, bucket: Bucket, record_id: str, attempt: Attempt) -> None:
        self._bucket = bucket
        self._told = time.monotonic()
        self._telling: Thread | None = None
        self.is_there = False
        self.name = attempt_name(record_id, attempt.mark)
        self.attempt = attempt

    def write(self, **changed: Any) -> None:
        self._join()
        self.attempt = self.attempt._replace(**changed)
        self.is_there = True  # perhaps, if this fails
        self._bucket.write(self.name, self.attempt.encode())

    def heard(self, progress: float) -> None:
        """Tell of it every few seconds, in a thread: who hears a program is not to wait for OSS."""
        now = time.monotonic()
        if now - self._told < _EVERY or (self._telling and self._telling.is_alive()):
            return
        self._told = now
        self.attempt = self.attempt._replace(state="running", progress=progress)
        self._telling = Thread(target=self._tell, daemon=True)
        self._telling.start()

    def _tell(self) -> None:
        """Nothing that counts is in it yet, so that a failure is only told."""
        try:
            self._bucket.write(self.name, self.attempt.encode())
            self.is_there = True
        except FerryError as error:
            log("receipt.not_written", "warning", reason=error.message)

    def _join(self) -> None:
        if self._telling:
            self._telling.join()

    def delete(self) -> None:
        self._join()
        if self.is_there:
            self._bucket.delete(self.name)
