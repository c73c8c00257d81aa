"""Object tags: how they are written in a header, and which ones OSS takes."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import parse_qsl

from tests.localcloud.oss.rules.refusals import Refusal

_MOST = 10
_LONGEST_KEY = 128
_LONGEST_VALUE = 256
# Besides letters and digits, by the service's pages; of any script, by oss2's own tests.
_ALLOWED = frozenset(" +-=._:/")


def from_header(text: str) -> dict[str, str]:
    """Read ``x-oss-tagging``: ``k1=v1&k2=v2``, percent-encoded."""
    return checked(parse_qsl(text, keep_blank_values=True))


def checked(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the tags, or refuse them."""
    pairs = list(pairs)
    tags = dict(pairs)
    if len(tags) != len(pairs):
        raise _invalid("The tag keys must be unique.")
    if len(tags) > _MOST:
        raise _invalid("Object tags cannot be greater than 10.")
    for key, value in tags.items():
        if not 1 <= len(key) <= _LONGEST_KEY or not _is_allowed(key):
            raise _invalid("The TagKey you have provided is invalid.", "0010-00000212")
        if len(value) > _LONGEST_VALUE or not _is_allowed(value):
            raise _invalid("The TagValue you have provided is invalid.", "0010-00000217")
    return tags


def _is_allowed(text: str) -> bool:
    return all(each.isalnum() or each in _ALLOWED for each in text)


def _invalid(message: str, ec: str = "") -> Refusal:
    return Refusal(400, "InvalidTag", message, ec)
