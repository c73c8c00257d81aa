"""That a program is done with an object: one record, written last and only once, with its outputs.

Its name follows from all that the outputs follow from, so whoever is asked for the same finds it.
In a bucket with versioning OSS does not refuse the second of two who write it at the same moment:
then the last one counts.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any, NamedTuple

from ..cloud import Cloud
from ..errors import TargetRefused
from ..jobs import ProgramJob
from ..records.attempts import attempt_name, record_name
from ..source.probe import Source
from .description import Program
from .output import Made

if TYPE_CHECKING:
    from ..oss.bucket import Bucket

_JSON = {"Content-Type": "application/json"}


class Record(NamedTuple):
    """``mark`` is that of the attempt that made the outputs."""

    mark: str
    program: str
    source: Mapping[str, Any]
    target: str
    parameters: Mapping[str, str]
    outputs: tuple[Made, ...]
    seconds: Mapping[str, float]

    def encode(self) -> bytes:
        outputs = [{**each._asdict(), "crc64": str(each.crc64)} for each in self.outputs]
        document = {"version": 1, **self._asdict(), "outputs": outputs}
        return json.dumps(document, ensure_ascii=False).encode()

    @classmethod
    def decode(cls, text: bytes, name: str) -> Record:
        try:
            found = json.loads(text)
            outputs = tuple(
                Made(str(each["key"]), int(each["size"]), int(each["crc64"]), str(each["etag"]))
                for each in found["outputs"]
            )
            rest = {each: found[each] for each in cls._fields if each != "outputs"}
            return cls(outputs=outputs, **rest)
        except (KeyError, TypeError, ValueError):
            raise TargetRefused(f"{name} is no record of a program: delete it") from None


def record_id(
    job: ProgramJob, program: Program, source: Source, parameters: Mapping[str, str]
) -> str:
    """What it all follows from, as one word. How to read the source is no part of that."""
    pin = source.ref.pin
    version = pin.etag or f"{pin.last_modified} {pin.size}"
    what = [
        *(job.source.bucket, job.source.key, version, program.name, program.digest),
        *(sorted(parameters.items()), job.target.bucket, job.target.key),
    ]
    return hashlib.sha256(json.dumps(what).encode()).hexdigest()[:40]


def find(bucket: Bucket, id: str) -> Record | None:
    name = record_name(id)
    found = bucket.read(name)
    return Record.decode(found[0], name) if found else None


def create(job: ProgramJob, cloud: Cloud, id: str, record: Record) -> None:
    """``ObjectExists`` if somebody else was faster; not for a second try of our own."""
    with closing(cloud.direct(job.target)) as bucket:
        headers = {**_JSON, "x-oss-forbid-overwrite": "true"}
        bucket.put(record_name(id), headers, memoryview(record.encode()))


def abandoned(bucket: Bucket, id: str, timeout: float) -> Sequence[str]:
    """The notes of attempts at the same that never came to their end: no invocation of this
    function lasts for so many seconds. What a younger one stores may be about to count."""
    notes = [*bucket.names(attempt_name(id, "").removesuffix(".json"))]
    oldest = bucket.now() - timeout if notes else 0.0
    return [name for name, written in notes if written < oldest]
