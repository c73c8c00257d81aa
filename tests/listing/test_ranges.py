"""Which range is listed when: driven by hand, a list and a page at a time, without threads."""

from __future__ import annotations

from ossferry.entries import Page
from ossferry.errors import TargetUnavailable
from ossferry.listing.ranges import Range, Ranges
from tests.listing.shapes import keys_of
from tests.listing.store import Store, entry

MOST, AHEAD = 8, 2


class Drive:
    """A listing whose lists are answered when a test wants them to be."""

    def __init__(self, count: int = 200_000) -> None:
        self.store = Store(keys_of("hashes", count))
        self.ranges = Ranges("", "", MOST, AHEAD)
        self.begun: list[tuple[Range, str]] = []
        self.taken: list[str] = []

    def begin(self) -> int:
        """Begin all lists that there may be; how many are under way then."""
        while (found := self.ranges.to_list()) is not None:
            self.begun.append(found)
        return len(self.begun)

    def answer(self) -> None:
        """All lists that are under way, the last first."""
        while self.begun:
            latest, asked = self.begun.pop()
            self.ranges.put(latest, asked, self.store.pages("", asked, 1000))

    def take(self) -> int:
        """All that is there; how many entries were."""
        before = len(self.taken)
        while (page := self.ranges.take()) is not None:
            self.taken += [each.key for each in page]
        return len(self.taken) - before

    def in_order(self) -> bool:
        return self.taken == self.store.keys[: len(self.taken)]

    def round(self) -> int:
        """One round of lists, of which all is taken and more is waited for."""
        lists = self.begin()
        self.answer()
        self.take()
        self.ranges.waited()
        return lists


def test_lists_double_while_they_are_waited_for() -> None:
    """The first page is waited for by everybody: that alone makes no second list."""
    drive = Drive()
    drive.ranges.waited()
    assert [drive.round() for _ in range(5)] == [1, 2, 4, 8, 8]
    assert drive.in_order()
    assert len(drive.taken) > 15 * 1000


def test_what_is_ahead_has_bounds() -> None:
    """Of one list, and of many: nobody takes anything."""
    drive = Drive()
    while drive.begin():
        drive.answer()
    assert drive.store.lists == AHEAD
    drive = Drive()
    for _ in range(4):
        drive.round()
    before = drive.store.lists
    while drive.begin():
        drive.answer()
    assert drive.store.lists - before <= MOST * AHEAD + MOST


def test_who_never_waits_has_one_list() -> None:
    """What is ahead is enough; more would cost, and bring nothing."""
    drive = Drive()
    for _ in range(50):
        assert drive.begin() <= 1
        drive.answer()
        page = drive.ranges.take()
        assert page is not None


def test_who_waits_no_longer_has_fewer_lists() -> None:
    """What was right while it waited is too much when it does not."""
    drive = Drive()
    for _ in range(4):
        drive.round()
    assert drive.ranges.lists == MOST
    for _ in range(100):
        drive.begin()
        drive.answer()
        assert drive.ranges.take() is not None
    assert drive.ranges.lists == 1


def test_a_page_is_used_for_all_ranges_that_it_reaches() -> None:
    """Ranges cut too short are not listed themselves, if the one before was there first."""
    ranges = Ranges("", "", MOST, AHEAD)
    keys = [f"{n:02}" for n in range(100)]
    first = ranges.to_list()
    assert first is not None
    ranges.put(*first, Page(tuple(map(entry, keys[:10])), True))
    assert ranges.take() is not None
    ranges.waited()
    one, other = ranges.to_list(), ranges.to_list()
    assert one is not None
    assert other is not None
    assert (one[1], "09" < other[1] < "19") == ("09", True)
    ranges.put(*one, Page(tuple(map(entry, keys[10:60])), True))
    # An answer that comes late brings what is new, or is of no account if it is an error.
    ranges.failed(*other, TargetUnavailable("late"))
    found = []
    while (page := ranges.take()) is not None:
        found += [each.key for each in page]
    assert found == keys[10:60]
    last = ranges.to_list()
    assert last is not None
    assert last[1] == "59"
    ranges.put(*last, Page((), False))
    assert ranges.take() is None
    assert ranges.over


def test_behind_an_error_nothing_is_listed() -> None:
    """It would not be taken; what is before it still is."""
    drive = Drive()
    for _ in range(4):
        drive.round()
    lists = drive.begin()
    assert lists > 2
    front, asked = drive.begun.pop(0)
    drive.ranges.failed(front, asked, TargetUnavailable("lost"))
    assert drive.begin() == lists - 1
