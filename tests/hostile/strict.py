"""What strict clients take for the body of the bytes that a server sent before it hung up.

Three that share no code: h11, llhttp as Node.js has it (through httptools, nothing lenient), and
the parser of aiohttp that is written in Python. Each stands for a whole client: replies before the
final one are passed over, and a body without a length ends with the connection. Their limits on
sizes are lifted, because limits are no opinion on framing.

The rule (``objection``): a body that ossferry takes is one that at least two of them take, and
none of them takes another. An error of ossferry is always allowed here; which errors are too many
is for the table to say.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from unittest.mock import Mock

import h11
import httptools
from aiohttp.base_protocol import BaseProtocol
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.http_parser import HttpResponseParserPy
from aiohttp.streams import StreamReader

_LIMIT = 1 << 24


class NotHttp(Exception):
    """A client refuses what it was sent, or waits for more of it."""


Client = Callable[[bytes], bytes]


def by_h11(raw: bytes) -> bytes:
    """The body of the final reply."""
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LIMIT)
    connection.send(h11.Request(method="GET", target="/", headers=[("Host", "a")]))
    connection.send(h11.EndOfMessage())
    connection.receive_data(raw)
    body, ended = b"", False
    try:
        while True:
            event = connection.next_event()
            if isinstance(event, h11.Data):
                body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                return body
            elif event is h11.NEED_DATA and not ended:
                connection.receive_data(b"")
                ended = True
            elif not isinstance(event, h11.Response | h11.InformationalResponse):
                raise NotHttp(f"h11 is left with {event}")
    except h11.RemoteProtocolError as error:
        raise NotHttp(str(error)) from error


class _Heard:
    """What llhttp tells of one reply after another."""

    def __init__(self) -> None:
        self.parser = httptools.HttpResponseParser(self)
        self.body = b""
        self.complete = False
        self._framed = False  # the end of the body is not that of the connection
        self._in_body = False

    def on_message_begin(self) -> None:
        if not self.complete:
            self._framed = self._in_body = False

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"content-length":
            self._framed = True
        if name.lower() == b"transfer-encoding" and value.strip().lower().endswith(b"chunked"):
            self._framed = True

    def on_headers_complete(self) -> None:
        self._in_body = not self._interim

    def on_body(self, data: bytes) -> None:
        if not self.complete:
            self.body += data

    def on_message_complete(self) -> None:
        self.complete = self.complete or not self._interim

    @property
    def ends_with_connection(self) -> bool:
        return self._in_body and not self._framed

    @property
    def _interim(self) -> bool:
        return 100 <= self.parser.get_status_code() < 200


def by_llhttp(raw: bytes) -> bytes:
    """The body of the final reply; httptools does not hand on the end, so it is looked for here."""
    heard = _Heard()
    try:
        heard.parser.feed_data(raw)
    except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
        if not heard.complete:
            raise NotHttp(str(error)) from error
    if heard.complete or heard.ends_with_connection:
        return heard.body
    raise NotHttp("llhttp waits for more")


def by_aiohttp(raw: bytes) -> bytes:
    """The body of the final reply."""
    loop = Mock(spec=asyncio.AbstractEventLoop)
    parser = HttpResponseParserPy(
        BaseProtocol(loop),
        loop,
        _LIMIT,
        max_line_size=_LIMIT,
        max_headers=_LIMIT,
        max_field_size=_LIMIT,
        read_until_eof=True,
        auto_decompress=False,
    )
    payload: StreamReader | None = None
    try:
        for byte in raw:  # one by one, or a fault after the reply would hide the reply
            for reply, body in parser.feed_data(bytes([byte]))[0]:
                if payload is None and not 100 <= reply.code < 200:
                    payload = body
        parser.feed_eof()
    except HttpProcessingError as error:
        if payload is None or not payload.is_eof():
            raise NotHttp(str(error)) from error
    if payload is None or payload.exception() is not None or not payload.is_eof():
        raise NotHttp("aiohttp waits for more")
    return payload.read_nowait()


CLIENTS: Mapping[str, Client] = {"h11": by_h11, "llhttp": by_llhttp, "aiohttp": by_aiohttp}


def opinions(raw: bytes) -> dict[str, bytes | None]:
    """The body that each client takes; None for one that refuses."""

    def opinion(client: Client) -> bytes | None:
        try:
            return client(raw)
        except NotHttp:
            return None

    return {name: opinion(client) for name, client in CLIENTS.items()}


def objection(raw: bytes, taken: bytes) -> str | None:
    """What the strict clients have against taking this for the body; None if nothing."""
    said = opinions(raw)
    agreeing = [name for name, body in said.items() if body == taken]
    other = {name: body for name, body in said.items() if body not in (None, taken)}
    if other:
        return f"taken was {taken!r}, and {other}"
    if len(agreeing) < 2:
        return f"taken was {taken!r}, and only {agreeing} would"
    return None
