"""The ranges of keys that a listing is made of, and which of them is to be listed next.

Whoever takes the entries takes them in order, and what is ahead of them has bounds. So lists side
by side are of use only close to the front: ranges are cut about one page long, and only while
whoever takes them waits. Every page says all about the keys from the one it was asked behind to
its last, whosever range they are in. Nothing here is for several threads at once.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Sequence
from itertools import pairwise
from operator import attrgetter

from ..entries import Entry, Page
from ..errors import TargetRefused, TargetUnavailable
from .guess import Scale, beyond, scale_of

MOST = 1000  # entries that are asked for at once
# So many pages for each list that were there when they were wanted make one list too many.
_CALM = 4
_KEY = attrgetter("key")


class Range:
    """The keys behind ``after``, up to and with ``until``; what is before is in ``pages``."""

    __slots__ = ("after", "busy", "done", "error", "guessed", "pages", "scale", "until")

    def __init__(
        self, after: str, until: str | None, scale: Scale | None, *, guessed: bool
    ) -> None:
        self.after = after
        self.guessed = guessed  # nobody has seen that it can be listed from there
        self.until = until
        self.scale = scale
        self.pages: deque[Sequence[Entry]] = deque()
        self.busy = False
        self.done = False
        self.error: BaseException | None = None

    def cover(self, entries: Sequence[Entry], upto: str | None) -> Sequence[Entry]:
        """Take what is new of all that there is up to a key, None for the last; return it."""
        until = self.until
        whole = upto is None or (until is not None and until <= upto)
        first = bisect_right(entries, self.after, key=_KEY)
        new = entries[first : None if until is None else bisect_right(entries, until, key=_KEY)]
        if new:
            self.pages.append(new)
            self.after = new[-1].key
        self.done = whole
        self.guessed = False
        return new


class Ranges:
    """At most ``most`` lists at once, and ``ahead`` pages for each of those that there are now."""

    def __init__(self, prefix: str, after: str, most: int, ahead: int) -> None:
        self._prefix = prefix
        self._ranges = [Range(after, None, None, guessed=False)]
        self._most = most
        self._ahead = ahead
        self.lists = 1  # at once
        self._busy = 0
        self._held = 0  # entries
        self._calm = 0
        self._taken = False
        self._passed = after  # behind which key the front was listed last

    @property
    def over(self) -> bool:
        return not self._ranges

    def to_list(self) -> tuple[Range, str] | None:
        """What is to be listed now, and behind which key; None if nothing is."""
        if self._busy >= self.lists:
            return None
        found = self._waiting() or self._cut()
        if found is None:
            return None
        found.busy = True
        self._busy += 1
        return found, found.after

    def put(self, range: Range, asked: str, page: Page) -> None:
        """What came of listing a range behind ``asked``."""
        try:
            entries = self._checked(page, asked)
        except (TargetRefused, TargetUnavailable) as error:
            return self.failed(range, asked, error)
        self._ended(range)
        upto = entries[-1].key if page.truncated else None
        scale = scale_of([each.key for each in entries])
        for each in self._ranges:
            if not each.done and asked <= each.after and (upto is None or each.after < upto):
                self._held += len(each.cover(entries, upto))
                each.scale = scale or each.scale

    def failed(self, range: Range, asked: str, error: BaseException) -> None:
        """An error, unless nobody would have asked there had it not been for a guess, or does now.

        Nor would they have asked for so many at once.
        """
        self._ended(range)
        if range.done or range.after != asked:
            return
        if not range.guessed:
            range.error = error
            return
        range.guessed = False
        self.lists, self._most = 1, max(1, self._most // 2)
        self._give_back(range)

    def take(self) -> Sequence[Entry] | None:
        """What comes next; None if it is not there yet, or all is ``over``."""
        while self._ranges:
            front = self._ranges[0]
            if front.pages:
                self._taken = True
                self._calm += 1
                if self._calm > self.lists * _CALM:
                    self._calm, self.lists = 0, max(1, self.lists // 2)
                page = front.pages.popleft()
                self._held -= len(page)
                return page
            if not front.done:
                if front.error:
                    raise front.error
                return None
            self._passed = self._ranges.pop(0).after
        return None

    def waited(self) -> None:
        """Whoever takes the entries has to wait: not for the first, so lists are what limits."""
        self._calm = 0
        if self._taken:
            self.lists = min(self._most, self.lists * 2)

    def _waiting(self) -> Range | None:
        """The first range that nobody lists; the front has to go on however much is held."""
        for at, each in enumerate(self._ranges):
            if each.error and not each.done:
                return None  # what is behind it will not be taken
            if not each.busy and not each.done:
                return each if self._has_room() or (at == 0 and not each.pages) else None
        return None

    def _has_room(self) -> bool:
        return self._held + self._busy * MOST < self.lists * self._ahead * MOST

    def _cut(self) -> Range | None:
        """Part of what is behind the page for which somebody waits."""
        if self.lists == 1 or not self._has_room():
            return None
        for at, each in enumerate(self._ranges):
            if each.error and not each.done:
                return None
            if each.done or each.scale is None:
                continue
            cut = beyond(each.scale, self._prefix, each.after)
            if cut is not None and (each.until is None or cut < each.until):
                behind = Range(cut, each.until, each.scale, guessed=True)
                each.until = cut
                self._ranges.insert(at + 1, behind)
                return behind
        return None

    def _give_back(self, range: Range) -> None:
        """To the range it was cut from; if that is done, to be listed from where that ended."""
        at = self._ranges.index(range)
        if at and not self._ranges[at - 1].done:
            self._ranges[at - 1].until = range.until
            del self._ranges[at]
        else:
            range.after = self._ranges[at - 1].after if at else self._passed

    def _ended(self, range: Range) -> None:
        range.busy = False
        self._busy -= 1

    def _checked(self, page: Page, asked: str) -> Sequence[Entry]:
        """The entries behind ``asked``: not every server heeds where it is to start."""
        entries: Sequence[Entry] = page.entries
        if entries and entries[0].key <= asked:
            entries = [each for each in entries if asked < each.key]
        if not all(one.key < other.key for one, other in pairwise(entries)):
            raise TargetRefused(
                f"the keys below {self._prefix!r} are not listed in the order of their bytes behind"
                f" {asked!r}: name the objects in a list instead"
            )
        if page.truncated and not entries:
            raise TargetUnavailable(
                f"the listing of {self._prefix!r} does not go on behind {asked!r}, where it says"
                " that there is more: try again later"
            )
        return entries
