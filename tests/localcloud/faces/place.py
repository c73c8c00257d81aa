"""Where a request leads: a bucket and a key, and the words for what is done there."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote, unquote_to_bytes

from tests.localcloud.faces.refused import Refused

_OBJECT = {"GET": "GetObject", "HEAD": "HeadObject", "PUT": "PutObject", "DELETE": "DeleteObject"}
_BUCKET = {"GET": "ListObjects", "HEAD": "HeadBucket"}


@dataclass(frozen=True, slots=True)
class Place:
    """A bucket, or with a key an object; the key is decoded."""

    bucket: str
    key: str = ""

    def __str__(self) -> str:
        return f"{self.bucket}/{self.key}"

    def operation(self, method: str) -> str:
        """Return the operation's name in the fault language."""
        return (_OBJECT if self.key else _BUCKET).get(method, method)


def at_path(raw: str) -> Place:
    """Read ``/bucket/key`` as it came."""
    bucket, _, key = raw.removeprefix("/").partition("/")
    return Place(unquote(bucket), decoded(key))


def decoded(raw: str) -> str:
    """Return a key decoded once; a plus sign is a plus sign."""
    try:
        return unquote_to_bytes(raw).decode()
    except UnicodeDecodeError:
        raise Refused(400, "InvalidURI", "Couldn't parse the specified URI.") from None


def in_front_of(host: str, domains: tuple[str, ...]) -> str | None:
    """Return the bucket in a virtual host's name, or None if the host is none."""
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
    for domain in domains:
        if name.endswith(f".{domain}"):
            return name[: -len(domain) - 1]
    return None
