"""The life of one instance: requests in, one at a time, answers out, until the server is gone.

Requests run in the main thread. Another one listens, and calls the preStop hook beside them.

The process has its own session, dies with the zygote, and has the environment, the path and the
working directory that the function has on FC.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import sys
import threading
import time
from queue import SimpleQueue
from typing import Any, NoReturn

from . import context, frames, function

_LOG_FORMAT = "%(asctime)s %(request_id)s [%(levelname)s] %(message)s"


def main(channel: str, search_path: str) -> NoReturn:
    """Serve as an interpreter of its own, whose environment and folder are already right."""
    serve(socket.socket(fileno=int(channel)), json.loads(search_path))


def serve(channel: socket.socket, search_path: list[str]) -> NoReturn:
    """Answer requests until there is nobody to answer."""
    # -S leaves only the standard library on the path.
    sys.path[:0] = search_path
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", line_buffering=True)  # type: ignore[union-attr]
    stamp = _RequestStamp()
    _log_like_fc(stamp)
    conversation = _Conversation(channel)
    threading.Thread(target=conversation.listen, daemon=True).start()
    while True:
        head, event = conversation.requests.get()
        stamp.request_id = head["context"]["request_id"]
        conversation.answer(head, event)


class _Conversation:
    """The channel to the server, from which the main thread takes ``requests``."""

    def __init__(self, channel: socket.socket) -> None:
        self.requests: SimpleQueue[tuple[dict[str, Any], bytes]] = SimpleQueue()
        self._channel = channel
        self._sending = threading.Lock()

    def listen(self) -> NoReturn:
        try:
            while (request := frames.receive(self._channel)) is not None:
                if request[0]["operation"] == "preStop":
                    self.answer(*request)
                else:
                    self.requests.put(request)
        finally:
            os._exit(0)

    def answer(self, head: dict[str, Any], event: bytes) -> None:
        os.environ.update(head["environment"])
        outcome, body = _handle(head, event)
        function.flush_output()
        about = {"operation": head["operation"], "children": _has_children()}
        with self._sending:
            frames.send(self._channel, outcome | about, body)


def _handle(head: dict[str, Any], event: bytes) -> tuple[dict[str, Any], bytes]:
    described = context.make(head["context"])
    try:
        if head["operation"] == "invoke":
            return {"failed": False}, function.call(head["handler"], event, described)
        return {"failed": False}, function.call_hook(head["handler"], described)
    except function.FunctionFailed as error:
        return {"failed": True}, error.body
    except SystemExit as error:
        # On FC the process is gone, and with it the request.
        function.flush_output()
        os._exit(error.code if isinstance(error.code, int) else int(error.code is not None))


def _has_children() -> bool:
    """Say whether processes of the function are still there, running or not."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


class _RequestStamp(logging.Filter):
    """Puts the current request's id on every line."""

    request_id = ""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = self.request_id
        return True


def _log_like_fc(stamp: logging.Filter) -> None:
    handler = logging.StreamHandler(sys.stdout)
    formatter = logging.Formatter(_LOG_FORMAT, "%Y-%m-%d %H:%M:%S")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    handler.addFilter(stamp)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
