"""Rows about objects of other clouds: what no host but the store's own may see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tests.hostile.dialogues.files import OLD
from tests.hostile.outcomes import Outcome, Row, Stored, row
from tests.hostile.readers import KEYS
from tests.hostile.server import Request, Script

S3, COS = "s3://media/file", "cos://films-1250000000/file"
CLOUDS = {"S3": S3, "COS": COS}
# Of what a signed query begins with, and of headers that only the store may see.
_SECRET = (*KEYS, "X-Amz-", "q-sign", "q-ak", "authorization", "x-amz-", "referer", "cookie")
XML = "Content-Type: application/xml"
PROOF = "source_crc64"
UNPROVEN = Stored(OLD.content, unproven_by=(PROOF,))
SECONDS = 15.0


def cloud_row(
    name: str,
    script: Script,
    *outcomes: Outcome,
    url: str = S3,
    event: Mapping[str, object] | None = None,
    at_most: int = 12,
    seconds: float = SECONDS,
) -> Row:
    """One transfer of an object in another cloud, of which no host but its own sees a key."""
    asked = {"source_url": url, **(event or {})}
    made = row(name, script, *outcomes, event=asked, seconds=seconds, at_most=at_most)
    return replace(made, asks=_is_fit)


def _is_fit(request: Request) -> bool:
    """Whether nothing that signs goes to a host that it was not signed for."""
    if not request.values("host")[0].startswith("localhost"):
        return True
    text = request.head.decode("latin-1").lower()
    return not any(secret.lower() in text for secret in _SECRET)
