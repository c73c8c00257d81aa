"""Random sequences of object and multipart operations, against a model in a few dictionaries.

The model says what OSS promises, without files, connections or signatures. After every step the
server has to agree with it: objects, their bytes and checksums, open uploads and their parts, and
the number of files that hold them.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import oss2
import pytest
from fastcrc import crc64
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
)
from oss2.models import PartInfo

from tests.peers.oss_service import running

LEAST = 100 * 1024
KEYS = st.sampled_from(["a", "a/b", "ü %+"])
# Around the least size of a part, which is what Complete decides by.
BODIES = st.builds(
    lambda size, fill: bytes([fill]) * size,
    st.sampled_from([0, 1, LEAST - 1, LEAST, LEAST + 1]),
    st.integers(0, 255),
)
NUMBERS = st.integers(1, 4)
SUBSETS = st.lists(NUMBERS, min_size=1, max_size=4, unique=True).map(sorted)


@dataclass
class Opened:
    """An upload as the model knows it."""

    key: str
    parts: dict[int, bytes] = field(default_factory=dict)


@dataclass
class Model:
    """What the bucket should hold: bytes and type by key, and the open uploads by id."""

    objects: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    uploads: dict[str, Opened] = field(default_factory=dict)

    def refusal_of_complete(self, upload_id: str, numbers: list[int]) -> str:
        """The code that a Complete is refused with; empty if it succeeds."""
        if upload_id not in self.uploads:
            return "NoSuchUpload"
        parts = self.uploads[upload_id].parts
        if not set(numbers) <= set(parts):
            return "InvalidPart"
        small = any(len(parts[number]) < LEAST for number in numbers[:-1])
        return "EntityTooSmall" if small else ""


class OssMachine(RuleBasedStateMachine):
    """The operations; ids of uploads that have ended are used again, to be refused."""

    uploads = Bundle("uploads")

    def __init__(self) -> None:
        super().__init__()
        self.stack = contextlib.ExitStack()
        self.oss = self.stack.enter_context(running())
        self.bucket: Any = self.oss.bucket()
        self.model = Model()

    def teardown(self) -> None:
        self.stack.close()

    @initialize()
    def start(self) -> None:
        assert self.oss.files() == []

    @rule(key=KEYS, body=BODIES)
    def put(self, key: str, body: bytes) -> None:
        assert self.bucket.put_object(key, body).crc == crc64.xz(body)
        self.model.objects[key] = (body, "Normal")

    @rule(key=KEYS, body=BODIES)
    def put_unless_there(self, key: str, body: bytes) -> None:
        forbid = {"x-oss-forbid-overwrite": "true"}
        code = "FileAlreadyExists" if key in self.model.objects else ""
        with refused_with(code):
            self.bucket.put_object(key, body, headers=forbid)
        self.model.objects.setdefault(key, (body, "Normal"))

    @rule(key=KEYS)
    def delete(self, key: str) -> None:
        self.bucket.delete_object(key)
        self.model.objects.pop(key, None)

    @rule(source=KEYS, copied=KEYS)
    def copy(self, source: str, copied: str) -> None:
        with refused_with("" if source in self.model.objects else "NoSuchKey"):
            self.bucket.copy_object(self.bucket.bucket_name, source, copied)
        if source in self.model.objects:
            self.model.objects[copied] = (self.model.objects[source][0], "Normal")

    @rule(key=KEYS, body=BODIES, late=st.booleans())
    def append(self, key: str, body: bytes, late: bool) -> None:
        old, kind = self.model.objects.get(key, (b"", "Appendable"))
        code = "PositionNotEqualToLength" if late else ""
        code = code if kind == "Appendable" else "ObjectNotAppendable"
        with refused_with(code):
            self.bucket.append_object(key, len(old) + late, body)
        if not code:
            self.model.objects[key] = (old + body, "Appendable")

    @rule(target=uploads, key=KEYS)
    def initiate(self, key: str) -> str:
        upload_id: str = self.bucket.init_multipart_upload(key).upload_id
        self.model.uploads[upload_id] = Opened(key)
        return upload_id

    @rule(upload_id=uploads, number=NUMBERS, body=BODIES)
    def upload_part(self, upload_id: str, number: int, body: bytes) -> None:
        opened = self.model.uploads.get(upload_id)
        with refused_with("" if opened else "NoSuchUpload"):
            key = opened.key if opened else "a"
            sent = self.bucket.upload_part(key, upload_id, number, body)
            assert sent.etag == etag(body)
        if opened:
            opened.parts[number] = body

    @rule(upload_id=uploads, numbers=SUBSETS)
    def complete(self, upload_id: str, numbers: list[int]) -> None:
        opened = self.model.uploads.get(upload_id, Opened("a"))
        code = self.model.refusal_of_complete(upload_id, numbers)
        listed = [PartInfo(n, etag(opened.parts.get(n, b"never sent"))) for n in numbers]
        with refused_with(code):
            self.bucket.complete_multipart_upload(opened.key, upload_id, listed)
        if not code:
            whole = b"".join(opened.parts[number] for number in numbers)
            self.model.objects[opened.key] = (whole, "Multipart")
            del self.model.uploads[upload_id]

    @rule(target=uploads, upload_id=consumes(uploads), forget=st.booleans())
    def abort(self, upload_id: str, forget: bool) -> Any:
        opened = self.model.uploads.pop(upload_id, None)
        with refused_with("" if opened else "NoSuchUpload"):
            self.bucket.abort_multipart_upload(opened.key if opened else "a", upload_id)
        return multiple() if forget else upload_id

    @invariant()
    def objects_agree(self) -> None:
        listed = {item.key: (item.size, item.type) for item in oss2.ObjectIterator(self.bucket)}
        objects = self.model.objects
        assert listed == {key: (len(body), kind) for key, (body, kind) in objects.items()}
        for key, (body, _) in objects.items():
            got = self.bucket.get_object(key)
            assert got.read() == body
            assert got.server_crc == crc64.xz(body)

    @invariant()
    def uploads_agree(self) -> None:
        listed = {(u.key, u.upload_id) for u in oss2.MultipartUploadIterator(self.bucket)}
        assert listed == {(up.key, upload_id) for upload_id, up in self.model.uploads.items()}
        for upload_id, opened in self.model.uploads.items():
            found = list(oss2.PartIterator(self.bucket, opened.key, upload_id))
            assert [(part.part_number, part.etag) for part in found] == [
                (number, etag(body)) for number, body in sorted(opened.parts.items())
            ]

    @invariant()
    def nothing_is_kept_for_nothing(self) -> None:
        if not self.model.objects and not any(u.parts for u in self.model.uploads.values()):
            assert self.oss.files() == []


def etag(body: bytes) -> str:
    return hashlib.md5(body).hexdigest().upper()


@contextlib.contextmanager
def refused_with(code: str) -> Iterator[None]:
    """Expect the refusal, or success when there is no code."""
    if not code:
        yield
        return
    with pytest.raises(oss2.exceptions.ServerError) as error:
        yield
    assert error.value.code == code


# One server for each example, and every step asks it for everything: few examples say a lot.
TestOss = OssMachine.TestCase
TestOss.settings = settings(
    max_examples=25,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
