"""What a program says while it runs: how far it is, and why it failed. Pure.

What it says of its failure becomes part of an error, so it may hold no secret: inputs name signed
URLs, and the environment that is declared for a program may be a licence.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from ..urls import Url

KEPT = 4096  # bytes of what it said last: programs begin with banners
_PROGRESS = re.compile(rb"\s*progress[ :=]\s*([01](?:\.[0-9]{1,9})?|0?\.[0-9]{1,9})\s*")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s\"'<>|]+")
# Names whose values are nobody's business, in a query, a header or a file of settings.
_SECRET = re.compile(
    r"(?i)([\w-]*(?:signature|token|secret|password|passwd|credential|authorization|api[-_]?key"
    r"|access[-_]?key)[\w-]*[\"']?\s*[=:]\s*)(?:(?:basic|bearer)\s+)?[^\s&;,|]+"
)
_HIDDEN = "***"
_LEAST_SECRET = 6  # characters of a value that is a secret and no switch


def progress_of(line: bytes) -> float | None:
    """From a line like ``progress 0.42``; None for any other."""
    found = _PROGRESS.fullmatch(line)
    value = float(found[1]) if found else None
    return value if value is not None and value <= 1 else None


def one_line(said: bytes, *, cut: bool, secrets: Collection[str] = ()) -> str:
    """The end of what was said, as one line without secrets; ``cut``: it does not begin where a
    line does, so that what it begins with may be the rest of a URL."""
    text = said.decode("utf-8", "replace")
    if cut:
        text = text.partition("\n")[2] if "\n" in text.strip() else _behind_a_blank(text)
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _LEAST_SECRET:
            text = text.replace(secret, _HIDDEN)
    text = _URL.sub(lambda found: _redacted(found[0]), text)
    text = _SECRET.sub(rf"\1{_HIDDEN}", text)
    lines = [
        "".join(c if c.isprintable() else " " for c in each) for each in re.split(r"[\r\n]+", text)
    ]
    return " | ".join(line.strip() for line in lines if line.strip())


def _redacted(text: str) -> str:
    try:
        return Url(text).redacted
    except ValueError:
        shown = text.partition("?")[0].partition("#")[0]
        scheme, _, rest = shown.partition("://")
        return f"{scheme}://{rest.rpartition('@')[2]}"


def _behind_a_blank(text: str) -> str:
    return re.sub(r"^\S*", "", text)
