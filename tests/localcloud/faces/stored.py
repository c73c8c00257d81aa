"""What a face has: buckets of objects, and the digests that a store tells of them."""

from __future__ import annotations

import base64
import hashlib
import os
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import crcmod
from fastcrc import crc32, crc64

from tests.localcloud.origin.contents import Content, generated

_NVME = 0x1AD93D23594C93659


@dataclass(frozen=True, slots=True)
class Generated:
    """So many bytes that look random and take no disk."""

    seed: str
    size: int


Data = bytes | Path | Generated


@dataclass(frozen=True, slots=True)
class Stored:
    """One object; what is not given follows from its bytes.

    ``part_size``: it was uploaded in parts, so its ETag is no MD5. ``checksum`` is the algorithm
    that S3 tells (``""``: none) and ``composite`` says that it is of the parts' checksums.
    """

    data: Data
    part_size: int = 0
    checksum: str = "crc64nvme"
    composite: bool = False
    # COS and OBS: whether the CRC64 is known, which it is not of old objects.
    crc64: bool = True
    storage_class: str = "STANDARD"
    # An archived object that can be read for now.
    restored: bool = False
    modified: float = field(default_factory=lambda: float(int(time.time())))
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """The number of bytes."""
        if isinstance(self.data, Generated):
            return self.data.size
        return self.data.stat().st_size if isinstance(self.data, Path) else len(self.data)


def opened(stored: Stored, name: str) -> Content:
    """Open an object's bytes; the caller closes the content."""
    if isinstance(stored.data, Generated):
        content = generated(stored.data.seed, stored.data.size, name)
        return Content(
            name, content.size, content.identity, stored.modified, content.file, content.seed
        )
    if isinstance(stored.data, Path):
        file: BinaryIO = stored.data.open("rb")
        identity = f"{stored.data}:{os.fstat(file.fileno()).st_mtime_ns}"
        return Content(name, stored.size, identity, stored.modified, file)
    file = os.fdopen(os.memfd_create("face-object"), "w+b")
    file.write(stored.data)
    file.flush()
    identity = hashlib.sha256(stored.data).hexdigest()
    return Content(name, stored.size, identity, stored.modified, file)


@dataclass(frozen=True, slots=True)
class Digests:
    """The checksums of some bytes, or of each part of them and then of those."""

    md5: bytes
    crc64xz: int
    plain: Mapping[str, bytes]
    composite: Mapping[str, bytes]
    parts: int = 0

    @property
    def etag(self) -> str:
        """The ETag without quotes."""
        return self.md5.hex() + (f"-{self.parts}" if self.parts else "")

    def told(self, algorithm: str, *, composite: bool) -> str:
        """Return a checksum in base64, as S3 writes it."""
        table = self.composite if composite else self.plain
        text = base64.b64encode(table[algorithm]).decode()
        return f"{text}-{self.parts}" if composite else text


def digests_of(content: Content, part_size: int = 0) -> Digests:
    """Read everything once; with a part size, the MD5 is that of the parts' MD5s."""
    whole, crc = _Running(), 0
    md5s, sums, parts = b"", {name: b"" for name in ("crc64nvme", "crc32c", "crc32")}, 0
    for start in range(0, content.size, part_size or max(1, content.size)):
        part = _Running() if part_size else whole
        for piece in content.read(start, min(part_size or content.size, content.size - start)):
            whole.add(piece)
            if part_size:
                part.add(piece)
            crc = crc64.xz(piece, crc)
        md5s += part.md5.digest()
        sums = {name: told + part.sums()[name] for name, told in sums.items()}
        parts += 1
    if not part_size:
        return Digests(whole.md5.digest(), crc, whole.sums(), {})
    composite = {
        "crc32": zlib.crc32(sums["crc32"]).to_bytes(4, "big"),
        "crc32c": crc32.iscsi(sums["crc32c"]).to_bytes(4, "big"),
    }
    return Digests(hashlib.md5(md5s).digest(), crc, whole.sums(), composite, parts)


class _Running:
    def __init__(self) -> None:
        self.md5 = hashlib.md5()
        self._crc32 = self._crc32c = 0
        self._nvme = crcmod.Crc(_NVME, initCrc=0, rev=True, xorOut=(1 << 64) - 1)

    def add(self, piece: bytes) -> None:
        self.md5.update(piece)
        self._crc32 = zlib.crc32(piece, self._crc32)
        self._crc32c = crc32.iscsi(piece, self._crc32c)
        self._nvme.update(piece)

    def sums(self) -> dict[str, bytes]:
        return {
            "crc32": self._crc32.to_bytes(4, "big"),
            "crc32c": self._crc32c.to_bytes(4, "big"),
            "crc64nvme": int(self._nvme.crcValue).to_bytes(8, "big"),
        }
