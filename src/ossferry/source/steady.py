"""Reads a whole source in its order, however long whoever takes it takes, and as often as wanted.

A list of millions of items is read for hours, at the pace at which they are copied; few servers
wait that long. Each time it has to be the same one.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import closing

from ..byte_range import KIB
from ..copying.copy_job import SourceRef
from ..copying.judge import normal_etag
from ..copying.reader import SourceReader
from ..errors import SourceChanged, SourceUnavailable
from ..http.content_range import content_range
from ..http.netguard import NetGuard
from ..stop import Stop
from ..urls import Url

_READ = 256 * KIB
_ATTEMPTS = 5  # in a row, without a byte


class Steady:
    """One source, of which ``version`` is known once it was read. ``stop`` ends all patience."""

    def __init__(self, url: Url, guard: NetGuard, deadline: float, stop: Stop) -> None:
        self._url = url
        self._guard = guard
        self._deadline = deadline
        self._stop = stop
        self.version = ""

    def content(self) -> Generator[bytes]:
        """All of it, from its beginning; where a reply breaks off, it is read on from there."""
        reader = SourceReader(SourceRef(self._url), self._guard, self._deadline)
        view, read, failed = memoryview(bytearray(_READ)), 0, 0
        with closing(reader):
            while True:
                try:
                    passed = self._open(reader, read)
                    while count := reader.readinto(view):
                        new = bytes(view[passed:count])
                        passed = max(0, passed - count)
                        if new:
                            read, failed = read + len(new), 0
                            yield new
                    return
                except SourceUnavailable as error:
                    failed += 1
                    wait = error.retry_after or (0.1 * 2**failed if failed > 1 else 0.0)
                    if failed >= _ATTEMPTS or time.monotonic() + wait > self._deadline:
                        raise
                    self._stop.wait(wait)

    def _open(self, reader: SourceReader, at: int) -> int:
        """Ask for what is behind so many bytes; how many of those the reply has all the same."""
        reply = reader.ask(f"bytes={at}-") if at else reader.open_whole()
        said = content_range(reply.headers) if at and reply.status == 206 else None
        goes_on = said is not None and said.range.start == at
        if at and not goes_on:
            reply = reader.open_whole()
        version = normal_etag(reply.headers) or reply.headers.get("Last-Modified") or ""
        if self.version and version != self.version:
            raise SourceChanged(
                f"{self._url.redacted} changed while it was read: send the event again"
            )
        self.version = version
        return 0 if goes_on else at
