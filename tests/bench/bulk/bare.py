"""What the local servers themselves give: items copied by next to nobody.

Requests are built beforehand, connections are kept, nothing is parsed but the length of a reply,
and no byte is looked at: the body of a GET is that of the PUT behind it. Several processes, which
only take turns at their connections; a large body is moved by the kernel.
"""

from __future__ import annotations

import json
import re
import selectors
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.bench.copiers.measuring import cpu_seconds
from tests.bench.copiers.splice import move, pipe
from tests.localcloud.config import REPOSITORY

Step = tuple[str, str, Mapping[str, str]]  # method, URL, headers
Steps = tuple[Step, ...]  # a GET's body goes into the PUT behind it

_PROCESSES = 2
_LARGE = 512 * 1024  # from here on the kernel moves a body
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


def run(items: Sequence[Steps], connections: int = 32) -> tuple[float, float]:
    """Copy them all, with so many connections to each server; the seconds and CPU it took."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.bench.bulk.bare", str(connections // _PROCESSES)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=REPOSITORY,
        )
        for _ in range(_PROCESSES)
    ]
    try:
        for number, process in enumerate(processes):
            assert process.stdin
            process.stdin.write(json.dumps(items[number::_PROCESSES]) + "\n")
            process.stdin.flush()
        for process in processes:
            _said(process)
        began = time.perf_counter()
        for process in processes:
            assert process.stdin
            process.stdin.write("go\n")
            process.stdin.flush()
        cpu = sum(float(_said(process)) for process in processes)
        return time.perf_counter() - began, cpu
    finally:
        for process in processes:
            process.communicate()


def _said(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    if not (line := process.stdout.readline()):
        raise SystemExit("a bare client was refused; its last words are above")
    return line


@dataclass(slots=True)
class _Pair:
    """One connection to each server, of which one is awaited. ``steps`` are still to be done."""

    connections: dict[str, socket.socket]
    steps: deque[tuple[str, bytes]]
    received: bytearray
    awaited: str = ""
    wanted: int = -1  # bytes of the whole reply, once its head is there


def _copy(items: Iterator[list[tuple[str, bytes]]], count: int) -> None:
    """All items, by so many pairs of connections."""
    with selectors.DefaultSelector() as selector, pipe() as through:
        for _ in range(count):
            pair = _Pair({}, deque(), bytearray())
            _next(pair, items, selector, b"")
        while selector.get_map():
            for event, _ in selector.select():
                _receive(event.data, items, selector, through)


def _next(
    pair: _Pair,
    items: Iterator[list[tuple[str, bytes]]],
    selector: selectors.BaseSelector,
    body: bytes,
) -> None:
    """Send the next request, of this item or of another."""
    if not pair.steps:
        item = next(items, None)
        if item is None:
            if pair.awaited:
                selector.unregister(pair.connections[pair.awaited])
            return
        pair.steps.extend(item)
    connection = _await_next(pair, selector)
    head = pair.steps.popleft()[1]
    length = f"Content-Length: {len(body)}\r\n\r\n".encode() if head.startswith(b"PUT") else b"\r\n"
    connection.sendall(head + length + body)


def _await_next(pair: _Pair, selector: selectors.BaseSelector) -> socket.socket:
    """The connection of the next step, which is the one that is listened to from now on."""
    place = pair.steps[0][0]
    if place not in pair.connections:
        host, _, port = place.rpartition(":")
        pair.connections[place] = socket.create_connection((host, int(port)))
        pair.connections[place].setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if place != pair.awaited:
        if pair.awaited:
            selector.unregister(pair.connections[pair.awaited])
        selector.register(pair.connections[place], selectors.EVENT_READ, pair)
        pair.awaited = place
    pair.wanted = -1
    pair.received.clear()
    return pair.connections[place]


def _receive(
    pair: _Pair,
    items: Iterator[list[tuple[str, bytes]]],
    selector: selectors.BaseSelector,
    through: tuple[int, int],
) -> None:
    source = pair.connections[pair.awaited]
    received = source.recv(256 * 1024)
    if not received:
        raise SystemExit("a server hung up")
    pair.received += received
    head = pair.received.find(b"\r\n\r\n") + 4
    if pair.wanted < 0 and head >= 4:
        if not pair.received.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"a server refused: {bytes(pair.received[:300])!r}")
        length = _LENGTH.search(pair.received, 0, head)
        size = int(length[1]) if length else 0
        pair.wanted = head + size
        if size >= _LARGE and pair.steps:
            return _move_on(pair, selector, source, bytes(pair.received[head:]), size, through)
    if 0 <= pair.wanted <= len(pair.received):
        body = bytes(pair.received[head:]) if pair.steps else b""
        _next(pair, items, selector, body)
    return None


def _move_on(
    pair: _Pair,
    selector: selectors.BaseSelector,
    source: socket.socket,
    start: bytes,
    size: int,
    through: tuple[int, int],
) -> None:
    """Have the kernel move a large body into the request that is next."""
    target = _await_next(pair, selector)
    head = pair.steps.popleft()[1]
    target.sendall(head + f"Content-Length: {size}\r\n\r\n".encode() + start)
    move(source.fileno(), through, target.fileno(), size - len(start))


def _ready(steps: Sequence[Sequence[object]]) -> list[tuple[str, bytes]]:
    """Each request as where it goes, and its head without its end."""
    ready = []
    for method, url, headers in steps:
        parts = urlsplit(str(url))
        assert isinstance(headers, dict)
        more = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        head = f"{method} {target} HTTP/1.1\r\nHost: {parts.netloc}\r\n{more}"
        ready.append((parts.netloc, head.encode()))
    return ready


def main() -> None:
    """Be one of the processes: read items, say so, wait, copy, tell the CPU seconds."""
    items = [_ready(steps) for steps in json.loads(sys.stdin.readline())]
    print("ready", flush=True)
    sys.stdin.readline()
    before = cpu_seconds()
    _copy(iter(items), int(sys.argv[1]))
    print(cpu_seconds() - before, flush=True)


if __name__ == "__main__":
    main()
