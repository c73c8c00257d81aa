"""Checksums of whole contents, worked out once and off the event loop."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Callable

from fastcrc import crc64

from tests.localcloud.origin.behaviours import Behaviour
from tests.localcloud.origin.contents import Content


def crc64_of(content: Content) -> int:
    """Return the CRC-64/XZ, as OSS gives it in x-oss-hash-crc64ecma."""
    crc = 0
    for piece in content.read(0, content.size):
        crc = crc64.xz(piece, crc)
    return crc


def digest_of(content: Content, algorithm: str) -> str:
    """Return a digest in base64, as HTTP headers carry it."""
    digest = hashlib.new(algorithm)
    for piece in content.read(0, content.size):
        digest.update(piece)
    return base64.b64encode(digest.digest()).decode()


class Checksums:
    """The checksum headers that a behaviour asks for."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], str] = {}

    async def headers(self, content: Content, behaviour: Behaviour) -> dict[str, str]:
        """Return the headers for a content, right or deliberately wrong."""
        headers: dict[str, str] = {}
        if behaviour.crc64 != "none":
            crc = int(await self._once(content, "crc64", lambda: str(crc64_of(content))))
            wrong = behaviour.crc64 == "wrong"
            headers["x-oss-hash-crc64ecma"] = str(crc ^ 1 if wrong else crc)
        if behaviour.digest == "md5":
            headers["Content-MD5"] = await self._digest(content, "md5")
        if behaviour.digest == "sha256":
            headers["Repr-Digest"] = f"sha-256=:{await self._digest(content, 'sha256')}:"
        return headers

    async def _digest(self, content: Content, algorithm: str) -> str:
        return await self._once(content, algorithm, lambda: digest_of(content, algorithm))

    async def _once(self, content: Content, kind: str, work: Callable[[], str]) -> str:
        # By the bytes, not by the ETag: a silent change keeps the one and not the other.
        key = (content.seed or content.identity, f"{kind}:{content.size}")
        if key not in self._known:
            self._known[key] = await asyncio.get_running_loop().run_in_executor(None, work)
        return self._known[key]
