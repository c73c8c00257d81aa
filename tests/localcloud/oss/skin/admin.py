"""The ``/-/`` paths: what tests may see and change from outside, without a signature."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

from aiohttp import web

from tests.localcloud.oss.rules.listing import MOST_PER_PAGE, read_limit
from tests.localcloud.oss.rules.notifications import read_rules
from tests.localcloud.oss.rules.refusals import Refusal
from tests.localcloud.oss.skin.call import OssServer

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def add_routes(app: web.Application, server: OssServer) -> None:
    """Serve ``/-/requests``, ``/-/restores``, ``/-/bill`` and what changes how it behaves."""
    app.router.add_get("/-/requests", _requests(server))
    app.router.add_get("/-/restores", _restores(server))
    app.router.add_get("/-/bill", _bill(server))
    app.router.add_put("/-/clock", _clock(server))
    app.router.add_put("/-/pages", _pages(server))
    app.router.add_put("/-/notifications", _notifications(server))


def _requests(server: OssServer) -> _Handler:
    async def show(_request: web.Request) -> web.Response:
        """Answer how often each operation was asked for, refused ones included."""
        return web.json_response(dict(server.requests))

    return show


def _restores(server: OssServer) -> _Handler:
    async def show(_request: web.Request) -> web.Response:
        """Answer how often each object was to be restored, by the status of the answer."""
        return web.json_response(server.restores)

    return show


def _bill(server: OssServer) -> _Handler:
    async def show(_request: web.Request) -> web.Response:
        """Answer how many bytes were read out of Archive objects that were not restored."""
        return web.json_response({"RetrievalDataArchiveDirect": server.read_directly})

    return show


def _clock(server: OssServer) -> _Handler:
    async def advance(request: web.Request) -> web.Response:
        """Let ``{"advance": seconds}`` pass."""
        try:
            server.clock.advance(float(json.loads(await request.read())["advance"]))
        except (KeyError, TypeError, ValueError) as error:
            return web.json_response({"error": repr(error)}, status=400)
        return web.json_response({"now": server.clock.now()})

    return advance


def _pages(server: OssServer) -> _Handler:
    async def shorten(request: web.Request) -> web.Response:
        """Put at most ``{"most": number}`` of objects on each page of a list."""
        try:
            most = read_limit(str(json.loads(await request.read())["most"]), "most", MOST_PER_PAGE)
        except (KeyError, TypeError, ValueError, Refusal) as error:
            return web.json_response({"error": repr(error)}, status=400)
        server.most_listed = most
        return web.json_response({"most": most})

    return shorten


def _notifications(server: OssServer) -> _Handler:
    async def replace(request: web.Request) -> web.Response:
        """Take a list of ``{"bucket", "prefix", "suffix", "events", "url"}`` for the old one."""
        try:
            rules = read_rules(json.loads(await request.read()))
        except (KeyError, TypeError, ValueError) as error:
            return web.json_response({"error": repr(error)}, status=400)
        server.notifier.replace(rules)
        return web.json_response({"rules": len(rules)})

    return replace
