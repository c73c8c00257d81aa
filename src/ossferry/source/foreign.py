"""An object of another cloud as a source: how it is asked for, what proves it, and what a refusal
of its store means.

Each invocation signs for itself, and only what it needs. The rest is as with any URL.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple

from ..copying.copy_job import SourceRef
from ..copying.judge import content_length, pin_of
from ..errors import FerryError, SourceArchived, SourceUnavailable
from ..http.connection import BROKEN, Connection
from ..http.netguard import NetGuard
from ..origins.credentials import Credentials
from ..origins.place import ForeignName
from ..origins.refusals import archived, in_words
from ..origins.signing import signed
from .checks import checks_of, value_of
from .probe import Source

# S3 tells a checksum only to who asks for it, in a header, and never with a range.
_TELL = {"x-amz-checksum-mode": "ENABLED"}
_ANSWER = 4096  # bytes of a refusal that are read
_SECONDS = 1.0  # that they may take
_MOMENT = 60.0  # seconds for a request that is made at once
_PATIENCE = 5.0  # seconds for what a transfer can do without


class Foreign(NamedTuple):
    """``headers`` are those of the event; S3 wants its own among them signed."""

    name: ForeignName
    credentials: Credentials
    chosen: str | None
    headers: Mapping[str, str]

    def ref(self, seconds: float) -> SourceRef:
        """To be read for so long."""
        url = signed(
            self.name, self.credentials, self.chosen, seconds=seconds, headers=self._to_sign()
        )
        return SourceRef(url, self.headers)

    def whole(self, seconds: float) -> SourceRef:
        """To be read at one go, without a range: the reply then tells what proves it."""
        if self.name.store != "s3":
            return self.ref(seconds)
        own = {name: text for name, text in self.headers.items() if name.lower() not in _TELL}
        url = signed(
            self.name,
            self.credentials,
            self.chosen,
            seconds=seconds,
            headers=self._to_sign() | _TELL,
        )
        return SourceRef(url, own | _TELL)

    def proven(self, source: Source, guard: NetGuard, deadline: float) -> Source:
        """The source with the checksums that its store has of it, where its replies do not tell
        them. They count only if they are of what was probed; that they are not told is no error.
        """
        if source.checks or not source.ref.pin.etag:
            return source
        connection = Connection(guard)
        try:
            headers = {**self.headers, **_TELL}
            url = signed(
                self.name,
                self.credentials,
                self.chosen,
                seconds=_MOMENT,
                method="HEAD",
                headers=self._to_sign() | _TELL,
            )
            asked = {**headers, "Accept-Encoding": "identity"}
            connection.ask("HEAD", url, asked, _soon(deadline))
            reply = connection.reply()
        except (*BROKEN, FerryError):
            return source
        finally:
            connection.drop()
        if reply.status != 200:
            return source
        if pin_of(reply.headers, content_length(reply.headers)) != source.ref.pin:
            return source
        checks = checks_of(reply.headers)
        return replace(source, checks=checks, crc64=value_of(checks, "crc64"))

    def archived(self) -> SourceArchived:
        """What is said of one that its store does not give for that."""
        return archived(self.name)

    def explained(self, error: FerryError, guard: NetGuard, deadline: float) -> FerryError:
        """The same in words about the object, if its store has any: it is asked once more."""
        connection = Connection(guard)
        try:
            ref = self.ref(_MOMENT)
            sent = {**self.headers, "Range": "bytes=0-0", "Accept-Encoding": "identity"}
            reply = connection.get(ref.url, sent, _soon(deadline))
            answer = b""
            with suppress(*BROKEN):
                answer = reply.beginning(_ANSWER, _SECONDS) if reply.status >= 300 else b""
        except (*BROKEN, FerryError):
            return error
        finally:
            connection.drop()
        region = reply.headers.get("x-amz-bucket-region")
        worded = in_words(self.name, self._setting, answer, region)
        if worded is None:
            return error
        # What follows in the error of a transfer is how much of it is kept.
        kept = error.message.partition("; ")[2]
        return type(worded)("; ".join(filter(None, (worded.message, kept))))

    @property
    def _setting(self) -> str | None:
        entry = self.credentials.entry(self.name, self.chosen)
        return entry.credentials if entry else None

    def _to_sign(self) -> dict[str, str]:
        return {
            name: value for name, value in self.headers.items() if name.lower().startswith("x-amz-")
        }


def require_object(name: ForeignName, source: Source) -> None:
    """Raise for a reply that was a success and is no object: each of those has an ETag, and a
    document that says what is wrong has none."""
    media = source.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if source.ref.pin.etag is None and media in ("application/xml", "text/xml"):
        raise SourceUnavailable(
            f"the store of {name} answered with a document of its own instead of the object: send"
            " this again, and check source_endpoint if that does not help"
        )


def _soon(deadline: float) -> float:
    return min(deadline, time.monotonic() + _PATIENCE)
