"""How replies look on the wire: empty ones, documents, and refusals."""

from __future__ import annotations

import base64
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from tests.localcloud.oss.rules import documents
from tests.localcloud.oss.rules.documents import Node
from tests.localcloud.oss.rules.refusals import Refusal

REQUEST_ID = web.RequestKey("request_id", str)
_STARTED = web.RequestKey("started", float)


def begin(request: web.Request) -> None:
    """Give a request its id and start its time."""
    request[REQUEST_ID] = secrets.token_hex(12).upper()
    request[_STARTED] = time.monotonic()


def empty(status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """Answer without a body; see ``finish_headers`` for its Content-Length."""
    return web.Response(status=status, headers=headers)


def document(node: Node, headers: Mapping[str, str] | None = None) -> web.Response:
    """Answer with XML."""
    body = documents.render(node)
    return web.Response(body=body, headers=headers, content_type="application/xml")


def refused(request: web.Request, refusal: Refusal) -> web.Response:
    """Answer with an error document; a HEAD has no body, so it goes into a header instead."""
    headers = dict(refusal.headers)
    if refusal.status == 304:
        return web.Response(status=304, headers=headers)
    body = documents.render(_error(request, refusal))
    if refusal.ec:
        headers["x-oss-ec"] = refusal.ec
    if request.method == "HEAD":
        headers["x-oss-err"] = base64.b64encode(body).decode()
        headers["Content-Length"] = str(len(body))
        return web.Response(status=refusal.status, headers=headers)
    return web.Response(
        status=refusal.status, body=body, headers=headers, content_type="application/xml"
    )


def dated(now: Callable[[], float]) -> Callable[..., Awaitable[None]]:
    """Return what has replies say the time by which the store does things to objects."""

    async def date(_request: web.Request, response: web.StreamResponse) -> None:
        response.headers["Date"] = documents.http_time(now())

    return date


async def finish_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Set what every reply has; runs when the headers are otherwise complete."""
    if REQUEST_ID in request:
        response.headers["x-oss-request-id"] = request[REQUEST_ID]
        milliseconds = round((time.monotonic() - request[_STARTED]) * 1000)
        response.headers["x-oss-server-time"] = str(milliseconds)
    response.headers["Server"] = "AliyunOSS"
    if request.method in ("GET", "HEAD") and request.body_exists:
        # A read with a length that no body follows, as oss2's own tests send: the next request on
        # this connection would be taken for the body (that the service closes it is inferred).
        response.force_close()
        response.headers["Connection"] = "close"
    if response.status == 204:
        # aiohttp drops it; without it oss2 does not give the connection back to its pool.
        response.headers["Content-Length"] = "0"


def _error(request: web.Request, refusal: Refusal) -> Node:
    nodes: list[Node] = [
        ("Code", refusal.code),
        ("Message", refusal.message),
        ("RequestId", request.get(REQUEST_ID, "")),
        ("HostId", request.headers.get("Host", "")),
        *refusal.details.items(),
    ]
    if refusal.ec:
        nodes.append(("EC", refusal.ec))
    return ("Error", nodes)
