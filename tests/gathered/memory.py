"""A bucket in memory, as far as groups use it, and a function that is only told what to do.

Whoever uses it can be made to die at any of its requests: before it, or before the answer.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from ossferry.cloud import Cloud
from ossferry.entries import Entry, ObjectInfo, Page
from ossferry.errors import ObjectExists
from ossferry.names import ObjectName

TARGET = ObjectName("cn-hangzhou", "my-bucket", "out/")


class Died(BaseException):
    """The instance is gone."""


class Memory:
    """All that outlives an instance. ``submitted`` has the events by their task id."""

    def __init__(self, clock: Callable[[], float] = lambda: 1000.0, page: int = 1000) -> None:
        self.objects: dict[str, tuple[bytes, float, dict[str, str]]] = {}
        self.submitted: dict[str, Mapping[str, object]] = {}
        self.requests: list[str] = []
        self.versioning = ""
        self.clock = clock
        self.page = page
        self.lock = threading.RLock()

    def names(self, prefix: str) -> list[str]:
        return sorted(key for key in self.objects if key.startswith(prefix))


class Instance:
    """A cloud as one invocation has it, which dies at its ``last`` request: before that is done,
    or ``after``."""

    timeout = 60.0

    def __init__(
        self, memory: Memory, request_id: str = "r", last: int | None = None, *, after: bool = False
    ) -> None:
        self.memory, self.request_id = memory, request_id
        self._left, self._after = last, after

    @property
    def cloud(self) -> Cloud:
        return cast(Cloud, self)

    def bucket(self, _: ObjectName) -> Any:
        return _Bucket(self)

    def direct(self, _: ObjectName) -> Any:
        return _Bucket(self)

    def invoke_later(
        self, document: Mapping[str, object], *, delay: int = 0, task_id: str = ""
    ) -> None:
        self.asked("InvokeLater", lambda: self.memory.submitted.setdefault(task_id, document))

    def asked(self, what: str, action: Callable[[], Any]) -> Any:
        with self.memory.lock:
            if self._left is not None:
                self._left -= 1
            if self._left is not None and (self._left < 0 or (not self._left and not self._after)):
                raise Died
            self.memory.requests.append(what)
            result = action()
            if self._left == 0:
                raise Died
            return result


class _Bucket:
    """Both kinds of bucket."""

    def __init__(self, instance: Instance) -> None:
        self._instance, self._memory = instance, instance.memory

    def put(self, key: str, headers: Mapping[str, str], body: memoryview) -> None:
        def put() -> None:
            if "x-oss-forbid-overwrite" in headers and key in self._memory.objects:
                raise ObjectExists(key)
            metadata = {
                name.removeprefix("x-oss-meta-"): value
                for name, value in headers.items()
                if name.startswith("x-oss-meta-")
            }
            moment = float(int(self._memory.clock()))
            self._memory.objects[key] = (bytes(body), moment, metadata)

        self._instance.asked("PutObject", put)

    def write(self, key: str, content: bytes) -> None:
        self.put(key, {}, memoryview(content))

    def head(self, key: str) -> ObjectInfo | None:
        def head() -> ObjectInfo | None:
            found = self._memory.objects.get(key)
            return found and ObjectInfo(len(found[0]), "e", 1, found[2])

        return cast("ObjectInfo | None", self._instance.asked("HeadObject", head))

    def read(self, key: str) -> tuple[bytes, float] | None:
        def read() -> tuple[bytes, float] | None:
            found = self._memory.objects.get(key)
            return found and found[:2]

        return cast("tuple[bytes, float] | None", self._instance.asked("GetObject", read))

    def now(self) -> float:
        return cast(float, self._instance.asked("ListObjectsV2", self._memory.clock))

    def versioning(self) -> str:
        told = self._instance.asked("GetBucketVersioning", lambda: self._memory.versioning)
        return cast(str, told)

    def page(self, prefix: str, after: str, most: int = 1000) -> Page:
        def page() -> Page:
            names = [name for name in self._memory.names(prefix) if name > after]
            some = names[: min(most, self._memory.page)]
            entries = (Entry(name, 2, "e", self._memory.objects[name][1]) for name in some)
            return Page(tuple(entries), len(some) < len(names))

        return cast(Page, self._instance.asked("ListObjectsV2", page))

    def names(self, prefix: str) -> Iterator[tuple[str, float]]:
        after, truncated = "", True
        while truncated:
            entries, truncated = self.page(prefix, after)
            yield from ((each.key, each.modified) for each in entries)
            after = entries[-1].key if entries else after

    def delete(self, key: str) -> None:
        self._instance.asked("DeleteObject", lambda: self._memory.objects.pop(key, None))

    def delete_all(self, keys: list[str]) -> None:
        def delete() -> None:
            for key in keys:
                self._memory.objects.pop(key, None)

        if keys:
            self._instance.asked("DeleteMultipleObjects", delete)

    def close(self) -> None:
        """Nothing to close."""
