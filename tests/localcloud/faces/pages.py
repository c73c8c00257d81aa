"""Pages of a face's objects, in the order of their keys' bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone

from tests.localcloud.faces.refused import Refused
from tests.localcloud.faces.stored import Stored

MOST = 1000


@dataclass(frozen=True, slots=True)
class Page:
    """Keys and common prefixes; ``last`` is the last of both, where the next page begins."""

    keys: list[str]
    prefixes: list[str]
    truncated: bool
    last: str


def page(
    objects: Mapping[str, Stored], *, prefix: str, delimiter: str, after: str, limit: int
) -> Page:
    """Return what comes after a key or a common prefix, at most ``limit`` of both together."""
    keys: list[str] = []
    prefixes: list[str] = []
    last = ""
    for key in sorted(objects, key=str.encode):
        common = _common(key, prefix, delimiter)
        name = key if common is None else common
        if not key.startswith(prefix) or name.encode() <= after.encode() or name in prefixes[-1:]:
            continue
        if len(keys) + len(prefixes) >= limit:
            return Page(keys, prefixes, limit > 0, last)
        (keys if common is None else prefixes).append(name)
        last = name
    return Page(keys, prefixes, False, last)


def read_limit(text: str | None) -> int:
    """Read ``max-keys``: more than a thousand is a thousand."""
    if text is None or text == "":
        return MOST
    if not (text.isascii() and text.isdecimal()):
        message = "Provided max-keys not an integer or within integer range"
        raise Refused(400, "InvalidArgument", message)
    return min(int(text), MOST)


def iso(moment: float) -> str:
    """Return a moment as lists write it."""
    return datetime.fromtimestamp(moment, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _common(key: str, prefix: str, delimiter: str) -> str | None:
    end = key.find(delimiter, len(prefix)) if delimiter else -1
    return key[: end + len(delimiter)] if end >= 0 else None
