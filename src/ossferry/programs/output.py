"""Makes objects of what a program left, each proven by OSS's CRC64; those that name others last.

Every object has the mark of its attempt in its metadata. Small ones are one PUT, larger ones an
upload by parts, which nobody sees before it is complete.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from ..apart.folder import opened
from ..byte_range import MIB, ByteRange
from ..cloud import Cloud
from ..copying.copy_job import CopiedPart
from ..copying.stream import copied
from ..copying.upload import Uploader
from ..crc64 import combine_all, crc64
from ..depot.side_by_side import side_by_side
from ..entries import ObjectInfo
from ..errors import ChecksumMismatch, OutOfTime
from ..names import ATTEMPT_MARK, ObjectName
from ..parts import Part
from ..retry import DEFAULT_POLICY, call
from ..stop import Stop
from .naming import content_type, is_last

if TYPE_CHECKING:
    from ..oss.bucket import Bucket
    from ..oss.multipart import Upload

_AT_ONCE = 4  # uploads or parts: each has a buffer
_WHOLE = 4 * MIB  # bytes that are sent in one PUT
_PART = 8 * MIB
_MOST_PARTS = 9_000
_BUFFER = MIB


class Output(NamedTuple):
    """A file that is to be an object: its path below the folder, and its key."""

    name: str
    key: str
    size: int


class Made(NamedTuple):
    """An object as OSS has it."""

    key: str
    size: int
    crc64: int
    etag: str


class Outputs:
    """Of one attempt. ``stop`` ends it, as does what goes wrong with any of them."""

    def __init__(self, folder: str, target: ObjectName, mark: str, cloud: Cloud) -> None:
        self._folder = folder
        self._target = target
        self._mark = mark
        self._cloud = cloud
        self._bucket: Bucket = cloud.bucket(target)
        self._uploads: dict[str, Upload] = {}

    def open(self, outputs: Sequence[Output]) -> dict[str, str]:
        """Open uploads for those that need one; their ids by key, which have to be on record
        before anything is sent. ``abort`` what may be open if it fails."""
        for output in outputs:
            if output.size > _WHOLE:
                headers = self._headers(output)
                self._uploads[output.key] = self._bucket.create(output.key, headers)
        return {key: upload.id for key, upload in self._uploads.items()}

    def abort(self) -> bool:
        """Give up what is not complete; whether nothing of it is left."""
        uploads, self._uploads = self._uploads, {}
        return all([upload.abort() for upload in uploads.values()])

    def make(self, outputs: Sequence[Output], last: Sequence[str], stop: Stop) -> list[Made]:
        """All of them, in their order; those that are to be ``last`` one by one."""
        early = [each for each in outputs if not is_last(each.name, last)]
        late = [each for each in outputs if is_last(each.name, last)]
        made = self._make(early, stop)
        for output in late:
            made += self._make([output], stop)
        return made

    def _make(self, outputs: Sequence[Output], stop: Stop) -> list[Made]:
        small = [each for each in outputs if each.size <= _WHOLE]
        large = [each for each in outputs if each.size > _WHOLE]
        made: dict[str, Made] = {}
        puts: list[Callable[[], list[Made]]] = [
            partial(self._put_all, small[start::_AT_ONCE], stop) for start in range(_AT_ONCE)
        ]
        for several in side_by_side(puts, stop, _AT_ONCE):
            made |= {each.key: each for each in several}
        for output in large:
            made[output.key] = self._uploaded(output, stop)
        return [made[output.key] for output in outputs]

    def _headers(self, output: Output) -> dict[str, str]:
        return {
            "Content-Type": content_type(output.key),
            f"x-oss-meta-{ATTEMPT_MARK}": self._mark,
        }

    def _put_all(self, outputs: Sequence[Output], stop: Stop) -> list[Made]:
        made = []
        with closing(self._cloud.direct(self._target)) as bucket, stop.then(bucket.interrupt):
            for output in outputs:
                _require_time(stop)
                content = self._read(output)
                info = bucket.put(output.key, self._headers(output), memoryview(content))
                made.append(Made(output.key, len(content), crc64(content), info.etag))
        return made

    def _read(self, output: Output) -> bytes:
        with open(opened(f"{self._folder}/{output.name}"), "rb") as file:
            return file.read(_WHOLE + 1)

    def _uploaded(self, output: Output, stop: Stop) -> Made:
        """By parts, several at once."""
        upload = self._uploads[output.key]
        step = max(_PART, -(-output.size // _MOST_PARTS))
        starts = range(0, output.size, step)
        parts = [
            Part(number, ByteRange(start, min(start + step, output.size)))
            for number, start in enumerate(starts, 1)
        ]
        descriptor = opened(f"{self._folder}/{output.name}")
        try:
            sends = [partial(self._send, upload, part, descriptor, stop) for part in parts]
            sent = side_by_side(sends, stop, _AT_ONCE)
        finally:
            os.close(descriptor)
        crc = combine_all((part.crc64, part.size) for part in sent)
        info: ObjectInfo = upload.complete(sent, crc, {})
        del self._uploads[output.key]
        return Made(output.key, output.size, crc, info.etag)

    def _send(self, upload: Upload, part: Part, descriptor: int, stop: Stop) -> CopiedPart:
        def attempt() -> CopiedPart:
            _require_time(stop)
            with closing(Uploader(self._cloud.deadline)) as uploader, stop.then(uploader.interrupt):
                return _sent(uploader, upload, part, descriptor)

        return call(attempt, DEFAULT_POLICY, deadline=self._cloud.deadline, sleep=stop.wait)


def _sent(uploader: Uploader, upload: Upload, part: Part, descriptor: int) -> CopiedPart:
    buffer = memoryview(bytearray(min(_BUFFER, part.range.size)))
    crc, offset = 0, part.range.start
    uploader.begin(upload.part_url(part.number), {}, part.range.size)
    while offset < part.range.stop:
        wanted = min(len(buffer), part.range.stop - offset)
        count = os.preadv(descriptor, [buffer[:wanted]], offset)
        if not count:
            raise ChecksumMismatch("a file that a program left became shorter while it was sent")
        uploader.send(buffer[:count])
        crc = crc64(buffer[:count], crc)
        offset += count
    return copied(part.number, part.range.size, crc, uploader.finish())


def _require_time(stop: Stop) -> None:
    if stop.is_set():
        raise OutOfTime("the outputs could not all be stored before the function had to end")


def as_outputs(files: Mapping[str, int], keys: Mapping[str, str]) -> list[Output]:
    """In the order of their keys."""
    return [Output(name, key, files[name]) for name, key in keys.items()]
