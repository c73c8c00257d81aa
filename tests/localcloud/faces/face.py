"""A store of another cloud on 127.0.0.1, for as long as a test holds it open.

What the store checks and says is its subclass's business; the HTTP that all have in common is in
``answers``.
"""

from __future__ import annotations

import contextlib
import threading
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar

from aiohttp import web
from typing_extensions import Self

from tests.localcloud.faces.credential import Credential, Message
from tests.localcloud.faces.place import Place
from tests.localcloud.faces.refused import Refused
from tests.localcloud.faces.stored import Data, Digests, Stored, digests_of, opened
from tests.localcloud.faults import FaultTable, read_faults
from tests.localcloud.origin.behaviours import Behaviour, Group, merge, read_groups
from tests.localcloud.origin.contents import Content
from tests.localcloud.origin.delivery import version_of
from tests.localcloud.origin.journal import Journal
from tests.localcloud.serving import listening, serving_app

Objects = Mapping[str, Data | Stored]


class Face(ABC):
    """Buckets and who may read them; a context manager, with ``url`` while it is open."""

    server: ClassVar[str]

    def __init__(
        self,
        objects: Path | Objects,
        credentials: Iterable[Credential] = (),
        *,
        buckets: Iterable[str] = (),
        public: Iterable[str] = (),
        now: Callable[[], float] = time.time,
    ) -> None:
        self.buckets: dict[str, dict[str, Stored]] = {name: {} for name in buckets}
        self.credentials = {each.id: each for each in credentials}
        self.public = frozenset(public)
        self.now = now
        self.url = ""
        self.journal = Journal()
        self.table = FaultTable()
        self._behaviours: dict[str, list[Group]] = {}
        self._asked: Counter[str] = Counter()
        self._digests: dict[tuple[str, int], Digests] = {}
        self._digesting = threading.Lock()
        self._open = contextlib.ExitStack()
        given = _below(objects) if isinstance(objects, Path) else objects
        for place, data in given.items():
            self.put(place, data)

    def __enter__(self) -> Self:
        from tests.localcloud.faces.answers import make_app

        bound, self.url = self._open.enter_context(listening())
        self._open.enter_context(serving_app(make_app(self), bound))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._open.close()

    def put(self, place: str, data: Data | Stored) -> Stored:
        """Put an object at ``bucket/key``; the bucket comes to be with its first object."""
        bucket, _, key = place.partition("/")
        stored = data if isinstance(data, Stored) else Stored(data)
        self.buckets.setdefault(bucket, {})[key] = stored
        return stored

    def faults(self, *rules: Mapping[str, Any], seed: int = 0) -> None:
        """Replace the faults, in the language of the other servers; none clears them."""
        documents = [{"server": self.server, **rule} for rule in rules]
        self.table.replace(read_faults(documents), seed)

    def behave(self, place: str, *groups: str) -> None:
        """Let an object misbehave in the origin's words, from its next request on."""
        self._behaviours[place] = read_groups("&".join(f"as={each}" for each in groups))
        self._asked[place] = 0

    def behaviour(self, place: str) -> tuple[Behaviour, int]:
        """Return how the next request for an object is answered, and its number."""
        self._asked[place] += 1
        ordinal = self._asked[place]
        return merge(self._behaviours.get(place, ()), ordinal), ordinal

    def requests(self, path: str = "") -> dict[str, Any]:
        """Return what was asked, as the origin's ``/-/requests`` does."""
        return self.journal.report(path)

    def content(self, key: str, stored: Stored, behaviour: Behaviour) -> Content:
        """Open an object as it is now."""
        content = opened(stored, key)
        now = None
        try:
            now = version_of(content, behaviour)
        finally:
            if now is not content:
                content.close()
        return now

    def digests(self, content: Content, part_size: int = 0) -> Digests:
        """Return the digests of some bytes, which are worked out once."""
        known = (f"{content.seed or content.identity}:{content.size}", part_size)
        # Several requests may be the first at once.
        with self._digesting:
            if known not in self._digests:
                self._digests[known] = digests_of(content, part_size)
            return self._digests[known]

    def etag(self, key: str, stored: Stored) -> str:
        """Return the ETag that an object has, without quotes."""
        content = opened(stored, key)
        with contextlib.closing(content):
            return self.digests(content, stored.part_size).etag

    def bucket(self, place: Place) -> dict[str, Stored]:
        """Return the objects of a bucket that has to be there."""
        if place.bucket not in self.buckets:
            raise Refused(404, "NoSuchBucket", details={"BucketName": place.bucket})
        return self.buckets[place.bucket]

    def find(self, place: Place) -> Stored:
        """Return the object at a place, or refuse."""
        objects = self.bucket(place)
        if place.key not in objects:
            raise self.missing(place)
        return objects[place.key]

    @abstractmethod
    def place(self, message: Message) -> Place:
        """Return what a request is for."""

    @abstractmethod
    def admit(self, message: Message, place: Place) -> None:
        """Refuse a request that its sender has no right to."""

    @abstractmethod
    def missing(self, place: Place) -> Refused:
        """Return what is said of a key that is not there."""

    @abstractmethod
    def frozen(self, stored: Stored) -> Refused | None:
        """Return what is said of an archived object that cannot be read now."""

    @abstractmethod
    def told(
        self, message: Message, stored: Stored, digests: Digests, behaviour: Behaviour
    ) -> dict[str, str]:
        """Return the headers that this store has and others do not."""

    @abstractmethod
    def listed(self, message: Message, place: Place) -> bytes:
        """Return a page of a bucket's objects as XML."""

    @abstractmethod
    def received(self, message: Message, place: Place, body: bytes) -> dict[str, str]:
        """Keep an upload, and return the headers of the answer."""

    @abstractmethod
    def common(self, place: Place | None) -> dict[str, str]:
        """Return the headers of each answer, errors included."""

    @abstractmethod
    def refusal(self, message: Message, place: Place | None, refused: Refused) -> web.Response:
        """Return an error as this store words it."""


def _below(root: Path) -> dict[str, Data | Stored]:
    """Return the files of a directory of buckets."""
    return {
        file.relative_to(root).as_posix(): file
        for file in sorted(root.rglob("*"))
        if file.is_file() and file.parent != root
    }
