"""A listing that is ahead of whoever takes it: threads that list, and what they hand over.

Which range is listed when is for ``ranges`` to say.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Sequence

from ..entries import Entry, Pages
from .ranges import MOST, Ranges

MOST_LISTS = 8


def listed(
    pages: Pages, prefix: str, *, after: str = "", ranges: int = MOST_LISTS, ahead: int = 2
) -> Generator[Entry, None, None]:
    """All entries with this prefix behind a key, each once, in byte order of their keys.

    ``ranges`` lists at once at most, and only if whoever takes the entries has to wait for them;
    ``ahead`` pages for each of those. An error of ``pages`` is raised behind all that comes before
    it. No thread outlives the generator, which ends when it is exhausted or closed.
    """
    listers = _Listers(pages, prefix, Ranges(prefix, after, min(ranges, MOST_LISTS), ahead))
    try:
        while (page := listers.take()) is not None:
            yield from page
    finally:
        listers.close()


class _Listers:
    def __init__(self, pages: Pages, prefix: str, ranges: Ranges) -> None:
        self._pages = pages
        self._prefix = prefix
        self._ranges = ranges
        self._changed = threading.Condition()
        self._closed = False
        self._threads: list[threading.Thread] = []

    def take(self) -> Sequence[Entry] | None:
        """What comes next, as soon as it is there; None at the end."""
        with self._changed:
            page = self._ranges.take()
            if page is None and not self._ranges.over:
                self._ranges.waited()
                while page is None and not self._ranges.over:
                    self._start()
                    self._changed.notify_all()
                    self._changed.wait()
                    page = self._ranges.take()
            self._changed.notify_all()
            return page

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _start(self) -> None:
        while len(self._threads) < self._ranges.lists:
            thread = threading.Thread(target=self._list, name="lister", daemon=True)
            thread.start()
            self._threads.append(thread)

    def _list(self) -> None:
        while True:
            with self._changed:
                while not self._closed and (found := self._ranges.to_list()) is None:
                    self._changed.wait()
                if self._closed or found is None:
                    return
            range, after = found
            try:
                page = self._pages(self._prefix, after, MOST)
            except BaseException as error:
                # Whoever takes the entries is the one who is told, and would wait for ever.
                with self._changed:
                    self._ranges.failed(range, after, error)
                    self._changed.notify_all()
                continue
            with self._changed:
                self._ranges.put(range, after, page)
                self._changed.notify_all()
