"""What a coordinator asks of a child, and what the child answers, as values that go through JSON.

Signed URLs exist only in here; no repr shows them. Kept apart from what else can be asked, because
every cold child loads this; named tuples for the same reason, here and in all that a child loads:
the first dataclass costs it 12 ms of CPU, and each further one a whole millisecond.
"""

from __future__ import annotations

import hmac
import json
import math
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ..byte_range import ByteRange
from ..checksums import BESIDE_CRC64
from ..errors import FerryError, InvalidEvent, error_of
from ..urls import Url

COPY = "copy"
COPY_VERSION = 5


class Pin(NamedTuple):
    """What makes a source this source: no reply that contradicts it is accepted.

    ``size`` is None while it is unknown, ``etag`` is without quotes and weakness mark, ``coding``
    is the Content-Encoding, None for the bytes as they are.
    """

    size: int | None = None
    etag: str | None = None
    last_modified: str | None = None
    coding: str | None = None


class SourceRef(NamedTuple):
    """Where to read a source, as whom, and what it has to be.

    ``unpaid``: not if it is an archived object that is not restored, which is read for a price.
    ``checksum`` is what is computed of its bytes beside CRC64: one that it tells; "" for nothing.
    """

    url: Url
    headers: Mapping[str, str] = {}  # may be credentials
    pin: Pin = Pin()
    unpaid: bool = False
    checksum: str = ""

    def __repr__(self) -> str:
        return f"SourceRef({self.url}, {self.pin})"


class PartJob(NamedTuple):
    """One range of the source and the URL to PUT it to, signed by the coordinator."""

    number: int
    range: ByteRange
    url: Url


class Warrant(NamedTuple):
    """The record of the upload that the parts are of, and the secret in it: what seals a job.

    Only the function's role reads and writes records, so who knows the secret is a coordinator.
    """

    region: str = ""
    bucket: str = ""
    record: str = ""
    secret: str = ""  # never in a job

    def __repr__(self) -> str:
        return f"Warrant(oss://{self.bucket}/{self.record})"


class CopyJob(NamedTuple):
    """What a child is asked: these parts, with so many streams, within so many seconds.

    ``receipt`` is where it PUTs what it has done so far; None for a job that nobody else follows.
    """

    source: SourceRef
    parts: tuple[PartJob, ...]
    streams: int
    seconds: float
    transfer_id: str = ""  # for the log
    warrant: Warrant = Warrant()
    receipt: Url | None = None

    def encode(self) -> bytes:
        document = {
            "kind": COPY,
            "version": COPY_VERSION,
            "source": {
                "url": self.source.url.reveal(),
                "headers": dict(self.source.headers),
                "pin": list(self.source.pin),
                "unpaid": self.source.unpaid,
                "checksum": self.source.checksum,
            },
            "parts": [
                [part.number, part.range.start, part.range.stop, part.url.reveal()]
                for part in self.parts
            ],
            "streams": self.streams,
            "seconds": self.seconds,
            "transfer_id": self.transfer_id,
            "warrant": [self.warrant.region, self.warrant.bucket, self.warrant.record],
            "receipt": self.receipt.reveal() if self.receipt else None,
        }
        return json.dumps({**document, "seal": seal(document, self.warrant.secret)}).encode()

    @classmethod
    def decode(cls, document: Mapping[str, Any]) -> CopyJob:
        """The job that ``encode`` wrote; ``InvalidEvent`` for anything else."""
        try:
            if document["version"] != COPY_VERSION:
                raise InvalidEvent(
                    "a coordinator of another version started this child: send the event again once"
                    " the deployment is through"
                )
            source = document["source"]
            unpaid, checksum = bool(source.get("unpaid")), source.get("checksum", "")
            if checksum not in ("", *BESIDE_CRC64):
                raise ValueError("a checksum that nobody knows")
            return cls(
                source=SourceRef(
                    Url(source["url"]), source["headers"], Pin(*source["pin"]), unpaid, checksum
                ),
                parts=tuple(
                    PartJob(number, ByteRange(start, stop), Url(url))
                    for number, start, stop, url in document["parts"]
                ),
                streams=document["streams"],
                seconds=document["seconds"],
                transfer_id=document["transfer_id"],
                warrant=Warrant(*map(str, document["warrant"])),
                receipt=Url(document["receipt"]) if document["receipt"] else None,
            )
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            # Not the error's text: it may quote a signed URL.
            raise InvalidEvent(
                f"a copy job is only written by a coordinator; this one is broken"
                f" ({type(error).__name__})"
            ) from None


def seal(document: Mapping[str, Any], secret: str) -> str:
    """What proves that whoever wrote a job knows the secret, whatever the spelling of its JSON."""
    sealed = {name: value for name, value in document.items() if name != "seal"}
    text = json.dumps(sealed, sort_keys=True).encode()
    return hmac.digest(secret.encode(), text, "sha256").hex()


class CopiedPart(NamedTuple):
    """A part that OSS has, and the CRC64 of the bytes that the source gave for it.

    ``confirmed``: OSS reported the same CRC64 for what it stored. ``check`` is the second checksum
    of the same bytes, and ``checksum`` which one that is: "" if there is none.
    """

    number: int
    size: int
    etag: str
    crc64: int
    confirmed: bool
    check: int = 0
    checksum: str = ""

    @property
    def row(self) -> list[object]:
        """As JSON has it; without a second checksum as versions that know none have it, too."""
        return [*self] if self.checksum else [*self[:5]]


def copied_parts(rows: Iterable[Iterable[Any]]) -> tuple[CopiedPart, ...]:
    """Parts as JSON has them: each a row. TypeError or ValueError for anything else."""
    return tuple(
        CopiedPart(int(number), int(size), str(etag), int(crc64), bool(confirmed), *_second(*more))
        for number, size, etag, crc64, confirmed, *more in rows
    )


def _second(check: int = 0, checksum: str = "") -> tuple[int, str]:
    return int(check), str(checksum)


class Timed(NamedTuple):
    """When a part that is done was begun, in seconds since the copying was; how many it took; by
    which stream, from 1. ``attempts`` counts what was sent or opened again, too."""

    number: int
    stream: int
    began: float
    seconds: float
    attempts: int = 1


class CopyResult(NamedTuple):
    """What a child did. With an ``error``, the parts are those that were done before it.

    ``retried`` counts parts sent again and sources opened again, ``hedged`` parts that were late
    and copied twice, ``stepped_down`` streams given up because source or OSS would not serve them.
    ``seconds`` is how long it copied, ``delayed`` by how many seconds OSS says it held answers
    back, because the account sends more than it bears. ``times`` are those of the parts.
    """

    parts: tuple[CopiedPart, ...]
    retried: int = 0
    hedged: int = 0
    stepped_down: int = 0
    seconds: float = 0.0
    delayed: float = 0.0
    error: FerryError | None = None
    times: tuple[Timed, ...] = ()

    def to_json(self) -> dict[str, object]:
        error = self.error
        return {
            "parts": [part.row for part in self.parts],
            "retried": self.retried,
            "hedged": self.hedged,
            "stepped_down": self.stepped_down,
            "seconds": round(self.seconds, 4),
            "delayed": round(self.delayed, 4),
            "error": [error.type, error.message, error.retry_after] if error else None,
            "times": [list(each) for each in self.times],
        }

    @classmethod
    def decode(cls, text: bytes) -> CopyResult:
        """The result in a child's reply; ValueError for anything else."""
        try:
            document = json.loads(text)
            return cls(
                parts=copied_parts(document["parts"]),
                retried=int(document["retried"]),
                hedged=int(document["hedged"]),
                stepped_down=int(document["stepped_down"]),
                seconds=_finite(document["seconds"]),
                delayed=_finite(document["delayed"]),
                error=error_of(*document["error"]) if document["error"] else None,
                times=tuple(
                    Timed(int(number), int(stream), _finite(began), _finite(seconds), int(attempts))
                    for number, stream, began, seconds, attempts in document["times"]
                ),
            )
        except (KeyError, OverflowError, TypeError) as error:
            raise ValueError(f"not a copy result: {type(error).__name__}") from None


def _finite(number: float) -> float:
    if not math.isfinite(number):  # JSON as Python reads it has numbers that are none
        raise ValueError("a number of seconds is none")
    return float(number)
