"""Those who copy, as the fan-out asks for them: ``spread.run.Copiers`` in virtual time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from random import Random

from ossferry.copying.copy_job import CopyResult
from ossferry.errors import ChildThrottled, FerryError
from ossferry.pace.run import Run
from tests.simulation.board import Board, copied
from tests.simulation.instance import Copying, Instance
from tests.simulation.source import Connection
from tests.simulation.world import World

# Seconds until FC says that it has no instance.
_THROTTLED = 0.05
# Seconds after which a connection that has nothing to do is closed.
_IDLE = 2.0
# What nobody would ask in a second: a loop that waits for nothing, a source that is hammered.
_MOST_LOOKS = 20_000
_MOST_REFUSALS = 5_000


class Endless(Exception):
    """The fan-out does the same again and again."""


class Copiers:
    """``heard`` is called whenever time has passed. ``seconds`` of children are paid for, and
    ``sizes`` are all that a part was handed out in, by its number."""

    def __init__(
        self, world: World, random: Random, heard: Callable[[], None] = lambda: None
    ) -> None:
        self.world = world
        self.coordinator = Instance(world)
        self.seconds = 0.0
        self.cold = 0
        self.throttled = 0
        self.sizes: dict[int, set[int]] = {}
        self._random = random
        self._heard = heard
        self._news: deque[tuple[Run, CopyResult]] = deque()
        self._idle: list[tuple[float, Connection]] = []
        self._own: dict[Run, Copying] = {}
        self._children: dict[Run, float | None] = {}  # since when they copy
        self._warm = [Instance(world) for _ in range(world.platform.warm)]
        self._instances = [self.coordinator, *self._warm]
        self._tokens = float(world.platform.burst)
        self._filled = 0.0
        self._looks = 0
        self._second = 0

    @property
    def children(self) -> int:
        return len(self._children)

    @property
    def streams(self) -> int:
        return len(self._own)

    def own(self, run: Run) -> None:
        self._remember(run)
        now = self.world.timeline.now
        self._idle = [each for each in self._idle if now - each[0] <= _IDLE]
        connection = self._idle.pop()[1] if self._idle else self.world.server.connection()
        size = run.slice[0].range.size
        done = partial(self._own_done, run)
        self._own[run] = Copying(self.coordinator, connection, size, done)

    def child(self, run: Run) -> None:
        self._remember(run)
        after = self.world.timeline.after
        seconds = self._start()
        if seconds is None:
            self.throttled += 1
            refusal = CopyResult((), error=ChildThrottled("429"))
            after(_THROTTLED, lambda: self._news.append((run, refusal)))
            return
        self._children[run] = None
        after(seconds, partial(self._copy, run, self._instance()))

    def sent(self, run: Run) -> int:
        return self._own[run].sent

    def call_off(self, run: Run) -> None:
        self._own[run].call_off()

    def hear(self, timeout: float) -> tuple[Run, CopyResult] | None:
        self._check()
        timeline, network = self.world.timeline, self.world.network
        until = timeline.now + timeout
        while not self._news and min(timeline.next, network.next) <= until:
            if timeline.next <= network.next:
                timeline.happen()
            else:
                timeline.go(network.next)
                network.happen()
        if not self._news:
            timeline.go(until)
        self._heard()
        if not self._news:
            return None
        run, result = self._news.popleft()
        self._own.pop(run, None)
        return run, result

    def close(self) -> None:
        """End all that is still going on: it is paid for until now."""
        for began in self._children.values():
            if began is not None:
                self.seconds += self.world.timeline.now - began

    @property
    def moved(self) -> float:
        """Bytes that all have copied, those that were copied again too."""
        return sum(instance.moved for instance in self._instances)

    def _remember(self, run: Run) -> None:
        for part in run.slice:
            self.sizes.setdefault(part.number, set()).add(part.range.size)

    def _own_done(self, run: Run, error: FerryError | None) -> None:
        if error:
            self._news.append((run, CopyResult((), error=error)))
            return
        self._idle.append((self.world.timeline.now, self._own[run].connection))
        self._news.append((run, CopyResult((copied(run.slice[0]),))))

    def _start(self) -> float | None:
        """Seconds until one more child copies; None if FC has no instance for it."""
        platform, now = self.world.platform, self.world.timeline.now
        if self._warm:
            return platform.warm_start
        filled = self._tokens + (now - self._filled) * platform.starts_per_second
        self._tokens, self._filled = min(float(platform.burst), filled), now
        if self.children + 1 >= platform.instances or self._tokens < 1:
            return None
        self._tokens -= 1
        self.cold += 1
        return self._random.uniform(platform.cold_start, platform.latest_start)

    def _instance(self) -> Instance:
        if self._warm:
            return self._warm.pop()
        self._instances.append(Instance(self.world))
        return self._instances[-1]

    def _copy(self, run: Run, instance: Instance) -> None:
        self._children[run] = self.world.timeline.now
        Board(instance, run.slice, run.streams, partial(self._child_done, run, instance))

    def _child_done(self, run: Run, instance: Instance, result: CopyResult) -> None:
        del self._children[run]
        self.seconds += result.seconds
        self._warm.append(instance)
        self._news.append((run, result))

    def _check(self) -> None:
        second = int(self.world.timeline.now)
        if second != self._second:
            self._second, self._looks = second, 0
        self._looks += 1
        if self._looks > _MOST_LOOKS:
            raise Endless(f"looked {_MOST_LOOKS} times within a second")
        if self.world.server.refusals > _MOST_REFUSALS:
            raise Endless(f"was refused {_MOST_REFUSALS} times")
