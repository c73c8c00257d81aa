"""The OSS server as an aiohttp application."""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from aiohttp import web

from tests.localcloud.config import CloudConfig
from tests.localcloud.faults import FaultTable
from tests.localcloud.oss.disk import Disk
from tests.localcloud.oss.notifier import Notifier
from tests.localcloud.oss.skin import admin, replies
from tests.localcloud.oss.skin.call import OssServer
from tests.localcloud.oss.skin.dispatch import Dispatcher
from tests.localcloud.serving import running_app
from tests.localcloud.wire import install_faults

# Bodies are streamed; only documents are read whole, and the largest lists 10,000 parts.
_MOST_DOCUMENT_BYTES = 16 << 20
_HASHING_THREADS = 4


def make_app(config: CloudConfig) -> web.Application:
    """Build the application; its bucket exists from the start, everything else does not."""
    server = OssServer(
        config=config,
        disk=Disk(Path(config.data_dir) / "oss"),
        threads=ThreadPoolExecutor(_HASHING_THREADS, thread_name_prefix="oss-hashing"),
        notifier=Notifier(),
    )
    server.catalogue.create(config.bucket, server.clock.now(), config.region)
    table = FaultTable.from_text(config.faults)
    app = _in_region(config.region, server, table)
    app.cleanup_ctx.append(_closing(server))
    if config.second_oss_descriptor is not None:
        second = _in_region(config.second_region, server, table)
        app.cleanup_ctx.append(_serving_too(second, config.second_oss_descriptor))
    return app


def _in_region(region: str, server: OssServer, table: FaultTable) -> web.Application:
    """Build what answers at one region's endpoint; state and faults are those of all regions."""
    dispatcher = Dispatcher(server, region)
    app = web.Application(client_max_size=_MOST_DOCUMENT_BYTES)
    # Before the faults, which may take away again what every reply has.
    app.on_response_prepare.append(replies.finish_headers)
    app.on_response_prepare.append(replies.dated(server.clock.now))
    install_faults(
        app,
        server="oss",
        table=table,
        classify=dispatcher.classify,
        render=dispatcher.render,
    )
    admin.add_routes(app, server)
    # Everything else goes to one handler that reads the raw target itself: keys may hold any
    # byte, a newline included, which "." would not match.
    app.router.add_route("*", r"/{target:[\s\S]*}", dispatcher.handle)
    return app


def _serving_too(
    app: web.Application, descriptor: int
) -> Callable[[web.Application], AsyncIterator[None]]:
    async def context(_app: web.Application) -> AsyncIterator[None]:
        # A copy, because whoever opened the socket also closes it.
        with socket.socket(fileno=os.dup(descriptor)) as bound:
            async with running_app(app, bound):
                yield

    return context


def _closing(server: OssServer) -> Callable[[web.Application], AsyncIterator[None]]:
    async def context(_app: web.Application) -> AsyncIterator[None]:
        yield
        await server.notifier.close()
        server.threads.shutdown(cancel_futures=True)

    return context
