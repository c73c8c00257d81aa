"""Multipart uploads: the parts of one object until it is completed or aborted.

The limits are checked when the service checks them: a part's size only at Complete.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from tests.localcloud.oss.disk import Content
from tests.localcloud.oss.rules import checksums
from tests.localcloud.oss.rules.attributes import Attributes
from tests.localcloud.oss.rules.objects import StoredObject
from tests.localcloud.oss.rules.refusals import Refusal, invalid_argument, malformed_xml

MOST_PARTS = 10_000
LEAST_PART_BYTES = 100 * 1024


@dataclass(frozen=True, slots=True)
class StoredPart:
    """A part as it was received, or as it was copied from another object.

    The service may leave the CRC64 of a copied part out, its page says. What is inferred: the
    object of copied parts has one, as each part's is known where its bytes are stored.
    """

    content: Content
    md5: bytes
    crc64: int
    last_modified: float

    @property
    def etag(self) -> str:
        return self.md5.hex().upper()


@dataclass(frozen=True, slots=True)
class ListedPart:
    """A part as a Complete request names it."""

    number: int
    etag: str


@dataclass(slots=True)
class Upload:
    """An open upload."""

    upload_id: str
    key: str
    initiated: float
    attributes: Attributes
    parts: dict[int, StoredPart] = field(default_factory=dict)

    def everything(self) -> list[ListedPart]:
        """Return all parts that have arrived, as a Complete request would list them."""
        return [ListedPart(number, part.etag) for number, part in sorted(self.parts.items())]

    def complete(self, listed: Sequence[ListedPart], now: float) -> StoredObject:
        """Return the object that the listed parts make."""
        if not listed:
            raise malformed_xml()
        _check_order(listed)
        parts = [self._found(part) for part in listed]
        _check_sizes(listed, parts)
        return StoredObject(
            content=Content.joined(part.content for part in parts),
            etag=checksums.multipart_etag([part.md5 for part in parts]),
            last_modified=now,
            kind="Multipart",
            attributes=self.attributes,
            crc64=checksums.combine_all((part.crc64, part.content.size) for part in parts),
        )

    def _found(self, listed: ListedPart) -> StoredPart:
        part = self.parts.get(listed.number)
        if part is None or part.etag != listed.etag.strip('"').upper():
            message = (
                "One or more of the specified parts could not be found or the specified entity "
                "tag might not have matched the part's entity tag."
            )
            details = {"PartNumber": str(listed.number), "UploadId": self.upload_id}
            raise Refusal(400, "InvalidPart", message, details=details)
        return part


def read_part_number(text: str) -> int:
    """Read a ``partNumber`` parameter."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MOST_PARTS):
        message = f"Part number must be an integer between 1 and {MOST_PARTS}, inclusive."
        raise invalid_argument(message, "PartNumber", text, "0017-00000220")
    return int(text)


def _check_order(listed: Sequence[ListedPart]) -> None:
    numbers = [part.number for part in listed]
    if any(later <= earlier for earlier, later in pairwise(numbers)):
        message = "The list of parts was not in ascending order."
        raise Refusal(400, "InvalidPartOrder", message, "0042-00000209")


def _check_sizes(listed: Sequence[ListedPart], parts: Sequence[StoredPart]) -> None:
    for part, stored in zip(listed[:-1], parts[:-1], strict=True):
        if stored.content.size < LEAST_PART_BYTES:
            message = "Your proposed upload smaller than the minimum allowed size."
            details = {
                "MinSizeAllowed": str(LEAST_PART_BYTES),
                "ProposedSize": str(stored.content.size),
                "PartNumber": str(part.number),
                "ETag": part.etag,
            }
            raise Refusal(400, "EntityTooSmall", message, "0042-00000213", details)
