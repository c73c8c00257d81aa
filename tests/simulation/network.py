"""How fast bytes flow: a fluid, of which each connection gets its max-min fair share.

A connection is limited by what it can have itself, by its instance, and by the total of all. The
connections of an instance that can have the same have the same rate, so they are counted, not
looked at: a change costs as much as there are instances, however many connections.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from heapq import heappop, heappush
from itertools import count

from tests.simulation.timeline import Timeline

_NEVER = float("inf")


class Flow:
    """Bytes on their way over one connection."""

    __slots__ = ("end", "ended", "group", "size", "start")

    def __init__(self, group: _Group, size: float, ended: Callable[[], None]) -> None:
        self.group: _Group | None = group
        self.size = size
        self.ended = ended
        self.start = group.moved  # on the group's counter
        self.end = group.moved + size

    @property
    def rate(self) -> float:
        return self.group.rate if self.group else 0.0


class _Group:
    """Flows of one instance that can have the same: all of them move ``rate``, and have moved as
    much as any other since both were there."""

    __slots__ = ("at", "changed", "count", "ends", "host", "most", "moved", "rate", "version")

    def __init__(self, host: Host, most: float, now: float) -> None:
        self.host = host
        self.most = most
        self.moved = self.rate = 0.0
        self.at = now
        self.count = 0
        self.ends: list[tuple[float, int, Flow]] = []
        self.version = 0
        self.changed = True

    def settle(self, now: float) -> None:
        moved = self.rate * (now - self.at)
        self.moved += moved
        self.host.moved += moved * self.count
        self.at = now

    def first(self) -> Flow | None:
        while self.ends and self.ends[0][2].group is not self:
            heappop(self.ends)
        return self.ends[0][2] if self.ends else None


class Host:
    """An instance, as its network goes. ``moved`` are the bytes of all its flows."""

    def __init__(self, bandwidth: float) -> None:
        self.bandwidth = bandwidth
        self.groups: dict[float, _Group] = {}
        self.level = self.demand = self.moved = 0.0

    @property
    def rate(self) -> float:
        return sum(group.rate * group.count for group in self.groups.values())

    def rates(self) -> list[float]:
        return [g.rate for g in self.groups.values() for _ in range(g.count)]

    def share(self) -> None:
        """Fill its bandwidth, as if it were alone."""
        wanted = [(group.most, group.count) for group in self.groups.values()]
        self.demand = min(self.bandwidth, sum(most * number for most, number in wanted))
        self.level = _level(self.bandwidth, wanted)


class Network:
    """``total`` is what all together can have. Time is the timeline's."""

    def __init__(self, timeline: Timeline, total: float) -> None:
        self._timeline = timeline
        self._total = total
        self._hosts: dict[Host, None] = {}
        self._dirty: dict[Host, None] = {}
        self._bound = False
        self._serial = count()
        self._ends: list[tuple[float, int, int, _Group]] = []

    def add(self, host: Host, size: float, most: float, ended: Callable[[], None]) -> Flow:
        """Let so many bytes flow, at ``most`` so fast; ``ended`` is called when they have."""
        most = min(most, host.bandwidth)
        group = host.groups.get(most)
        if group is None:
            group = host.groups[most] = _Group(host, most, self._timeline.now)
        group.settle(self._timeline.now)
        flow = Flow(group, size, ended)
        heappush(group.ends, (flow.end, next(self._serial), flow))
        group.count += 1
        group.changed = True
        self._hosts[host] = self._dirty[host] = None
        return flow

    def moved(self, flow: Flow) -> float:
        """Bytes of a flow so far."""
        group = flow.group
        if group is None:
            return flow.size
        since = group.rate * (self._timeline.now - group.at)
        return min(flow.size, group.moved + since - flow.start)

    def remove(self, flow: Flow) -> float:
        """End a flow; the bytes that are missing."""
        left = flow.size - self.moved(flow)
        group = flow.group
        if group is not None:
            group.settle(self._timeline.now)
            flow.group = None
            group.count -= 1
            group.changed = True
            host = group.host
            if not group.count:
                del host.groups[group.most]
                group.version += 1
            self._dirty[host] = None
            if not host.groups:
                del self._hosts[host]
        return left

    @property
    def next(self) -> float:
        """When the next flow ends, as things are."""
        self._share()
        while self._ends and self._ends[0][3].version != self._ends[0][2]:
            heappop(self._ends)
        return self._ends[0][0] if self._ends else _NEVER

    def happen(self) -> None:
        """Let the next flow end; the timeline is there already."""
        group = heappop(self._ends)[3]
        flow = group.first()
        assert flow is not None
        group.settle(self._timeline.now)
        group.moved = max(group.moved, flow.end)
        self.remove(flow)
        flow.ended()

    @property
    def rate(self) -> float:
        return sum(host.rate for host in self._hosts)

    def settle(self, host: Host) -> None:
        for group in host.groups.values():
            group.settle(self._timeline.now)

    def _share(self) -> None:
        if not self._dirty:
            return
        for host in self._dirty:
            host.share()
        level, changed = _NEVER, self._hosts if self._bound else self._dirty
        self._bound = sum(host.demand for host in self._hosts) > self._total
        if self._bound:
            changed = self._hosts
            wanted = [
                (min(group.most, host.level), group.count)
                for host in self._hosts
                for group in host.groups.values()
            ]
            level = _level(self._total, wanted)
        for host in changed:
            least = min(level, host.level)
            for group in host.groups.values():
                self._give(group, min(group.most, least))
        self._dirty = {}

    def _give(self, group: _Group, rate: float) -> None:
        if rate == group.rate and not group.changed:
            return
        now = self._timeline.now
        group.settle(now)
        group.rate = rate
        group.changed = False
        group.version += 1
        first = group.first()
        if first is not None:
            end = now + max(0.0, first.end - group.moved) / rate
            heappush(self._ends, (end, next(self._serial), group.version, group))


def _level(total: float, wanted: Iterable[tuple[float, int]]) -> float:
    """What each gets who wants more; infinite if there is enough for all."""
    wanted = sorted(wanted)
    number = sum(each for _, each in wanted)
    for most, each in wanted:
        if most * number >= total:
            return total / number
        total -= most * each
        number -= each
    return _NEVER
