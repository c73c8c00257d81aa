"""What server and instance say to each other: a JSON header and a body, each with its length."""

from __future__ import annotations

import json
import socket
import struct
from typing import Any

HEADER = struct.Struct(">II")


def pack(head: dict[str, Any], body: bytes) -> tuple[bytes, bytes]:
    """Return what to send before the body, and the body."""
    text = json.dumps(head).encode()
    return HEADER.pack(len(text), len(body)) + text, body


def load_head(text: bytes | bytearray) -> dict[str, Any]:
    """Read the JSON header of a frame."""
    head: dict[str, Any] = json.loads(text)
    return head


def send(channel: socket.socket, head: dict[str, Any], body: bytes) -> None:
    """Send one frame from a blocking socket."""
    for piece in pack(head, body):
        channel.sendall(piece)


def receive(channel: socket.socket) -> tuple[dict[str, Any], bytes] | None:
    """Wait for one frame; None when the other side has gone."""
    lengths = _exactly(channel, HEADER.size)
    if lengths is None:
        return None
    head_size, body_size = HEADER.unpack(lengths)
    head, body = _exactly(channel, head_size), _exactly(channel, body_size)
    if head is None or body is None:
        return None
    return load_head(head), body


def _exactly(channel: socket.socket, size: int) -> bytes | None:
    data = bytearray(size)
    view = memoryview(data)
    while view:
        count = channel.recv_into(view)
        if not count:
            return None
        view = view[count:]
    return bytes(data)
