"""Reads ranges of a source.

Redirects are followed hop by hop, so that every hop passes the address rules and credentials stay
with the host that they were given for.
"""

from __future__ import annotations

import ssl
from base64 import b64encode
from collections.abc import Mapping
from http.client import HTTPResponse
from urllib.parse import unquote_to_bytes

from ..byte_range import MIB, ByteRange
from ..errors import SourceRefused, SourceUnavailable
from ..urls import Url
from .copy_job import SourceRef
from .judge import judge, refusal
from .netguard import NetGuard
from .wire import BROKEN, KeptConnection, reason

_NOTHING = memoryview(bytearray())
_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_REDIRECTS = 10
_USER_AGENT = "ossferry"
# All other headers of an event may be credentials, and do not follow a redirect to another origin.
_HARMLESS = ("accept", "accept-language", "user-agent")


class SourceReader:
    """Ranges of one source, one after another, over one kept connection. Not thread-safe."""

    def __init__(self, source: SourceRef, guard: NetGuard) -> None:
        self._source = source
        self._connection = KeptConnection(guard)
        self._response: HTTPResponse | None = None
        # Where redirects led, and the headers that may be sent there.
        self._resolved: tuple[Url, Mapping[str, str]] | None = None

    def open(self, wanted: ByteRange) -> int:
        """Ask for a range; the number of its bytes, from its start, that the reply carries."""
        response = self.ask(wanted.header)
        source = self._source
        return judge(response.status, response.headers, wanted, source.pin, source.url.redacted)

    def open_whole(self) -> None:
        """Ask for everything, without a range."""
        response = self.ask(None)
        if response.status != 200:
            raise refusal(response.status, response.headers, self._source.url.redacted)

    def readinto(self, view: memoryview) -> int:
        """The next bytes of the reply; 0 at its end, whether or not it was long enough.

        From a plain connection, what one receive brings, so that it can be sent on at once. From a
        TLS one, as much as fits: it comes in records that are too small to handle one by one.
        """
        response = self._response
        if response is None:
            return 0
        try:
            length = self._plain_length(response)
            if not length:
                return response.readinto(view[:MIB])
            count = response.fp.readinto1(view[:length])
            response.length = length - count
            if count == length:
                response.readinto(_NOTHING)  # with nothing left this gives the connection back
            return count
        except BROKEN as error:
            raise self._unavailable(error) from error

    def _plain_length(self, response: HTTPResponse) -> int:
        """What is left of a body that comes neither in TLS records nor in pieces of HTTP."""
        if response.isclosed() or response.chunked or self._connection.encrypted:
            return 0
        return response.length or 0

    def ask(self, range_header: str | None) -> HTTPResponse:
        """The reply at the end of all redirects, whatever its status; its body is not read."""
        remembered = self._resolved is not None
        response = self._follow(range_header)
        if remembered and response.status in (401, 403, 404, 410):
            # A redirect often leads to a signed URL that lives for minutes only: walk it again.
            self._resolved = None
            response = self._follow(range_header)
        return response

    def interrupt(self) -> None:
        self._connection.interrupt()

    def close(self) -> None:
        self._response = None
        self._connection.drop()

    def _follow(self, range_header: str | None) -> HTTPResponse:
        url, headers = self._resolved or (self._source.url, self._credentials())
        for _ in range(_MOST_REDIRECTS + 1):
            response = self._get(url, headers, range_header)
            location = response.headers.get("Location")
            if response.status not in _REDIRECTS or location is None:
                self._resolved = url, headers
                return response
            target = self._target(url, location)
            if target.origin != url.origin:
                headers = {k: v for k, v in headers.items() if k.lower() in _HARMLESS}
            url = target
        raise SourceRefused(f"{self._shown} redirects more than {_MOST_REDIRECTS} times")

    def _target(self, url: Url, location: str) -> Url:
        try:
            # Servers write UTF-8 as it is, which the standard library reads as Latin-1.
            return url.join(location.encode("latin-1").decode("utf-8", "replace"))
        except ValueError:
            raise SourceRefused(
                f"{self._shown} redirects to something that is no http or https URL"
            ) from None

    def _credentials(self) -> Mapping[str, str]:
        userinfo = self._source.url.userinfo
        if not userinfo or any(name.lower() == "authorization" for name in self._source.headers):
            return self._source.headers
        basic = b64encode(unquote_to_bytes(userinfo)).decode()
        return {**self._source.headers, "Authorization": f"Basic {basic}"}

    def _get(self, url: Url, headers: Mapping[str, str], range_header: str | None) -> HTTPResponse:
        self._finish()
        if self._connection.reused:
            try:
                return self._send(url, headers, range_header)
            except BROKEN:
                self._connection.drop()
        try:
            return self._send(url, headers, range_header)
        except BROKEN as error:
            raise self._unavailable(error) from error

    def _send(self, url: Url, headers: Mapping[str, str], range_header: str | None) -> HTTPResponse:
        connection = self._connection.to(url)
        connection.putrequest("GET", url.target, skip_host=True, skip_accept_encoding=True)
        sent = {"Host": url.host_header, "User-Agent": _USER_AGENT, "Accept": "*/*", **headers}
        # What is stored is what the URL means, not how a server packed it for one reply.
        sent["Accept-Encoding"] = "identity"
        if range_header is not None:
            sent["Range"] = range_header
        for name, value in sent.items():
            connection.putheader(name, value)
        connection.endheaders()
        self._connection.asked()
        self._response = connection.getresponse()
        return self._response

    def _finish(self) -> None:
        """Keep the connection if the last reply has been read to its end; else it is of no use."""
        if self._response is not None and not self._response.isclosed():
            self._connection.drop()
        self._response = None

    def _unavailable(self, error: Exception) -> SourceUnavailable | SourceRefused:
        self._connection.drop()
        self._response = None
        if isinstance(error, ssl.SSLCertVerificationError):
            return SourceRefused(f"{self._shown} has a certificate that is not trusted")
        return SourceUnavailable(f"{self._shown} broke off: {reason(error)}")

    @property
    def _shown(self) -> str:
        return self._source.url.redacted
