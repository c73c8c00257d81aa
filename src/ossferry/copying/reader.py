"""Reads a source, whole or by ranges.

Redirects are followed hop by hop, so that every hop passes the address rules and credentials stay
with the host that they were given for. Whatever is read has been judged by its own reply.
"""

from __future__ import annotations

import math
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from contextlib import suppress
from urllib.parse import unquote_to_bytes

from ..byte_range import KIB, ByteRange
from ..errors import SourceBusy, SourceRefused, SourceUnavailable
from ..http.connection import BROKEN, Connection
from ..http.connections import Connections
from ..http.content_range import content_range
from ..http.netguard import NetGuard
from ..http.reply import Reply, Unanswered, reason
from ..tls import not_tls
from ..urls import Url
from .copy_job import SourceRef
from .judge import judge, judge_whole

_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_REDIRECTS = 10
_AT_ONCE = 1.0  # seconds for what is read only to keep a connection
_OF_REDIRECT = 16 * KIB  # bytes that a redirect says, and nobody wants to know
_OF_REFUSAL = 4 * KIB
# What a server answers to a signed URL that has expired, and to one that it does not know (any
# more): a redirect often leads to one that lives for minutes only.
_WALK_AGAIN = (400, 401, 403, 404, 410)
_OWN = {"User-Agent": "ossferry", "Accept": "*/*"}
# All other headers of an event may be credentials, and do not follow a redirect to another origin.
_HARMLESS = ("accept", "accept-language", "user-agent")


class SourceReader:
    """One source, over one kept connection. Not thread-safe, but for ``interrupt``.

    ``deadline`` is for connecting and for the head of a reply; who reads bodies has its own. Who
    reads many sources gives ``connections``, and keeps them.
    """

    def __init__(
        self,
        source: SourceRef,
        guard: NetGuard,
        deadline: float = math.inf,
        connections: Connections | None = None,
    ) -> None:
        self._source = source
        self._connection = connections or Connection(guard)
        self._kept = connections is not None
        self._deadline = deadline
        self._reply: Reply | None = None
        self._goes_on = False  # beyond what was asked for
        # Asked in each second without a byte: whether this connection is to be given up.
        self.given_up: Callable[[], bool] = lambda: False
        # Where redirects led, and the headers that may be sent there.
        self._resolved: tuple[Url, Mapping[str, str]] | None = None

    def open(self, wanted: ByteRange) -> int:
        """Ask for a range; the number of its bytes, from its start, that the reply carries."""
        reply = self.ask(wanted.header)
        carried = judge(reply.status, reply.headers, wanted, self._source.pin, self._shown)
        said = content_range(reply.headers)
        self._goes_on = said is not None and said.range.size > carried
        return carried

    def ask_ahead(self, wanted: ByteRange) -> None:
        """Ask for the range that is opened next, if that costs no connection; its reply waits."""
        if self._resolved is not None:
            url, headers = self._resolved
            self._connection.ask_ahead(url, _sent(headers, wanted.header))

    def open_whole(self) -> Reply:
        """Ask for everything, without a range; what the source is, the reply itself says."""
        reply = self.ask(None)
        judge_whole(reply.status, reply.headers, self._shown)
        return reply

    def readinto(self, view: memoryview) -> int:
        """The next bytes of the reply; 0 at its end. One that breaks off raises."""
        if self._reply is None:
            return 0
        try:
            return self._reply.readinto(view, self.given_up)
        except BROKEN as error:
            raise self._unavailable(error) from error

    def finish(self) -> None:
        """Raise unless the reply to a range ends where it said: one that comes in pieces may have
        been cut, and is not what it seems if it goes on."""
        reply = self._reply
        if reply is None or reply.complete or self._goes_on:
            return
        if self.readinto(memoryview(bytearray(1))):
            self.close()
            raise SourceUnavailable(f"{self._shown} gave more than the range that it announced")

    def drain(self, most: int) -> None:
        """Read what is left of the reply, so that the connection serves again; if it is more than
        so many bytes, or does not come at once, give the connection up."""
        reply, until = self._reply, time.monotonic() + _AT_ONCE
        if reply is None or reply.complete:
            return
        if reply.length is None or reply.length <= most:
            view = memoryview(bytearray(min(most, 64 * KIB)))
            with suppress(*BROKEN):
                while not reply.complete and most > 0 and time.monotonic() < until:
                    most -= reply.readinto(view, lambda: True)
        if not reply.complete:
            self.close()

    def ask(self, range_header: str | None) -> Reply:
        """The reply at the end of all redirects, whatever its status; its body is not read."""
        remembered = self._resolved is not None
        reply = self._follow(range_header)
        if remembered and reply.status in _WALK_AGAIN:
            self._resolved = None
            reply = self._follow(range_header)
        self._refuse_archived(reply)
        return reply

    def _refuse_archived(self, reply: Reply) -> None:
        """Raise ``SourceArchived`` for an object that has to be restored, or paid for, first."""
        headers = reply.headers
        told = reply.status == 403 and "xml" in (headers.get("Content-Type") or "")
        unpaid = self._source.unpaid and "Archive" in (headers.get("x-oss-storage-class") or "")
        if told or unpaid:
            from ..archived import refuse  # which few sources need

            with suppress(*BROKEN):
                answer = reply.beginning(_OF_REFUSAL, _AT_ONCE) if told else b""
                refuse(headers, answer, self._shown)

    def interrupt(self) -> None:
        self._connection.interrupt()

    def close(self) -> None:
        self._reply = None
        self._connection.drop()

    def _follow(self, range_header: str | None) -> Reply:
        url, headers = self._resolved or (self._source.url, self._headers())
        for _ in range(_MOST_REDIRECTS + 1):
            reply = self._get(url, headers, range_header)
            location = reply.headers.get("Location")
            if reply.status not in _REDIRECTS or location is None:
                self._resolved = url, headers
                return reply
            if self._kept:
                self.drain(_OF_REDIRECT)
            target = self._target(url, location)
            if target.origin != url.origin:
                headers = {k: v for k, v in headers.items() if k.lower() in _HARMLESS}
            url = target
        raise SourceRefused(f"{self._shown} redirects more than {_MOST_REDIRECTS} times")

    def _target(self, url: Url, location: str) -> Url:
        try:
            # Servers write UTF-8 as it is, and heads are read as Latin-1.
            return url.join(location.encode("latin-1").decode("utf-8", "replace"))
        except ValueError:
            raise SourceRefused(
                f"{self._shown} redirects to something that is no http or https URL"
            ) from None

    def _headers(self) -> Mapping[str, str]:
        """Those of the event; ours only where it names none, in whatever case."""
        given = self._source.headers
        named = {name.lower() for name in given}
        headers = {name: _OWN[name] for name in _OWN if name.lower() not in named} | dict(given)
        if self._source.url.userinfo and "authorization" not in named:
            basic = b64encode(unquote_to_bytes(self._source.url.userinfo)).decode()
            headers["Authorization"] = f"Basic {basic}"
        return headers

    def _get(self, url: Url, headers: Mapping[str, str], range_header: str | None) -> Reply:
        self._reply = None
        try:
            self._reply = self._connection.get(url, _sent(headers, range_header), self._deadline)
        except BROKEN as error:
            raise self._unavailable(error) from error
        return self._reply

    def _unavailable(self, error: Exception) -> SourceUnavailable | SourceRefused:
        self.close()
        if refused := not_tls(error):
            return SourceRefused(f"{self._shown} {refused}")
        if isinstance(error, Unanswered):
            return SourceBusy(f"{self._shown} does not serve this request: {reason(error)}")
        return SourceUnavailable(f"{self._shown} broke off: {reason(error)}")

    @property
    def _shown(self) -> str:
        return self._source.url.redacted


def _sent(headers: Mapping[str, str], range_header: str | None) -> Mapping[str, str]:
    # What is stored is what the URL means, not how a server packed it for one reply.
    ranged = {} if range_header is None else {"Range": range_header}
    return {**headers, "Accept-Encoding": "identity", **ranged}
