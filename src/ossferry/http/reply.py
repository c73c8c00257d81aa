"""A reply as it arrives: its head, then its body into the caller's buffer."""

from __future__ import annotations

import select
import time
from collections.abc import Callable
from socket import socket
from ssl import SSLEOFError, SSLSocket, SSLZeroReturnError

from ..byte_range import KIB, MIB
from .framing import CHUNKED, UNTIL_CLOSE, body_of, size_of_chunk
from .head import MOST, Head, Headers, Malformed, end_of_head, parse_field, parse_head

IDLE_TIMEOUT = 30.0  # seconds without a byte after which a connection counts as broken
_LOOK_AGAIN = 1.0  # seconds without a byte between looks whether it is to be given up
_NEARLY = 0.5  # seconds by which a head may be late, for the sake of a system call less
_HEAD = 16 * KIB
_AHEAD = 64 * KIB  # bytes read at once where small pieces are to be expected
_NO_TRAILERS = ("content-length", "transfer-encoding")  # RFC 9110, section 6.5.1
_LINE = 4 * KIB  # bytes of a line between two chunks
_SOON = 10  # milliseconds in which a source that is fast sends the next record of TLS
_ALERT = b"\x15\x03"  # RFC 8446, section 5.1
_INTERIM = 20  # so many replies before the reply itself are too many


class Ended(ConnectionError):
    """The server hung up before all that it had announced."""


class Unanswered(Ended):
    """The server refused the connection, or hung up before the first byte of a reply."""


# What it raises when a server hangs up.
HUNG_UP = (ConnectionError, SSLEOFError, SSLZeroReturnError)


class Reply:
    """What a server says to one request. ``readinto`` gives the body, once.

    ``length`` is that of the body in bytes, None if the server did not say it beforehand; a
    ``bodiless`` one, to HEAD, has none, whatever its headers say.
    ``complete`` tells whether all of the reply was read, ``reusable`` whether the connection then
    serves the next request.
    """

    def __init__(self, connection: socket, deadline: float, *, bodiless: bool = False) -> None:
        self._connection = connection
        self._incoming = select.poll()
        self._incoming.register(connection, select.POLLIN)
        self._deadline = deadline
        self._ahead = bytearray()  # received, and not yet taken
        self._answered = False  # with a first byte
        head = self._head()
        self.status = head.status
        self.headers: Headers = head.headers
        framing = 0 if bodiless else body_of(head)
        self.length = framing if framing >= 0 else None
        self._chunked = framing == CHUNKED
        self._until_close = framing == UNTIL_CLOSE
        self._left = max(framing, 0)  # bytes of the body, or of its present chunk
        self._keeps = head.keeps
        self._begun = False  # a chunk
        self.complete = framing == 0
        self._patient = False
        self._given_up: Callable[[], bool] = lambda: False

    @property
    def delimited(self) -> bool:
        """Whether it says itself where it ends; else any cut looks like its end."""
        return not self._until_close

    @property
    def reusable(self) -> bool:
        if not self.complete or not self._keeps or self._until_close:
            return False
        # What came without being asked for would pass for the next reply.
        decrypted = isinstance(self._connection, SSLSocket) and self._connection.pending()
        return not self._ahead and not decrypted and not self._incoming.poll(0)

    def readinto(self, view: memoryview, given_up: Callable[[], bool] = lambda: False) -> int:
        """The next bytes of the body; 0 at its end. ``Ended`` if the server hangs up before that,
        ``TimeoutError`` if it is silent for too long, or ``given_up`` in a second of silence.

        From a plain connection, what one receive brings, so that it can be sent on at once. From a
        TLS one up to 1 MiB: it comes in records that are too small to handle one by one.
        """
        if self.complete or not len(view):
            return 0
        self._given_up = given_up
        if self._until_close:
            count = self._some(view)
            self.complete = count == 0
            return count
        if self._chunked and not self._left and not self._next_chunk():
            self.complete = True
            return 0
        count = self._some(view[: self._left])
        if count == 0:
            raise Ended(f"it ended {self._left} bytes early")
        self._left -= count
        self.complete = not self._left and not self._chunked
        return count

    def read(self, most: int) -> bytes:
        """The body of a short reply, as far as ``most`` bytes go."""
        most = most if self.length is None else min(most, self.length)
        view = memoryview(bytearray(most))
        filled = 0
        while filled < most and (count := self.readinto(view[filled:])):
            filled += count
            if time.monotonic() >= self._deadline and filled < most:
                raise TimeoutError  # what comes byte by byte is never silent for long
        if filled == most and not self.complete:
            self.readinto(memoryview(bytearray(1)))
        return bytes(view[:filled])

    def beginning(self, most: int, seconds: float) -> bytes:
        """Of a body that may never end, what comes at once."""
        view, filled, until = memoryview(bytearray(most)), 0, time.monotonic() + seconds
        while time.monotonic() < until:
            count = self.readinto(view[filled:], lambda: True)
            filled += count
            if not count:
                break
        return bytes(view[:filled])

    def _some(self, view: memoryview) -> int:
        """What was read ahead; then what comes, straight into the view."""
        if self._ahead:
            count = min(len(view), len(self._ahead))
            view[:count] = self._ahead[:count]
            del self._ahead[:count]
            return count
        count = self._received(view)
        if isinstance(self._connection, SSLSocket):
            wanted = min(len(view), MIB)
            while 0 < count < wanted and self._more_soon(self._connection):
                more = self._received(view[count:wanted])
                if not more:
                    break  # the next read finds it ended, too
                count += more
        return count

    def _received(self, view: memoryview) -> int:
        """What one receive brings; the head has arrived in time, now silence is what counts."""
        if not self._patient:
            self._connection.settimeout(_LOOK_AGAIN)
            self._patient = True
        silent = 0.0
        while True:
            try:
                return self._connection.recv_into(view)
            except TimeoutError:
                silent += _LOOK_AGAIN
                if silent >= IDLE_TIMEOUT or self._given_up():
                    raise

    def _more_soon(self, connection: SSLSocket) -> bool:
        """Whether the next record is there, or about to be: a slow source is not waited for, so
        that what it gave is sent on, and whoever has to end can."""
        return bool(connection.pending()) or bool(self._incoming.poll(_SOON))

    def _next_chunk(self) -> int:
        """The size of the next chunk; 0 at the end of the body, with trailers read."""
        if self._begun and self._line() != b"\r\n":
            raise Malformed("a chunk of its body is longer than its size")
        self._begun = True
        self._left = size_of_chunk(self._line())
        if not self._left:
            read = 0
            while (line := self._line()) != b"\r\n":
                read += len(line)
                if read > MOST:
                    raise Malformed("the trailers after its body are too long")
                name, _ = parse_field(line.removesuffix(b"\r\n"))
                if name.lower() in _NO_TRAILERS:
                    raise Malformed(f"a trailer after its body is {name}")
        return self._left

    def _line(self) -> bytes:
        while (end := self._ahead.find(b"\n", 0, _LINE) + 1) == 0:
            if len(self._ahead) >= _LINE:
                raise Malformed("the size of a chunk of its body is a line without an end")
            ahead = memoryview(bytearray(_AHEAD))
            count = self._received(ahead)
            if not count:
                raise Ended("it ended between two chunks of its body")
            self._ahead += ahead[:count]
        line = bytes(self._ahead[:end])
        del self._ahead[:end]
        return line

    def _head(self) -> Head:
        """The head of the reply itself, after all interim ones."""
        for _ in range(_INTERIM):
            head = parse_head(self._head_text())
            if not head.interim:
                return head
            if head.status == 101:
                raise Malformed("its status is 101, and nobody asked for another protocol")
            if head.headers.get("Transfer-Encoding") is not None:
                raise Malformed("it has an interim reply (1xx) with a body")
            body_of(head)  # has none, but a length that is no number is as bad as anywhere
        raise Malformed(f"it has more than {_INTERIM - 1} interim replies (1xx)")

    def _head_text(self) -> bytes:
        searched = 0
        while not (end := end_of_head(self._ahead, searched)):
            searched = len(self._ahead)
            if len(self._ahead) > MOST:
                raise Malformed("its head is too long")
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            if not left <= (self._connection.gettimeout() or 0.0) <= left + _NEARLY:
                self._connection.settimeout(left)
            self._more_of_head()
        text = bytes(self._ahead[:end])
        del self._ahead[:end]
        return text

    def _more_of_head(self) -> None:
        hung_up = Ended if self._answered else Unanswered
        try:
            received = self._connection.recv(_HEAD)
        except HUNG_UP as error:
            self._refuse_tls()
            raise hung_up(reason(error)) from error
        if not received:
            self._refuse_tls()
            raise hung_up("it ended before a reply")
        self._ahead += received
        self._answered = True

    def _refuse_tls(self) -> None:
        """Servers of https say with an alert of TLS that they were asked in plain http."""
        if self._ahead.startswith(_ALERT):
            raise Malformed("it is TLS: use https:// in its URL")


def reason(error: BaseException) -> str:
    """Why a connection broke, in words that cannot quote a URL."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, Malformed):
        return f"what it sent is no valid HTTP, {error}"
    if isinstance(error, Ended):
        return str(error)
    return (isinstance(error, OSError) and error.strerror) or type(error).__name__
