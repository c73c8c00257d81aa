"""What all streams of an instance hold in memory at once is bounded."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from ossferry.byte_range import MIB
from ossferry.events.request import transfer_of
from ossferry.small.done import Done
from ossferry.small.held import SMALL, Memory
from ossferry.small.one import Hands
from tests.items.staged import TARGET, Oss, copying, item
from tests.peers.loopback import GUARD, soon
from tests.peers.scripted import Reply, answer
from tests.small.test_one import chunked, saying


def test_memory_is_given_as_it_comes_free() -> None:
    """Nobody holds more than there is, and nobody waits who need not."""
    memory, most = Memory(10), [0, 0]
    lock = threading.Lock()

    def hold(size: int) -> None:
        with memory.of(size):
            with lock:
                most[0] += size
                most[1] = max(most)
            time.sleep(0.01)
            with lock:
                most[0] -= size

    threads = [threading.Thread(target=hold, args=(size,)) for size in (8, 1, 3, 10, 2, 7) * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert most[0] == 0
    assert most[1] <= 10


class Watched(Memory):
    """Notes how much is held at the most."""

    def __init__(self) -> None:
        super().__init__()
        self.now = self.most = 0
        self.lock = threading.Lock()

    @contextmanager
    def of(self, size: int) -> Iterator[None]:
        with super().of(size):
            self._note(size)
            yield
            self._note(-size)

    def _note(self, size: int) -> None:
        with self.lock:
            self.now += size
            self.most = max(self.most, self.now)


@pytest.mark.parametrize("framed", [True, False])
def test_sixty_four_streams_hold_no_more_than_they_may(framed: bool) -> None:
    """Bodies of 8 MiB each, all at once, are the most that there can be: they wait, and all come
    through."""
    body, memory = bytes(SMALL), Watched()
    raw = chunked(body) if framed else answer(200, body)
    took = lambda request, key: Reply(answer(200)) if request.body else None  # noqa: E731
    found: list[Done | None] = []

    def one(number: int) -> None:
        hands = Hands(ours.context, ours.settings, GUARD, memory, soon(), time.sleep)
        with closing(hands):
            each = item(number, f"{server.url}/{number}")
            found.append(hands.copy(each, transfer_of({**TARGET, **each.event})))

    with copying(saying(raw), Oss(took)) as (ours, server):
        threads = [threading.Thread(target=one, args=(n,)) for n in range(64)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [done and done.info and done.info.size for done in found] == [SMALL] * 64
    assert 3 * SMALL <= memory.most <= 64 * MIB
    assert memory.now == 0
