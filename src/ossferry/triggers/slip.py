"""Why a text is no JSON, for a person: where, and which of the common slips it looks like.

Never with a piece of the text, which may hold a signed URL.
"""

from __future__ import annotations

import json
import re

# What stands where JSON stops to make sense, and what to do about it.
_SLIPS = (
    (r"['\u2018\u2019\u201c\u201d`]", 'names and texts stand in double quotes ("), and no others'),
    (r"[\]}]", "a comma that nothing follows has to go"),
    (r"(?:True|False|None)\b", "it has true, false and null, in small letters"),
    (r"//|/\*|#", "it has no comments"),
    (r"[\x00-\x1f]", "a text has no line breaks or control characters as they are: write \\n"),
    (r"\\", 'a backslash is written twice, and stands before nothing but "\\/bfnrtu'),
    (r"[A-Za-z_$]", 'names and texts stand in double quotes (")'),
)


def slip(error: Exception) -> str:
    """What to say behind "is no JSON" about an error of ``json.loads``: "" if nothing is known."""
    if isinstance(error, UnicodeDecodeError):
        return ": it is not UTF-8"
    if isinstance(error, RecursionError):
        return ": it is too deep"
    if not isinstance(error, json.JSONDecodeError):
        return ""
    return f" in line {error.lineno} column {error.colno}{_looks_like(error.doc, error.pos)}"


def _looks_like(text: str, at: int) -> str:
    rest, before = text[at:], text[:at].rstrip()
    if text.startswith("\ufeff"):
        return ": it begins with a byte order mark, which has to go"
    if not rest.strip():
        return ": its end is missing"
    if re.match(r",\s*[\]}]", rest):  # newer versions of Python point at the comma itself
        rest, before = rest[1:].lstrip(), ","
    if rest[0] in "]}" and not before.endswith(","):
        return ""
    if rest[0] == '"':
        missing = before[-1:] not in ("", ",", "{", "[", ":")
        return ": something is missing before it, such as a comma" if missing else ""
    found = next((advice for pattern, advice in _SLIPS if re.match(pattern, rest)), None)
    return f": {found}" if found else ""
