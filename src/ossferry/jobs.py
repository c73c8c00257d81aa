"""What an invocation is asked and what it answers, as values that go through JSON.

A ``TransferJob`` is what a person or a trigger asks of a coordinator, a ``CopyJob`` what a
coordinator asks of a child. The ``kind`` in the JSON tells them apart; an event without one is a
transfer. Signed URLs exist only inside a ``CopyJob``; no repr shows them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from .errors import FerryError, InvalidEvent, error_of
from .plan import ByteRange
from .urls import Url

COPY = "copy"
COPY_VERSION = 1

Overwrite = Literal["different", "always", "never"]


@dataclass(frozen=True, slots=True)
class ObjectName:
    """An OSS object, whether it exists or not."""

    region: str
    bucket: str
    key: str

    def __str__(self) -> str:
        return f"oss://{self.bucket}/{self.key}"


@dataclass(frozen=True, slots=True)
class TransferJob:
    """One source to one object. ``None`` means: as the source, the plan or the settings say.

    ``expected_*`` are checked before the object becomes visible. ``fallback`` is done instead
    when the source does not exist.
    """

    source: Url | ObjectName
    target: ObjectName
    part_size: int | None = None
    max_children: int | None = None
    streams: int | None = None
    source_headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    expected_size: int | None = None
    expected_crc64: int | None = None
    expected_md5: str | None = None  # hex
    content_type: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    storage_class: str | None = None
    overwrite: Overwrite = "different"
    fallback: TransferJob | None = None


@dataclass(frozen=True, slots=True)
class BatchJob:
    """The transfers that one trigger event asks for; an entry that cannot be done is its error."""

    transfers: tuple[TransferJob | InvalidEvent, ...]
    ignored: int = 0


@dataclass(frozen=True, slots=True)
class Pin:
    """What makes a source this source: no reply that contradicts it is accepted.

    ``size`` is None while it is unknown, ``etag`` is without quotes and weakness mark.
    """

    size: int | None = None
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class SourceRef:
    """Where to read a source, as whom, and what it has to be."""

    url: Url
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    pin: Pin = Pin()


@dataclass(frozen=True, slots=True)
class PartJob:
    """One range of the source and the URL to PUT it to, signed by the coordinator."""

    number: int
    range: ByteRange
    url: Url


@dataclass(frozen=True, slots=True)
class CopyJob:
    """What a child is asked: these parts, with so many streams, within so many seconds."""

    source: SourceRef
    parts: tuple[PartJob, ...]
    streams: int
    seconds: float

    def encode(self) -> bytes:
        pin = self.source.pin
        document = {
            "kind": COPY,
            "version": COPY_VERSION,
            "source": {
                "url": self.source.url.reveal(),
                "headers": dict(self.source.headers),
                "pin": [pin.size, pin.etag, pin.last_modified],
            },
            "parts": [
                [part.number, part.range.start, part.range.stop, part.url.reveal()]
                for part in self.parts
            ],
            "streams": self.streams,
            "seconds": self.seconds,
        }
        return json.dumps(document).encode()

    @classmethod
    def decode(cls, document: Mapping[str, Any]) -> CopyJob:
        """The job that ``encode`` wrote; ``InvalidEvent`` for anything else."""
        try:
            if document["version"] != COPY_VERSION:
                raise InvalidEvent(
                    "a coordinator of another version started this child: deploy again"
                )
            source = document["source"]
            return cls(
                source=SourceRef(Url(source["url"]), source["headers"], Pin(*source["pin"])),
                parts=tuple(
                    PartJob(number, ByteRange(start, stop), Url(url))
                    for number, start, stop, url in document["parts"]
                ),
                streams=document["streams"],
                seconds=document["seconds"],
            )
        except (KeyError, TypeError, ValueError) as error:
            # Not the error's text: it may quote a signed URL.
            raise InvalidEvent(
                f"a copy job is only written by a coordinator; this one is broken"
                f" ({type(error).__name__})"
            ) from None


@dataclass(frozen=True, slots=True)
class CopiedPart:
    """A part that OSS has, and the CRC64 of the bytes that the source gave for it.

    ``confirmed``: OSS reported the same CRC64 for what it stored.
    """

    number: int
    size: int
    etag: str
    crc64: int
    confirmed: bool


@dataclass(frozen=True, slots=True)
class CopyResult:
    """What a child did. With an ``error``, the parts are those that were done before it.

    ``retried`` counts parts sent again and sources opened again, ``hedged`` parts that were late
    and copied twice, ``stepped_down`` streams given up because source or OSS would not serve them.
    """

    parts: tuple[CopiedPart, ...]
    retried: int = 0
    hedged: int = 0
    stepped_down: int = 0
    error: FerryError | None = None

    def to_json(self) -> dict[str, object]:
        return {
            "parts": [
                [part.number, part.size, part.etag, part.crc64, part.confirmed]
                for part in self.parts
            ],
            "retried": self.retried,
            "hedged": self.hedged,
            "stepped_down": self.stepped_down,
            "error": [self.error.type, self.error.message] if self.error else None,
        }

    @classmethod
    def decode(cls, text: bytes) -> CopyResult:
        """The result in a child's reply; ValueError for anything else."""
        try:
            document = json.loads(text)
            return cls(
                parts=tuple(
                    CopiedPart(int(number), int(size), str(etag), int(crc64), bool(confirmed))
                    for number, size, etag, crc64, confirmed in document["parts"]
                ),
                retried=int(document["retried"]),
                hedged=int(document["hedged"]),
                stepped_down=int(document["stepped_down"]),
                error=error_of(*document["error"]) if document["error"] else None,
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a copy result: {type(error).__name__}") from None


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """An object as OSS describes it. ``crc64`` is None for objects that OSS has none for."""

    size: int
    etag: str
    crc64: int | None
    metadata: Mapping[str, str] = field(default_factory=dict)
