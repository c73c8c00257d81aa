"""A source that changes: two files behind one path, told apart by the query alone.

Each version is a content and what is said about it. The one rule that all changes keep is that
something is said about other content by which it can be told; the README's "what is proven" begins
there.
"""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from email.utils import formatdate
from functools import lru_cache
from typing import Literal

from fastcrc import crc64

from tests.hostile.server import End, Request, Step
from tests.hostile.spelling import File, sized
from tests.model.moments import Fate, Moments

PART = 100 * 1024
# By one PUT or by parts; pairs that are equal in size are the rule, or a change would always show.
SIZES = (0, 700, 2 * PART + 77, 3 * PART)
IDS = (1, 2)

_EPOCH = 1_750_000_000


Etag = Literal["strong", "of_date", "none"]


@lru_cache(maxsize=64)
def content_of(number: int, size: int) -> bytes:
    return random.Random(number).randbytes(size)


@dataclass(frozen=True)
class Version:
    """``content`` and ``date`` are numbers. ``nodes`` agree on all but the ETag."""

    content: int = 0
    size: int = SIZES[-1]
    etag: Etag = "strong"
    revision: int = 0
    date: int | None = 0
    nodes: int = 1
    ranges: bool = True
    crc64: bool = False
    media_type: str = "text/0"

    @property
    def data(self) -> bytes:
        return content_of(self.content, self.size)

    @property
    def crc64_text(self) -> str:
        return str(crc64_of(self.data))

    @property
    def last_modified(self) -> str | None:
        return None if self.date is None else formatdate(_EPOCH + self.date, usegmt=True)

    def etag_of(self, node: int) -> str | None:
        if self.etag == "none":
            return None
        if self.etag == "of_date" and self.nodes == 1:
            return f'"{_EPOCH + (self.date or 0):x}-{self.size:x}"'
        return f'"content-{self.content}-{self.revision}-node-{node}"'

    @property
    def is_known(self) -> bool:
        """Whether it can be known again by what is said about it."""
        return self.date is not None or (self.etag != "none" and self.nodes == 1)


def confused(one: Version, other: Version) -> bool:
    """Whether nothing that is said tells two contents apart.

    An ETag does where both have one and no nodes disagree on it; a date does otherwise. What is
    said neither way is read in one reply.
    """
    if one.content == other.content or one.size != other.size:
        return False
    if "none" not in (one.etag, other.etag) and one.nodes == other.nodes == 1:
        return one.etag_of(0) == other.etag_of(0)
    return one.date is not None and one.date == other.date


@dataclass(frozen=True)
class Change:
    """What becomes another; fields that are None stay as they are."""

    id: int
    content: bool = False
    size: int | None = None
    etag: Etag | None = None
    revised: bool = False
    date: Literal["new", "none"] | None = None
    nodes: int | None = None
    ranges: bool | None = None
    crc64: bool | None = None
    typed: bool = False


class Source:
    """The server's script, and what it has served."""

    def __init__(self, moments: Moments) -> None:
        self._moments = moments
        self._lock = threading.Lock()
        self._asked = 0
        self._last = 0
        self.begin()

    def begin(self, etag: Etag = "none") -> None:
        """Forget all; two files of equal size and date, and of other content."""
        self._history = {each: [Version(content=self._new(), etag=etag)] for each in IDS}

    def now(self, file: int) -> Version:
        return self._history[file][-1]

    def all_of(self, file: int) -> Sequence[Version]:
        return self._history[file]

    def mark(self) -> dict[int, int]:
        """This moment, for ``since``."""
        return {file: len(versions) - 1 for file, versions in self._history.items()}

    def since(self, mark: Mapping[int, int], file: int) -> Sequence[Version]:
        """What the file was at that moment, and what it became."""
        return self._history[file][mark[file] :]

    def change(self, change: Change) -> None:
        versions = self._history[change.id]
        new = self._changed(versions[-1], change)
        while any(confused(new, old) for old in versions):
            new = replace(new, date=self._new())
        versions.append(new)

    def _changed(self, now: Version, change: Change) -> Version:
        given = {"etag": change.etag, "nodes": change.nodes}
        given |= {"ranges": change.ranges, "crc64": change.crc64}
        new = replace(now, **{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
        if change.content or change.size not in (None, now.size):
            size = now.size if change.size is None else change.size
            new = replace(new, content=self._new(), size=size)
        if change.date is not None:
            new = replace(new, date=self._new() if change.date == "new" else None)
        if change.revised:
            new = replace(new, revision=self._new())
        if change.typed:
            new = replace(new, media_type=f"text/{self._new()}")
        return new

    def _new(self) -> int:
        """A number that nothing had."""
        self._last += 1
        return self._last

    def __call__(self, request: Request) -> Sequence[Step]:
        fate = self._moments.pass_one()
        if fate is Fate.REFUSED:
            return [sized("503 Service Unavailable", b"")]
        if fate is Fate.DEAD:
            return [sized("403 Forbidden", b"")]
        reply = self._reply(request)
        return [reply[: len(reply) // 2], End.RESET] if fate is Fate.LOST else [reply]

    def _reply(self, request: Request) -> bytes:
        found = re.search(r"[?&]id=(\d+)", request.target)
        version = self.now(int(found[1]) if found else 0)
        with self._lock:
            self._asked += 1
            node = self._asked % version.nodes
        file = File(version.data, version.etag_of(node), version.last_modified, _more(version))
        asked = request.range
        if asked is None or not version.ranges:
            return file.whole
        if asked[0] >= version.size:
            return sized("416 Range Not Satisfiable", b"", f"Content-Range: bytes */{version.size}")
        return file.part(asked)


def _more(version: Version) -> list[str]:
    lines = [f"Content-Type: {version.media_type}"]
    if version.crc64:
        lines.append(f"x-oss-hash-crc64ecma: {version.crc64_text}")
    return lines


@lru_cache(maxsize=64)
def crc64_of(data: bytes) -> int:
    return int(crc64.xz(data))
