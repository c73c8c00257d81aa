"""Pages of a listing out of what oss2 makes of them; OSS API reference, "ListObjectsV2"."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from ..entries import Entry, Page, Pages
from ..errors import TargetUnavailable

_MOST = 1000  # that OSS gives at once
_EMPTY = 1000  # pages in a row, after which none is waited for any more


class _Ask(Protocol):
    """oss2's ``list_objects_v2`` of one prefix, with its retries."""

    def __call__(self, *, start_after: str, continuation_token: str, max_keys: int) -> Any: ...


def page_of(ask: _Ask, after: str, most: int) -> Page:
    """The next page that has an entry, or the last.

    OSS may give one without, which is not the last: no key leads on from there, but its token.
    """
    found = ask(start_after=after, continuation_token="", max_keys=most)
    empty = 0
    while found.is_truncated and not found.object_list:
        token = found.next_continuation_token
        found = ask(start_after="", continuation_token=token, max_keys=most)
        empty += 1
        if found.is_truncated and (found.next_continuation_token == token or empty >= _EMPTY):
            raise TargetUnavailable("OSS lists no more, and says that there is more: try again")
    entries = tuple(_entry(each) for each in found.object_list)
    _require_order(after, entries)
    return Page(entries, bool(found.is_truncated))


def _require_order(after: str, entries: tuple[Entry, ...]) -> None:
    """Whoever goes on behind the last key would miss what comes out of order, or never end."""
    for entry in entries:
        if entry.key <= after:
            raise TargetUnavailable("OSS lists keys twice, or out of their order: try again")
        after = entry.key


def _entry(found: Any) -> Entry:
    return Entry(
        found.key,
        found.size,
        found.etag,
        float(found.last_modified),
        found.storage_class,
        found.type,
        found.restore_info or "",
    )


def one_by_one(pages: Pages, prefix: str) -> Iterator[Entry]:
    """All entries, a page at a time: for listings that are short."""
    page = Page((), True)
    after = ""
    while page.truncated:
        page = pages(prefix, after, _MOST)
        yield from page.entries
        after = page.entries[-1].key if page.entries else after
