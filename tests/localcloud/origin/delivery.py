"""Sending what ``replies`` has decided: framing, early ends, rates and compression."""

from __future__ import annotations

import gzip

from aiohttp import web

from tests.localcloud.faults import Fault
from tests.localcloud.origin.behaviours import Behaviour, InvalidBehaviour
from tests.localcloud.origin.contents import Content, changed, grown
from tests.localcloud.origin.journal import Entry
from tests.localcloud.origin.replies import Reply
from tests.localcloud.pace import Pace
from tests.localcloud.wire import FAULT, Aborted, ReplyBody, flush

# The journal's entry for a request, to be filled in while it is answered.
ENTRY = web.RequestKey("entry", Entry)
_UNTIL_CLOSE = web.RequestKey("until_close", bool)
_LARGEST_GZIP = 64 * 1024 * 1024


def plain(status: int, text: str) -> web.Response:
    """Return a short answer in words."""
    return web.Response(status=status, text=f"{status}: {text}\n")


def without_content(reply: Reply) -> web.Response:
    """Return a reply that carries no byte of a content."""
    if reply.reset:
        raise Aborted
    headers = {name: value for name, value in reply.headers.items() if name != "Content-Type"}
    return web.Response(status=reply.status, headers=headers, text=reply.text)


def version_of(content: Content, behaviour: Behaviour) -> Content:
    """Return the content as it is now, if the behaviour says that it has changed."""
    if behaviour.version > 1:
        return changed(content, behaviour.version)
    if behaviour.bytes > 1:
        return changed(content, behaviour.bytes, silently=True)
    if behaviour.grow:
        if content.seed is None:
            raise InvalidBehaviour("as=grow: only generated content grows")
        return grown(content, behaviour.grow)
    return content


def compressed(reply: Reply, content: Content) -> web.Response:
    """Return the whole content compressed, with the length of what is sent."""
    if content.size > _LARGEST_GZIP:
        return plain(400, "too large for as=encoding")
    body = gzip.compress(b"".join(content.read(0, content.size)), 1, mtime=0)
    return web.Response(status=reply.status, headers=reply.headers, body=body)


async def deliver(
    request: web.Request,
    reply: Reply,
    content: Content,
    behaviour: Behaviour,
    paces: list[Pace],
) -> web.StreamResponse:
    """Send the bytes of a reply in the way the behaviour and the request's fault ask for."""
    response = _framed(request, reply, behaviour)
    if request.method == "HEAD":
        await response.prepare(request)
        return response
    entry = request[ENTRY]
    entry.status = reply.status
    body = ReplyBody(request, response, _fault(request[FAULT], behaviour), paces)
    length = reply.stop - reply.start
    ends = length if behaviour.close is None else min(length, behaviour.close)
    try:
        for file, start, count in content.extents(reply.start, ends):
            await body.send_file(file, start, count)
        if ends < length:
            await _hang_up(request, body)
        return await body.finish()
    finally:
        entry.bytes = body.sent
        entry.complete = body.sent == length


async def remove_length(request: web.Request, response: web.StreamResponse) -> None:
    """Take Content-Length back from a reply whose end is the end of the connection."""
    if request.get(_UNTIL_CLOSE):
        response.headers.popall("Content-Length", None)


def _framed(request: web.Request, reply: Reply, behaviour: Behaviour) -> web.StreamResponse:
    response = web.StreamResponse(status=reply.status, headers=dict(reply.headers))
    if behaviour.length == "chunked":
        response.enable_chunked_encoding()
    else:
        # Set in any case, or aiohttp would choose chunked encoding by itself.
        response.content_length = reply.stop - reply.start
    request[_UNTIL_CLOSE] = behaviour.length == "close"
    if request[_UNTIL_CLOSE] or behaviour.connection == "close":
        response.force_close()
    return response


def _fault(fault: Fault | None, behaviour: Behaviour) -> Fault | None:
    """Return what happens to the body; a rule of the fault table goes before the URL's wish."""
    if fault is not None and fault.alters_body:
        return fault
    wishes = (behaviour.cut, behaviour.stall, behaviour.corrupt, behaviour.rate or None)
    if all(wish is None for wish in wishes):
        return None
    return Fault(
        server="origin",
        cut_after=behaviour.cut,
        stall_after=behaviour.stall,
        corrupt_at=behaviour.corrupt,
        bytes_per_second=behaviour.rate or None,
    )


async def _hang_up(request: web.Request, body: ReplyBody) -> None:
    """Close the connection in good order, though fewer bytes were sent than promised."""
    await body.start()
    await flush(request)
    if request.transport is not None:
        request.transport.close()
