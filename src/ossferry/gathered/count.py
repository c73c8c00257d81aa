"""Counts what waits, and makes batches of it: whoever is done with an item, a timer, a person.

A batch is made by creating its name, which one of all who try does. What follows from it may be
done by anybody, more than once:

    members are marked -> it is open -> its program is submitted -> it is settled
        -> its members wait no more

The next batch is made when all before it are settled, and of members without a mark. So no item is
in two, whenever and however often somebody notes it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import ceil
from typing import NamedTuple

from ..cloud import Cloud
from ..errors import FerryError, TargetUnavailable
from ..events.program import MOST_GATHERED
from ..jobs import Then
from ..log import log
from .batches import Batch, Waiting, attempt_due, in_order, is_due, next_members, task_id
from .group import Group

# Seconds for which who makes a batch is left alone with it: many count at the same moment.
_YOUNG = 60.0
_LONGEST = 3599  # seconds that an asynchronous invocation can be delayed


class Counted(NamedTuple):
    """Batches that were made, and how many items wait on."""

    made: tuple[int, ...]
    waiting: int


class Counting:
    """``noted`` are items that somebody has just noted, who needs no clock: the last that was
    noted is now. ``short``: what waits is enough, however little it is. ``thorough``: look also
    after what others began, however few wait.
    """

    def __init__(
        self,
        group: Group,
        then: Then,
        cloud: Cloud,
        *,
        noted: Collection[str] = (),
        short: bool = False,
        thorough: bool = False,
    ) -> None:
        self._group = group
        self._then = then
        self._when = then.when or MOST_GATHERED
        self._cloud = cloud
        self._noted = noted
        self._short = short
        self._thorough = thorough or short
        self._made: list[int] = []

    def done(self) -> Counted:
        waiting = self._group.waiting()
        if self._thorough or self._is_enough(waiting):
            alone, waiting = self._make_all(waiting)
            if not alone:
                return Counted(tuple(self._made), len(waiting))
        self._come_back(waiting)
        return Counted(tuple(self._made), len(waiting))

    def _make_all(self, waiting: list[Waiting]) -> tuple[bool, list[Waiting]]:
        """Make batches as long as there is enough; whether nobody else is at it, and the rest."""
        group = self._group
        while True:
            settled, alone = self._settle_others()
            if not alone:
                return False, waiting
            waiting = group.waiting()
            if not (self._short or self._is_enough(waiting)):
                return True, waiting
            waiting = self._free(waiting)
            short = self._short or is_due(waiting, self._then.max_wait, self._now(waiting))
            members = next_members(waiting, (), self._when, short=short)
            if not members:
                return True, waiting
            self._make(settled + 1, members)

    def _make(self, number: int, members: Sequence[str]) -> None:
        group = self._group
        group.require_once()
        if group.make(number, Batch(self._then, tuple(members), self._cloud.request_id)):
            self._made.append(number)
            log("batch.made", group=group.id, batch=number, members=len(members))

    def _is_enough(self, waiting: Sequence[Waiting]) -> bool:
        wait = self._then.max_wait
        return len(waiting) >= self._when or (
            wait is not None and is_due(waiting, wait, self._now(waiting))
        )

    def _now(self, waiting: Sequence[Waiting]) -> float:
        if self._thorough and self._then.max_wait is not None:
            return self._group.now()
        return max((each.since for each in waiting), default=0.0)

    def _settle_others(self) -> tuple[int, bool]:
        """Up to where all is settled, and whether nobody else is at it."""
        group = self._group
        settled = group.settled()
        for number, made in group.batches(settled):
            found = group.batch(number)
            if found is None:
                break
            batch, text = found
            others = batch.by != self._cloud.request_id and not self._short
            if others and group.now() - made < _YOUNG:
                self._look_again(number, text)
                return settled, False
            self._settle(number, batch, text)
            settled = number
        return settled, True

    def _look_again(self, number: int, text: bytes) -> None:
        """Whoever makes a batch may die at it, and perhaps nobody comes by any more."""
        if self._thorough:
            named = task_id(self._group.id, number, text, "look")
            self._invoke_later(ceil(_YOUNG) + 1, named)

    def _settle(self, number: int, batch: Batch, text: bytes) -> None:
        group = self._group
        group.mark(batch.members, number)
        group.open(number)
        submit(group, number, text, self._cloud)
        group.settle(number)
        group.forget_waiting(batch.members)

    def _free(self, waiting: Sequence[Waiting]) -> list[Waiting]:
        """Those that no batch has, of the oldest; what waits and has a batch was noted late."""
        group, left, free = self._group, in_order(waiting), list[Waiting]()
        while left and len(free) < self._when:
            some, left = left[: self._when], left[self._when :]
            used = group.used([each.id for each in some])
            group.forget_waiting(used)
            free += [each for each in some if each.id not in used]
        return [*free, *left]

    def _come_back(self, waiting: Sequence[Waiting]) -> None:
        """Have somebody look when the oldest has waited for as long as it may. The timer does so,
        too, where this gets lost."""
        if self._then.max_wait is None or not waiting:
            return
        oldest = in_order(waiting)[0]
        if not (self._thorough or self._made or oldest.id in self._noted):
            return  # whoever noted that one has done it
        now = self._now(waiting)
        delay = max(1, min(_LONGEST, ceil(oldest.since + self._then.max_wait - now)))
        # Each with less to wait, and a few in all, also where Function Compute keeps no delay.
        hop = f"wait{int((now - oldest.since) // _LONGEST)}-{delay.bit_length()}"
        named = task_id(self._group.id, 0, f"{oldest.id} {oldest.since}".encode(), hop)
        self._invoke_later(delay, named)

    def _invoke_later(self, delay: int, named: str) -> None:
        """Have somebody look, unless somebody has been asked to."""
        try:
            self._cloud.invoke_later(self._group.event(), delay=delay, task_id=named)
        except FerryError as error:
            log("batch.no_wake", "warning", error_type=error.type, error=error.message)


def submit(group: Group, number: int, text: bytes, cloud: Cloud, attempt: str = "") -> None:
    """Have the program of a batch run, by an invocation of its own; of several who ask, once."""
    named = task_id(group.id, number, text, attempt)
    cloud.invoke_later(group.event(number), task_id=named)


def submit_again(group: Group, cloud: Cloud, *, asked: bool = False) -> list[int]:
    """Batches that Function Compute has given up: three times more, and whenever somebody asks."""
    opened, again = group.opened(), list[int]()
    now = group.now() if opened else 0.0
    for number, since in opened:
        attempt = attempt_due(now - since, cloud.timeout)
        found = group.batch(number) if attempt else None
        if found is None:
            continue
        name = f"again{attempt}"
        if asked:
            name = f"asked-{cloud.request_id[-12:]}"
        submit(group, number, found[1], cloud, name)
        again.append(number)
    return again


def made_of_all(group: Group, then: Then, members: Sequence[str], cloud: Cloud) -> None:
    """The one batch of a job's group, however often it is asked for."""
    group.require_once()
    group.make(1, Batch(then, tuple(members), cloud.request_id))
    found = group.batch(1)
    if found is None:
        raise TargetUnavailable("a batch was there, and is not any more: try again")
    if not group.settled():
        group.open(1)
        submit(group, 1, found[1], cloud)
        group.settle(1)
