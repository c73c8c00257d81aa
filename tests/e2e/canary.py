"""What must never be seen in a reply, an error or a log of the function."""

from __future__ import annotations

from tests.localcloud.client import LocalCloud

# Stands in for any secret of a source: in a query, a header, a password.
CANARY = "canary-5e1f0c"
# How every security token of the local cloud begins, and what a signed URL cannot be without.
_TOKEN, _SIGNED = "CAIS", "ignature="


def secrets_in(text: str, cloud: LocalCloud) -> list[str]:
    """Return the secrets that a text shows, each by what it was recognised by."""
    return [each for each in (CANARY, _TOKEN, _SIGNED, cloud.access_key_secret) if each in text]
