"""An object: its bytes, what is said about it, and what it answers to readers."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.localcloud.oss.disk import Content
from tests.localcloud.oss.rules.archive import Restore
from tests.localcloud.oss.rules.attributes import Attributes
from tests.localcloud.oss.rules.refusals import Refusal

MOST_BYTES_AT_ONCE = 5 << 30


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One object at one moment; every change makes another one.

    ``crc64`` and ``md5`` are missing where the service does not have them either: a symlink has no
    bytes of its own, and only an object that was put in one piece has a Content-MD5.
    """

    content: Content
    etag: str
    last_modified: float
    kind: str = "Normal"
    attributes: Attributes = field(default_factory=Attributes)
    crc64: int | None = None
    md5: bytes | None = None
    restore: Restore | None = None
    symlink_target: str | None = None

    @property
    def size(self) -> int:
        return self.content.size


def check_size(size: int) -> None:
    """Refuse a body that is too large for one request."""
    if size > MOST_BYTES_AT_ONCE:
        message = "Your proposed upload exceeds the maximum allowed size."
        details = {"MaxSizeAllowed": str(MOST_BYTES_AT_ONCE), "ProposedSize": str(size)}
        raise Refusal(400, "EntityTooLarge", message, details=details)
