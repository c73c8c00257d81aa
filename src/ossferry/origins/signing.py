"""URLs of objects and lists in other clouds: whoever needs one gets it here.

A bucket that no setting speaks of is read as a public one.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from urllib.parse import quote

from ..errors import SourceRefused
from ..urls import Url
from . import cos, s3
from .credentials import CREDENTIALS, Credentials
from .keys import Keys
from .place import ForeignName, place_of
from .s3 import encoded

_LEAST = 5.0  # seconds that temporary keys have to be good for


def signed(
    name: ForeignName,
    credentials: Credentials,
    chosen: str | None,
    *,
    seconds: float,
    method: str = "GET",
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Url:
    """The URL for one request, good for so long, but never past the end of temporary keys.

    A list of a bucket is what an empty key stands for. ``headers`` have to be sent as they are
    given. ``InvalidEvent`` if the event has ``chosen`` what is not for the bucket, or nobody says
    where that is; ``SourceRefused`` if its keys have ended.
    """
    entry = credentials.entry(name, chosen)
    if entry is not None:
        name = name._replace(
            region=name.region or entry.region, endpoint=name.endpoint or entry.endpoint
        )
    place = place_of(name)
    path = place.root + name.key
    if entry is None:
        pairs = "&".join(f"{encoded(each)}={encoded(text)}" for each, text in (query or {}).items())
        return Url(f"{place.origin}{quote(path, safe='/~')}{'?' if pairs else ''}{pairs}")
    keys, now = credentials.keys[entry.credentials], time.time()
    lasting = int(_lasting(keys, now, seconds))
    if name.store == "cos":
        return cos.presigned(
            place.origin, path, keys, now=now, seconds=lasting, method=method, query=query
        )
    return s3.presigned(
        place.origin,
        path,
        keys,
        place.region,
        now=now,
        seconds=lasting,
        method=method,
        query=query,
        headers=headers,
    )


def _lasting(keys: Keys, now: float, seconds: float) -> float:
    if keys.ends is None:
        return max(1.0, seconds)
    if keys.ends - now < _LEAST:
        ended = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(keys.ends))
        raise SourceRefused(
            f"the temporary keys of {CREDENTIALS}{keys.name.upper()} end at {ended}: set new ones"
            " and send the event again"
        )
    return max(1.0, min(seconds, keys.ends - now))
