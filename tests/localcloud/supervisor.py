"""``up``: three server processes that start together and never outlive each other.

The listening sockets are bound here and inherited, so no port is ever free for somebody else to
take, and a client that connects early waits instead of being refused.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.localcloud.config import REPOSITORY, CloudConfig
from tests.localcloud.faults import SERVERS
from tests.localcloud.fc.check import require_deployable
from tests.localcloud.fc.template import InvalidTemplate

DATA_PREFIX = "ossferry-cloud-"
_READY_SECONDS = 60.0
_STOP_SECONDS = 2.5
_BACKLOG = 1024
# OSS in a second region: another address of the OSS server.
_SECOND_OSS = "second_oss"


class CloudFailed(Exception):
    """The cloud cannot start or go on; ``exit_code`` is what `up` ends with."""

    exit_code = 1


class InvalidRequest(CloudFailed):
    """An option, or a file that one names, asks for a cloud that cannot be."""

    exit_code = 2


class NotReady(CloudFailed):
    """A server runs but does not answer."""

    def __str__(self) -> str:
        return f"the servers do not answer after {_READY_SECONDS:.0f} s"


class ServerDied(CloudFailed):
    """One of the servers ended by itself, so the cloud ends."""

    def __init__(self, name: str, status: int) -> None:
        super().__init__(name, status)
        self.name, self.status = name, status

    def __str__(self) -> str:
        how = f"signal {-self.status}" if self.status < 0 else f"status {self.status}"
        return f"the {self.name} server ended with {how}; its last words are above"


class Supervisor:
    """Runs one local cloud from its first socket to its last temporary file."""

    def __init__(
        self,
        *,
        options: Mapping[str, Any],
        announce: Callable[[str], None],
        parent_dir: str | None = None,
        until_eof: int | None = None,
    ) -> None:
        self._options = options
        self._announce = announce
        self._parent_dir = parent_dir
        self._until_eof = until_eof
        self._servers: dict[str, Process] = {}

    async def run(self) -> None:
        """Start, announce and serve until a signal; raise ServerDied if a server ends before."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        if self._until_eof is not None:
            _watch_for_eof(self._until_eof, stop)
        data_dir = _make_data_dir(self._parent_dir)
        try:
            await _first_of(stop.wait(), self._serve(data_dir))
        finally:
            await self._stop_servers()
            shutil.rmtree(data_dir, ignore_errors=True)

    async def _serve(self, data_dir: str) -> None:
        sockets = {name: _listen() for name in (*SERVERS, _SECOND_OSS)}
        try:
            config = _configure(sockets, data_dir, self._options)
            _require_valid(config)
            for name in SERVERS:
                self._servers[name] = await _start(name, sockets[name], config)
        finally:
            for bound in sockets.values():
                bound.close()
        died = asyncio.ensure_future(self._first_death())
        # Shielded: the watch goes on when the servers have become ready.
        await _first_of(asyncio.shield(died), _all_ready(config))
        self._announce(json.dumps(_description(config)))
        await died

    async def _first_death(self) -> None:
        async def watch(name: str, server: Process) -> None:
            raise ServerDied(name, await server.wait())

        await asyncio.gather(*(watch(*each) for each in self._servers.items()))

    async def _stop_servers(self) -> None:
        running = [server for server in self._servers.values() if server.returncode is None]
        for server in running:
            server.terminate()
        ends = [asyncio.ensure_future(server.wait()) for server in running]
        if ends:
            await asyncio.wait(ends, timeout=_STOP_SECONDS)
        for server in running:
            with contextlib.suppress(ProcessLookupError):
                server.kill()
        await asyncio.gather(*ends)


async def _first_of(*awaitables: Any) -> None:
    """Wait for the first to end and raise what it raised; the others are cancelled."""
    futures = [asyncio.ensure_future(each) for each in awaitables]
    try:
        done, _ = await asyncio.wait(futures, return_when=asyncio.FIRST_COMPLETED)
        for future in done:
            future.result()
    finally:
        for future in futures:
            future.cancel()
        await asyncio.gather(*futures, return_exceptions=True)


def _make_data_dir(parent_dir: str | None) -> str:
    try:
        return tempfile.mkdtemp(prefix=DATA_PREFIX, dir=parent_dir)
    except OSError as error:
        raise InvalidRequest(f"no data can be kept in {parent_dir}: {error.strerror}") from error


def _require_valid(config: CloudConfig) -> None:
    try:
        require_deployable(config)
    except InvalidTemplate as error:
        raise InvalidRequest(str(error)) from error


def _listen() -> socket.socket:
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    bound.listen(_BACKLOG)
    return bound


def _configure(
    sockets: Mapping[str, socket.socket], data_dir: str, options: Mapping[str, Any]
) -> CloudConfig:
    endpoints = {
        name: f"http://127.0.0.1:{bound.getsockname()[1]}" for name, bound in sockets.items()
    }
    origin_root = options.get("origin_root") or str(Path(data_dir, "origin"))
    for directory in (Path(origin_root), *(Path(data_dir, name) for name in ("oss", "fc"))):
        directory.mkdir(exist_ok=True)
    return CloudConfig(
        oss_endpoint=endpoints["oss"],
        fc_endpoint=endpoints["fc"],
        origin=endpoints["origin"],
        second_oss_endpoint=endpoints[_SECOND_OSS],
        second_oss_descriptor=sockets[_SECOND_OSS].fileno(),
        data_dir=data_dir,
        access_key_secret=secrets.token_hex(16),
        **{"root_secret": secrets.token_hex(32), **options, "origin_root": origin_root},
    )


async def _start(name: str, bound: socket.socket, config: CloudConfig) -> Process:
    descriptors = [bound.fileno()]
    ours = ("--fd", str(bound.fileno()), "--parent", str(os.getpid()))
    if name == "oss" and config.second_oss_descriptor is not None:
        descriptors.append(config.second_oss_descriptor)
    # A session of its own: Ctrl-C in a terminal reaches only `up`, which then stops in order.
    server = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.localcloud", "serve", name, *ours),
        stdin=PIPE,
        stdout=sys.stderr,
        cwd=REPOSITORY,
        pass_fds=descriptors,
        start_new_session=True,
    )
    assert server.stdin is not None
    # A server that died at once is reported by its exit status, not by this broken pipe.
    with contextlib.suppress(ConnectionError):
        server.stdin.write(config.to_json().encode())
        await server.stdin.drain()
        server.stdin.close()
    return server


async def _all_ready(config: CloudConfig) -> None:
    endpoints = (
        *(config.oss_endpoint, config.second_oss_endpoint),
        *(config.fc_endpoint, config.origin),
    )
    try:
        await asyncio.wait_for(asyncio.gather(*map(_answers, endpoints)), _READY_SECONDS)
    except asyncio.TimeoutError as error:
        raise NotReady from error


async def _answers(endpoint: str) -> None:
    """Return once the server behind a listening socket answers a request."""
    host, _, port = endpoint.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"GET /-/faults HTTP/1.1\r\nHost: cloud\r\nConnection: close\r\n\r\n")
    await reader.readline()
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


def _description(config: CloudConfig) -> dict[str, Any]:
    names = (
        *("oss_endpoint", "fc_endpoint", "origin", "region", "account_id"),
        *("access_key_id", "access_key_secret", "bucket", "service", "function"),
        *("second_region", "second_oss_endpoint"),
    )
    return {name: getattr(config, name) for name in names} | {"pid": os.getpid()}


def _watch_for_eof(descriptor: int, stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()

    def readable() -> None:
        if not os.read(descriptor, 4096):
            loop.remove_reader(descriptor)
            stop.set()

    loop.add_reader(descriptor, readable)
