"""The target side of the copy path: one PUT to a URL that a coordinator signed.

No SDK: a child has no credentials, and the body goes from the buffer to the socket as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPResponse
from typing import NamedTuple

from ..errors import (
    FerryError,
    NoSuchUpload,
    ObjectExists,
    PartDamaged,
    TargetRefused,
    TargetUnavailable,
)
from ..urls import Url
from .wire import BROKEN, KeptConnection, reason

_KNOWN: dict[str, type[FerryError]] = {
    "FileAlreadyExists": ObjectExists,
    "InvalidDigest": PartDamaged,
    "NoSuchUpload": NoSuchUpload,
}
# 4xx that a repeated request may get past: a slow body, two requests at once.
_PASSING = ("RequestTimeout", "OperationAborted")


class Stored(NamedTuple):
    """What OSS says it stored. ``crc64`` is None if it did not say."""

    etag: str
    crc64: int | None


class Uploader:
    """PUTs, one after another, over one kept connection. Not thread-safe."""

    def __init__(self) -> None:
        self._connection = KeptConnection()
        self._put: HTTPConnection  # the one that the PUT in progress goes over
        self._framed = False

    def begin(self, url: Url, headers: Mapping[str, str], length: int | None) -> None:
        """Send the head of a PUT; without a length the body is sent in HTTP's own pieces."""
        self._framed = length is None
        if self._connection.reused:
            try:
                return self._head(url, headers, length)
            except BROKEN:
                self._connection.drop()
        try:
            self._head(url, headers, length)
        except BROKEN as error:
            raise self._unavailable(error) from error

    def send(self, view: memoryview) -> None:
        try:
            socket = self._put.sock
            if self._framed:
                socket.sendall(f"{len(view):x}\r\n".encode())
            socket.sendall(view)
            if self._framed:
                socket.sendall(b"\r\n")
        except BROKEN as error:
            raise self._early_answer(error) from error

    def finish(self) -> Stored:
        """Read OSS's answer; raise what it means if it is not success."""
        try:
            if self._framed:
                self._put.sock.sendall(b"0\r\n\r\n")
            response = self._put.getresponse()
            body = response.read(4096)
        except BROKEN as error:
            raise self._unavailable(error) from error
        if not response.isclosed():
            self._connection.drop()
        if response.status != 200:
            raise oss_error(response, body)
        crc64 = response.headers.get("x-oss-hash-crc64ecma", "")
        return Stored(
            etag=response.headers.get("ETag", "").strip('"'),
            crc64=int(crc64) if crc64.isdecimal() else None,
        )

    def interrupt(self) -> None:
        self._connection.interrupt()

    def close(self) -> None:
        """Also how a PUT is given up: OSS stores nothing of a body that ends early."""
        self._connection.drop()

    def _head(self, url: Url, headers: Mapping[str, str], length: int | None) -> None:
        self._put = connection = self._connection.to(url)
        connection.putrequest("PUT", url.target, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", url.host_header)
        for name, value in headers.items():
            connection.putheader(name, value)
        if length is None:
            connection.putheader("Transfer-Encoding", "chunked")
        else:
            connection.putheader("Content-Length", str(length))
        connection.endheaders()
        self._connection.asked()

    def _early_answer(self, error: Exception) -> FerryError:
        """OSS may answer, and hang up, before the body is through: then the answer is the error."""
        try:
            response = self._put.getresponse()
            body = response.read(4096)
        except BROKEN:
            return self._unavailable(error)
        self._connection.drop()
        return oss_error(response, body)

    def _unavailable(self, error: Exception) -> TargetUnavailable:
        self._connection.drop()
        return TargetUnavailable(f"the connection to OSS broke off: {reason(error)}")


def oss_error(response: HTTPResponse, body: bytes) -> FerryError:
    """The error that an answer of OSS stands for; OSS API reference, "Error responses"."""
    text = body.decode("utf-8", "replace")
    code, message, ec = (
        match[1] if (match := re.search(f"<{tag}>([^<]{{1,300}})</{tag}>", text)) else ""
        for tag in ("Code", "Message", "EC")
    )
    said = " ".join(word for word in (code, message, ec) if word) or "nothing more"
    sentence = f"OSS answered {response.status} and said: {said}"
    if response.status >= 500 or response.status == 429 or code in _PASSING:
        return TargetUnavailable(sentence)
    return _KNOWN.get(code, TargetRefused)(sentence)
