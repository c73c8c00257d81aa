"""Serving one of the local cloud's applications: as a process of its own, or in a test's thread."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import importlib
import os
import resource
import shutil
import signal
import socket
import threading
from collections.abc import AsyncIterator, Iterator

from aiohttp import web

from tests.localcloud.config import CloudConfig

_PR_SET_PDEATHSIG = 1
# After SIGTERM: requests in flight get this long, and the process as a whole that long.
_DRAIN_SECONDS = 0.3
_STOP_SECONDS = 3
_READ_BUFFER = 1024 * 1024


def load_app(name: str, config: CloudConfig) -> web.Application:
    """Build the application of the server ``name``."""
    app = importlib.import_module(f"tests.localcloud.{name}.app").make_app(config)
    assert isinstance(app, web.Application)
    return app


def serve_until_signalled(
    name: str, config: CloudConfig, bound: socket.socket, parent: int
) -> None:
    """Serve until SIGTERM or SIGINT, or until the parent process has gone."""
    _end_with_parent()
    # It may have gone before the kernel was asked, while this process was starting.
    if os.getppid() == parent:
        _allow_many_connections()
        asyncio.run(_serve(name, config, bound))
    if os.getppid() != parent:
        # Nobody is left to tidy up after a crashed parent.
        shutil.rmtree(config.data_dir, ignore_errors=True)


async def _serve(name: str, config: CloudConfig, bound: socket.socket) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with running_app(load_app(name, config), bound):
        await stop.wait()
        # SIGALRM's default is to kill: a handler that hangs cannot keep the process.
        signal.alarm(_STOP_SECONDS)


@contextlib.contextmanager
def serving(name: str, config: CloudConfig, bound: socket.socket) -> Iterator[web.Application]:
    """Serve ``name`` in a thread, for a test of this server alone.

    ``bound`` comes from ``listening``: its address is in the configuration before the server is.
    """
    with serving_app(load_app(name, config), bound) as app:
        yield app


@contextlib.contextmanager
def listening() -> Iterator[tuple[socket.socket, str]]:
    """Yield a listening socket on 127.0.0.1 and its endpoint."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        bound.listen(1024)
        yield bound, f"http://127.0.0.1:{bound.getsockname()[1]}"


@contextlib.contextmanager
def serving_app(app: web.Application, bound: socket.socket) -> Iterator[web.Application]:
    """Serve any application in a thread, in the way that the servers of the cloud are served."""
    loop = asyncio.new_event_loop()
    started: threading.Event = threading.Event()
    failure: list[BaseException] = []
    stop = asyncio.Event()

    async def run() -> None:
        async with running_app(app, bound):
            started.set()
            await stop.wait()

    def work() -> None:
        try:
            loop.run_until_complete(run())
        except BaseException as error:
            failure.append(error)
        finally:
            started.set()
            loop.close()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    started.wait()
    try:
        if not failure:
            yield app
    finally:
        if not failure:
            loop.call_soon_threadsafe(stop.set)
        thread.join()
        if failure:
            raise failure[0]


@contextlib.asynccontextmanager
async def running_app(app: web.Application, bound: socket.socket) -> AsyncIterator[None]:
    """Serve an application in the loop that runs, on a socket that listens."""
    runner = web.AppRunner(
        app,
        access_log=None,
        handler_cancellation=True,
        auto_decompress=False,
        read_bufsize=_READ_BUFFER,
        shutdown_timeout=_DRAIN_SECONDS,
    )
    await runner.setup()
    try:
        await web.SockSite(runner, bound, backlog=1024).start()
        yield
    finally:
        await runner.cleanup()


def _end_with_parent() -> None:
    """Ask the kernel for SIGTERM when the parent dies, however it dies."""
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")


def _allow_many_connections() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
