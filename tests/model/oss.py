"""The local OSS, each request to which is a moment."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from tests.localcloud.wire import reset
from tests.model.moments import Fate, Moments
from tests.peers.oss_service import OssService, running


@contextlib.contextmanager
def momentous_oss(moments: Moments) -> Iterator[OssService]:
    with running(_passing(moments)) as oss:
        yield oss


def _passing(moments: Moments) -> Middleware:
    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.raw_path.startswith("/-/"):
            return await handler(request)
        # In a thread, because what happens may ask this server for something.
        fate = await asyncio.get_running_loop().run_in_executor(None, moments.pass_one)
        if fate is Fate.REFUSED:
            return await _refused(request, 503, "ServiceUnavailable")
        if fate is Fate.DEAD:
            return await _refused(request, 403, "AccessDenied")
        response = await handler(request)
        if fate is Fate.LOST:
            reset(request)
        return response

    return middleware


async def _refused(request: web.Request, status: int, code: str) -> web.Response:
    await request.read()
    text = f"<Error><Code>{code}</Code><Message>it happens</Message></Error>"
    return web.Response(status=status, text=text, content_type="application/xml")
