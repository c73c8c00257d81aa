"""OSS as the user's own credentials see it, through the function's own readers."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from .function import Function

if TYPE_CHECKING:
    from ossferry.oss.bucket import Bucket

_DAY = 86400.0


def bucket_of(function: Function, name: str, region: str | None = None) -> Bucket:
    """A bucket of the account, in the function's region if nothing else is said."""
    from ossferry.context import Credentials
    from ossferry.oss.bucket import Bucket

    where = region or function.region
    given = function.credentials
    keys = Credentials(given.access_key_id, given.access_key_secret, given.security_token)
    return Bucket(
        name,
        where,
        function.oss_endpoint(where),
        lambda: keys,
        time.monotonic() + _DAY,
        judge=lambda key: None,
    )
