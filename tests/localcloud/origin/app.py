"""The origin's HTTP skin: finds the content, asks ``replies`` what to say, and has it sent."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from urllib.parse import unquote, unquote_to_bytes

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from tests.localcloud.config import CloudConfig
from tests.localcloud.faults import Fault, FaultTable
from tests.localcloud.origin.behaviours import Behaviour, InvalidBehaviour, merge, read_groups
from tests.localcloud.origin.checksums import Checksums
from tests.localcloud.origin.contents import Content, generated, open_file
from tests.localcloud.origin.delivery import (
    ENTRY,
    compressed,
    deliver,
    plain,
    remove_length,
    version_of,
    without_content,
)
from tests.localcloud.origin.journal import Entry, Journal
from tests.localcloud.origin.replies import (
    Ask,
    Facts,
    reply_with_content,
    reply_without_content,
)
from tests.localcloud.pace import Pace
from tests.localcloud.wire import ABORTED, install_faults

# The number of a request among those for the same URL, from 1.
_ORDINAL = web.RequestKey("ordinal", int)
_NOTED_HEADERS = ("User-Agent", "Accept-Encoding", "If-Match", "If-Range", "If-None-Match")


def make_app(config: CloudConfig) -> web.Application:
    """Build the origin of a local cloud."""
    app = web.Application()
    origin = Origin(Path(config.origin_root))
    # Outside of the faults: what a fault answers belongs into the journal as well.
    app.middlewares.append(origin.note_requests())
    install_faults(
        app,
        server="origin",
        table=FaultTable.from_text(config.faults),
        classify=_classify,
        render=_render_fault,
    )
    app.on_response_prepare.append(remove_length)
    app.router.add_get("/-/root", origin.show_root, allow_head=False)
    app.router.add_get("/-/requests", origin.show_requests, allow_head=False)
    app.router.add_delete("/-/requests", origin.forget_requests)
    # Not ".*": it does not match a line break, which a name may contain.
    app.router.add_route("*", r"/{path:[\s\S]*}", origin.answer)
    return app


class Origin:
    """One directory and the generated files, and what has been asked of them."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._journal = Journal()
        self._checksums = Checksums()
        self._paces: dict[tuple[str, int], Pace] = {}

    def note_requests(self) -> Middleware:
        """Return the middleware that keeps the journal."""

        @web.middleware
        async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.raw_path.startswith("/-/"):
                return await handler(request)
            entry = request[ENTRY] = _entry(request)
            request[_ORDINAL] = self._journal.begin(entry)
            try:
                response = await handler(request)
                if entry.status is None and not request[ABORTED]:
                    entry.status, entry.complete = response.status, True
                return response
            finally:
                self._journal.end(entry, time.time())

        return middleware

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer for a path of the directory or a generated file."""
        if request.method not in ("GET", "HEAD"):
            return plain(405, "only GET and HEAD")
        path, query = _target(request)
        try:
            behaviour = merge(read_groups(query), request[_ORDINAL])
        except InvalidBehaviour as error:
            return plain(400, str(error))
        await asyncio.sleep(behaviour.delay)
        ask = self._ask(request)
        reply = reply_without_content(ask, behaviour)
        if reply is not None:
            if reply.over:
                self._journal.refuse(request[ENTRY])
            return without_content(reply)
        content = self._find(path)
        if content is None:
            return plain(404, "no such file")
        try:
            return await self._answer_with(version_of(content, behaviour), request, ask, behaviour)
        except InvalidBehaviour as error:
            return plain(400, str(error))
        finally:
            content.close()

    async def _answer_with(
        self, content: Content, request: web.Request, ask: Ask, behaviour: Behaviour
    ) -> web.StreamResponse:
        checksums = await self._checksums.headers(content, behaviour)
        facts = Facts(content.size, content.etag, content.modified, content.media_type, checksums)
        reply = reply_with_content(ask, facts, behaviour)
        if reply.status not in (200, 206):
            return without_content(reply)
        if reply.gzip:
            return compressed(reply, content)
        return await deliver(request, reply, content, behaviour, self._shared(request, behaviour))

    def _shared(self, request: web.Request, behaviour: Behaviour) -> list[Pace]:
        """Return the pace that all requests for one path share, if they are to."""
        if not behaviour.total_rate:
            return []
        key = (_target(request)[0], behaviour.total_rate)
        return [self._paces.setdefault(key, Pace(behaviour.total_rate))]

    def _ask(self, request: web.Request) -> Ask:
        return Ask(
            method=request.method,
            url=f"http://{request.host}{request.raw_path}",
            headers=request.headers,
            ordinal=request[_ORDINAL],
            running=self._journal.running(_target(request)[0]),
            now=time.time(),
        )

    def _find(self, path: str) -> Content | None:
        if path.startswith("/random/"):
            return _generated(path)
        try:
            file = (self._root / os.fsdecode(unquote_to_bytes(path.lstrip("/")))).resolve()
            return open_file(file, path) if file.is_relative_to(self._root) else None
        except (OSError, ValueError):
            # No such file, a directory, or a name that no file can have.
            return None

    async def show_root(self, _request: web.Request) -> web.Response:
        """Answer GET /-/root: where to put a file so that it is served."""
        return web.json_response({"root": str(self._root)})

    async def show_requests(self, request: web.Request) -> web.Response:
        """Answer GET /-/requests?path=/raw/path (a final slash means all below)."""
        return web.json_response(self._journal.report(request.query.get("path", "")))

    async def forget_requests(self, _request: web.Request) -> web.Response:
        """Answer DELETE /-/requests."""
        self._journal.clear()
        return web.Response(status=204)


def _target(request: web.Request) -> tuple[str, str]:
    """Return path and query as they came: decoding first would change what a name means."""
    path, _, query = request.raw_path.partition("?")
    return path, query


def _generated(path: str) -> Content | None:
    """Return the content of /random/{seed}/{size}[/{name}]."""
    seed, _, rest = path.removeprefix("/random/").partition("/")
    size, _, name = rest.partition("/")
    return generated(seed, int(size), unquote(name)) if size.isdecimal() else None


def _classify(request: web.Request) -> tuple[str, str, int | None]:
    return request.method, unquote(_target(request)[0]), None


def _render_fault(_request: web.Request, fault: Fault) -> web.StreamResponse:
    words = " ".join(filter(None, (fault.code, fault.message))) or "a fault was asked for"
    return plain(fault.status or 500, words)


def _entry(request: web.Request) -> Entry:
    path, query = _target(request)
    peer = request.transport.get_extra_info("peername") if request.transport else None
    return Entry(
        method=request.method,
        path=path,
        query=query,
        host=request.host,
        connection=peer[1] if peer else 0,
        started=time.time(),
        headers={name: request.headers[name] for name in _NOTED_HEADERS if name in request.headers},
        range=request.headers.get("Range"),
        authorization="Authorization" in request.headers,
        cookie="Cookie" in request.headers,
    )
