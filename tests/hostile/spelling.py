"""Heads and bodies as a server spells them, byte by byte: nothing is added or put right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MONDAY = "Mon, 02 Mar 2026 10:00:00 GMT"
TUESDAY = "Tue, 03 Mar 2026 11:00:00 GMT"


def head(status: str, *lines: str) -> bytes:
    """A head; lines are Latin-1, so that every byte can be written."""
    return "\r\n".join((f"HTTP/1.1 {status}", *lines, "", "")).encode("latin-1")


def sized(status: str, body: bytes, *lines: str) -> bytes:
    """A reply with the right Content-Length."""
    return head(status, f"Content-Length: {len(body)}", *lines) + body


def pieces(body: bytes, size: int = 1 << 20) -> bytes:
    """A body in the pieces of the chunked coding, with its end."""
    cut = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(each), each) for each in cut) + b"0\r\n\r\n"


def in_pieces(status: str, body: bytes, *lines: str) -> bytes:
    """A reply whose length nobody knows before its end."""
    return head(status, "Transfer-Encoding: chunked", *lines) + pieces(body)


@dataclass(frozen=True)
class File:
    """What a server has, and what it says about it in each reply."""

    content: bytes
    etag: str | None = '"one"'
    modified: str | None = MONDAY
    more: Sequence[str] = ()

    @property
    def lines(self) -> list[str]:
        named = {"ETag": self.etag, "Last-Modified": self.modified}
        return [f"{name}: {value}" for name, value in named.items() if value] + list(self.more)

    @property
    def whole(self) -> bytes:
        return sized("200 OK", self.content, *self.lines)

    @property
    def whole_head(self) -> bytes:
        return head("200 OK", f"Content-Length: {len(self.content)}", *self.lines)

    def part(self, asked: tuple[int, int], total: str = "") -> bytes:
        return self.part_head(asked, total) + self.slice(asked)

    def part_head(self, asked: tuple[int, int], total: str = "") -> bytes:
        start, length = asked[0], len(self.slice(asked))
        said = f"bytes {start}-{start + length - 1}/{total or len(self.content)}"
        return head(
            "206 Partial Content",
            f"Content-Range: {said}",
            f"Content-Length: {length}",
            *self.lines,
        )

    def slice(self, asked: tuple[int, int]) -> bytes:
        return self.content[asked[0] : asked[1]]
