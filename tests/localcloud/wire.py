"""Faults on the wire: the aiohttp side of the fault language, the same for all three servers.

A server calls ``install_faults`` once and sends its data through ``ReplyBody`` (or ``send_file``)
and reads uploads through ``read_body``; then every fault of the table works on it. What a server
says when it refuses is its own business: it brings ``classify`` and ``render``.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import socket
import struct
import termios
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import BinaryIO

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from tests.localcloud.faults import Fault, FaultTable, InvalidFault, read_faults
from tests.localcloud.pace import Pace

# What a request is, in the words of the fault language: operation, key, part.
Classify = Callable[[web.Request], tuple[str, str, int | None]]
# How a server words a refusal.
Render = Callable[[web.Request, Fault], web.StreamResponse]

# What is to go wrong with a request, if anything; and whether its connection was reset.
FAULT: web.RequestKey[Fault | None] = web.RequestKey("fault", Fault)
ABORTED = web.RequestKey("aborted", bool)

_PIECE = 256 * 1024
_ADMIN = "/-/"
# How long bytes that were sent before a reset may take to leave this machine's send queue.
_FLUSH_SECONDS = 2.0
# Seconds between two bytes of a head that trickles.
_TRICKLE = 0.05


class Aborted(Exception):
    """The connection of this request was reset on purpose; there is nobody to answer."""


def install_faults(
    app: web.Application, *, server: str, table: FaultTable, classify: Classify, render: Render
) -> None:
    """Make a server misbehave as ``table`` says, and let tests change the table.

    Call it first: its middleware has to be the outermost. The fault taken for a request is at
    ``request[FAULT]``, so that handlers can pass it on.
    """
    app.middlewares.append(faults(table, server=server, classify=classify, render=render))
    app.on_response_prepare.append(_set_headers)
    app.on_response_prepare.append(_trickle)
    app.router.add_put("/-/faults", _replace(table))
    app.router.add_get("/-/faults", _show(table))


def faults(table: FaultTable, *, server: str, classify: Classify, render: Render) -> Middleware:
    """Return the middleware that takes a fault for each request and applies what it can."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        request[ABORTED] = False
        request[FAULT] = None
        if request.raw_path.startswith(_ADMIN):
            return await handler(request)
        fault = table.take(server, *classify(request))
        request[FAULT] = fault
        try:
            return await _answer(request, handler, fault, render)
        except (Aborted, ConnectionError):
            # A peer that went away is no error of ours, and gets no answer.
            request[ABORTED] = True
            reset(request)
            return web.Response()

    return middleware


async def _answer(
    request: web.Request, handler: Handler, fault: Fault | None, render: Render
) -> web.StreamResponse:
    if fault is None:
        return await handler(request)
    if fault.delay:
        await asyncio.sleep(fault.delay)
    if fault.status is not None:
        return render(request, fault)
    response = await handler(request)
    if fault.drop_reply:
        raise Aborted
    return response


class ReplyBody:
    """The body of one reply, sent in order, with what is to go wrong with it.

    A part of a file goes out by sendfile unless something has to look at the bytes. The reply's
    headers are sent with the first bytes; ``sent`` counts the body's bytes so far.
    """

    def __init__(
        self,
        request: web.Request,
        response: web.StreamResponse,
        fault: Fault | None = None,
        paces: Sequence[Pace] = (),
    ) -> None:
        self._request = request
        self._response = response
        self._fault = fault if fault is not None and fault.alters_body else None
        self._paces = [*paces]
        if self._fault is not None and self._fault.bytes_per_second is not None:
            self._paces.append(Pace(self._fault.bytes_per_second))
        self._piece = min([_PIECE, *(pace.piece for pace in self._paces)])
        self.sent = 0

    async def send_file(self, file: BinaryIO, start: int, length: int) -> None:
        """Send ``length`` bytes of an open file from ``start``."""
        await self.start()
        if length and self._fault is None and not self._paces and not self._response.chunked:
            await self._sendfile(file, start, length)
            return
        stop = start + length
        while start < stop:
            piece = os.pread(file.fileno(), min(self._piece, stop - start), start)
            if not piece:
                raise Aborted  # the file shrank under us: the length we promised is a lie
            await self.send(piece)
            start += len(piece)

    async def send(self, data: bytes | memoryview) -> None:
        """Send some bytes from memory."""
        await self.start()
        for start in range(0, len(data), self._piece):
            await self._send_piece(data[start : start + self._piece])

    async def finish(self) -> web.StreamResponse:
        """End the body and return the reply, for a handler to return."""
        await self.start()
        await self._response.write_eof()
        return self._response

    async def start(self) -> None:
        """Send the headers, if they have not been sent."""
        if not self._response.prepared:
            await self._response.prepare(self._request)

    async def _sendfile(self, file: BinaryIO, start: int, length: int) -> None:
        transport = self._request.transport
        if transport is None:
            raise ConnectionResetError("the client has gone")
        loop = asyncio.get_running_loop()
        self.sent += await loop.sendfile(transport, file, start, length)

    async def _send_piece(self, piece: bytes | memoryview) -> None:
        if self._fault is not None:
            piece = _corrupted(self._fault, self.sent, piece)
            ends = _ends_within(self._fault, self.sent, len(piece))
            if ends is not None:
                await self._response.write(piece[:ends])
                self.sent += ends
                await _end_badly(self._request, self._fault)
        for pace in self._paces:
            await pace.spend(len(piece))
        await self._response.write(piece)
        self.sent += len(piece)


async def send_file(
    request: web.Request,
    response: web.StreamResponse,
    path: Path,
    start: int,
    length: int,
    fault: Fault | None = None,
) -> web.StreamResponse:
    """Answer with a part of one file; the caller has set status and headers, with the length."""
    body = ReplyBody(request, response, fault)
    with path.open("rb") as file:
        await body.send_file(file, start, length)
    return await body.finish()


async def read_body(request: web.Request, fault: Fault | None = None) -> AsyncIterator[bytes]:
    """Yield the body of an upload, in pieces of any size, with what is to go wrong with it.

    A body that is cut, by a fault or by the client, ends in an exception: what was read until
    then must not be kept.
    """
    body = fault if fault is not None and fault.alters_body else None
    pace = Pace(body.bytes_per_second) if body is not None and body.bytes_per_second else None
    done = 0
    async for piece in request.content.iter_any():
        if body is not None:
            piece = bytes(_corrupted(body, done, piece))
            ends = _ends_within(body, done, len(piece))
            if ends is not None:
                yield piece[:ends]
                await _end_badly(request, body)
        if pace is not None:
            await pace.spend(len(piece))
        done += len(piece)
        yield piece


def reset(request: web.Request) -> None:
    """Drop the connection with a TCP reset, as a crashed server or a firewall would."""
    transport = request.transport
    if transport is None:
        return
    with contextlib.suppress(OSError):
        transport.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
        )
    transport.abort()


async def flush(request: web.Request) -> None:
    """Wait until what was written has been received by the peer's machine, within reason."""
    transport = request.transport
    deadline = asyncio.get_running_loop().time() + _FLUSH_SECONDS
    while transport is not None and not transport.is_closing():
        queued = transport.get_write_buffer_size() or _unacknowledged(
            transport.get_extra_info("socket").fileno()
        )
        if not queued or asyncio.get_running_loop().time() > deadline:
            return
        await asyncio.sleep(0.002)


def _unacknowledged(descriptor: int) -> int:
    answer = fcntl.ioctl(descriptor, termios.TIOCOUTQ, struct.pack("i", 0))
    return int(struct.unpack("i", answer)[0])


def _corrupted(fault: Fault, done: int, piece: bytes | memoryview) -> bytes | memoryview:
    if fault.corrupt_at is None or not done <= fault.corrupt_at < done + len(piece):
        return piece
    damaged = bytearray(piece)
    damaged[fault.corrupt_at - done] ^= 0x10
    return bytes(damaged)


def _ends_within(fault: Fault, done: int, length: int) -> int | None:
    """Return how much of the next piece still goes when it is the last one, else None."""
    ends = [at for at in (fault.cut_after, fault.stall_after) if at is not None]
    if not ends or min(ends) >= done + length:
        return None
    return min(ends) - done


async def _end_badly(request: web.Request, fault: Fault) -> None:
    cut, stall = fault.cut_after, fault.stall_after
    if stall is not None and (cut is None or stall < cut):
        # The connection's loss cancels this handler; nothing else wakes it.
        await asyncio.Event().wait()
    # A reset would take back what is still in the send queue: exactly the asked bytes arrive.
    await flush(request)
    raise Aborted


async def _set_headers(request: web.Request, response: web.StreamResponse) -> None:
    fault = request.get(FAULT)
    for name, value in (fault.headers if fault is not None else {}).items():
        response.headers.popall(name, None)
        if value is not None:
            response.headers[name] = value


async def _trickle(request: web.Request, response: web.StreamResponse) -> None:
    """Begin the head, with a field that takes its time; aiohttp's own status line ends it."""
    fault, transport = request.get(FAULT), request.transport
    if fault is None or not fault.trickle_head or transport is None:
        return
    transport.write(f"HTTP/1.1 {response.status} {response.reason}\r\nX-Trickled: ".encode())
    for _ in range(round(fault.trickle_head / _TRICKLE)):
        if transport.is_closing():
            raise ConnectionResetError("the client has gone")
        transport.write(b".")
        await asyncio.sleep(_TRICKLE)


def _replace(table: FaultTable) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def replace(request: web.Request) -> web.Response:
        try:
            rules = read_faults(json.loads(await request.read()))
            seed = int(request.query.get("seed", "0"))
        except (InvalidFault, ValueError) as error:
            return web.json_response({"error": str(error)}, status=400)
        table.replace(rules, seed)
        return web.json_response(table.to_json())

    return replace


def _show(table: FaultTable) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def show(_request: web.Request) -> web.Response:
        return web.json_response(table.to_json())

    return show
