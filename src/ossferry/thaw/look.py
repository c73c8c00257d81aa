"""What a bucket says of many objects, by listing: up to a thousand of them with one request. Pure.

Keys that lie far apart are leapt to. So it takes no more requests than there are objects, and few
where they are neighbours, which objects of one prefix are.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

from ..entries import Entry, Pages

_PAGE = 1000
_SHORT = 20  # of a page, if the one before had nearly nothing that was looked for
_WORTH = 50  # listed for each that was looked for


def found(pages: Pages, keys: Iterable[str]) -> dict[str, Entry]:
    """The objects that there are, by key."""
    wanted, entries = sorted({*keys}), dict[str, Entry]()
    at, most, after = 0, _PAGE, ""
    while at < len(wanted):
        page = pages("", max(after, just_before(wanted[at])), most)
        listed = {entry.key: entry for entry in page.entries}
        hits = {key: listed[key] for key in wanted[at:] if key in listed} if listed else {}
        entries |= hits
        if not page.truncated:
            break
        before, after = at, page.entries[-1].key
        at = bisect_right(wanted, after, at)
        # One is hit wherever a listing begins with it, which says nothing of what lies behind.
        dense = (len(hits) - 1) * _WORTH >= len(listed) - 1
        most = _PAGE if dense or at == before else _SHORT
    return entries


def just_before(key: str) -> str:
    """A text behind which a listing begins with this key, if there is such an object: next to
    nothing lies between. "" for the first key that there can be."""
    last = ord(key[-1]) - 1
    if last < 0:
        return key[:-1]
    if 0xD800 <= last <= 0xDFFF:  # halves of characters, which are none
        last = 0xD7FF
    before = key[:-1] + chr(last)
    return before if len(before.encode()) > 1019 else before + chr(0x10FFFF)
