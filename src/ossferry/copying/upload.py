"""The target side of the copy path: one PUT to a URL that a coordinator signed.

No SDK: a child has no credentials, and the body goes from the buffer to the socket as it is.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import NamedTuple

from ..errors import (
    FerryError,
    NoSuchUpload,
    ObjectExists,
    PartDamaged,
    TargetRefused,
    TargetUnavailable,
)
from ..http.connection import BROKEN, Connection
from ..http.reply import reason
from ..urls import Url

_KNOWN: dict[str, type[FerryError]] = {
    "FileAlreadyExists": ObjectExists,
    "InvalidDigest": PartDamaged,
    "NoSuchUpload": NoSuchUpload,
}
# 4xx that a repeated request may get past: a slow body, two requests at once.
_PASSING = ("RequestTimeout", "OperationAborted")
_ERROR_AT_MOST = 4096  # bytes of an answer that are looked at


class Stored(NamedTuple):
    """What OSS says it stored. ``crc64`` is None if it did not say.

    ``delayed`` are the seconds that it held the answer back, because the account sends too much.
    """

    etag: str
    crc64: int | None
    delayed: float = 0.0


class Uploader:
    """PUTs, one after another, over one kept connection. Not thread-safe, but for ``interrupt``.

    ``deadline`` is for connecting and for the answers.
    """

    def __init__(self, deadline: float = math.inf) -> None:
        self._connection = Connection()
        self._deadline = deadline
        self._framed = False

    def begin(self, url: Url, headers: Mapping[str, str], length: int | None) -> None:
        """Send the head of a PUT; without a length the body is sent in HTTP's own pieces."""
        self._framed = length is None
        framing = {"Transfer-Encoding": "chunked"} if length is None else _length(length)
        try:
            self._connection.ask("PUT", url, {**headers, **framing}, self._deadline)
        except BROKEN as error:
            raise self._unavailable(error) from error

    def send(self, view: memoryview) -> None:
        try:
            if self._framed:
                self._connection.send(f"{len(view):x}\r\n".encode())
            self._connection.send(view)
            if self._framed:
                self._connection.send(b"\r\n")
        except BROKEN as error:
            raise self._early_answer(error) from error

    def finish(self) -> Stored:
        """Read OSS's answer; raise what it means if it is not success."""
        try:
            if self._framed:
                self._connection.send(b"0\r\n\r\n")
            reply = self._connection.reply()
            body = reply.read(_ERROR_AT_MOST)
        except BROKEN as error:
            raise self._unavailable(error) from error
        if reply.status != 200:
            raise oss_error(reply.status, body)
        crc64 = reply.headers.get("x-oss-hash-crc64ecma") or ""
        return Stored(
            etag=(reply.headers.get("ETag") or "").strip('"'),
            crc64=int(crc64) if crc64.isdecimal() else None,
            delayed=_milliseconds(reply.headers.get("x-oss-qos-delay-time") or "") / 1000,
        )

    def interrupt(self) -> None:
        self._connection.interrupt()

    def close(self) -> None:
        """Also how a PUT is given up: OSS stores nothing of a body that ends early."""
        self._connection.drop()

    def _early_answer(self, error: Exception) -> FerryError:
        """OSS may answer, and hang up, before the body is through: then the answer is the error."""
        try:
            reply = self._connection.reply()
            body = reply.read(_ERROR_AT_MOST)
        except BROKEN:
            return self._unavailable(error)
        self._connection.drop()
        if reply.status == 200:  # to a body that it cannot have
            return self._unavailable(error)
        return oss_error(reply.status, body)

    def _unavailable(self, error: Exception) -> TargetUnavailable:
        self._connection.drop()
        return TargetUnavailable(f"the connection to OSS broke off: {reason(error)}")


def _length(length: int) -> dict[str, str]:
    return {"Content-Length": str(length)}


def _milliseconds(text: str) -> int:
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else 0


def oss_error(status: int, body: bytes) -> FerryError:
    """The error that an answer of OSS stands for; OSS API reference, "Error responses"."""
    text = body.decode("utf-8", "replace")
    code, message, ec = (
        match[1] if (match := re.search(f"<{tag}>([^<]{{1,300}})</{tag}>", text)) else ""
        for tag in ("Code", "Message", "EC")
    )
    said = " ".join(word for word in (code, message, ec) if word) or "nothing more"
    sentence = f"OSS answered {status} and said: {said}"
    if status >= 500 or status == 429 or code in _PASSING:
        return TargetUnavailable(sentence)
    return _KNOWN.get(code, TargetRefused)(sentence)
