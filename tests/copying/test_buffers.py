"""The memory of streams, as the kernel sees it: little of it, and none once they have ended."""

from __future__ import annotations

import gc
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue

import pytest

from ossferry.copying import child
from ossferry.copying.copy_job import CopyJob, CopyResult
from ossferry.copying.streams import Streams
from ossferry.errors import SourceGone
from tests.peers.loopback import CONTENT, GUARD, part, soon, source
from tests.peers.scripted import (
    Reply,
    Request,
    answer,
    in_turn,
    scripted,
    serving,
    storing,
)

MIB = 1024 * 1024
PATIENCE = 20  # seconds that no test waits unless something hangs


@pytest.fixture(autouse=True)
def without_collector() -> Iterator[None]:
    """What is given back has to be so before anybody looks for cycles, which may take hours."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def mapped() -> list[int]:
    """The sizes of all memory that this process has mapped to share it with nobody."""
    text = Path("/proc/self/maps").read_text()
    ranges = re.findall(r"^([0-9a-f]+)-([0-9a-f]+) .*/dev/zero", text, re.MULTILINE)
    return [int(stop, 16) - int(start, 16) for start, stop in ranges]


def test_a_child_leaves_no_buffer() -> None:
    """An instance is used again, and would fill up."""
    before = mapped()
    with scripted(serving(CONTENT)) as origin, scripted(storing) as target:
        parts = tuple(part(target.url, n * 1000, (n + 1) * 1000, n + 1) for n in range(12))
        result = child.copy(CopyJob(source(origin.url), parts, 12, 60.0), GUARD)
    assert len(result.parts) == 12
    assert mapped() == before


def test_closed_streams_of_the_coordinator_leave_no_buffer() -> None:
    """Those that were kept for more parts, and those that failed."""
    before, news = mapped(), SimpleQueue[CopyResult]()
    with (
        scripted(in_turn(Reply(answer(404)), rest=serving(CONTENT))) as origin,
        scripted(storing) as target,
    ):
        streams = Streams(source(origin.url), GUARD, soon(), 4)
        errors = []
        for number in (1, 2, 3):
            streams.copy(part(target.url, 0, 1000, number), news.put)
            errors.append(type(news.get(timeout=PATIENCE).error))
        streams.close()
    assert errors == [SourceGone, type(None), type(None)]
    assert mapped() == before


def test_few_streams_have_large_buffers_however_many_come_and_go() -> None:
    """A stream that is closed takes its own buffer away, and nobody else's."""
    before, news = len(mapped()), SimpleQueue[CopyResult]()
    came, free, gone = threading.Semaphore(0), threading.Event(), threading.Semaphore(0)

    def script(request: Request) -> Reply:
        if gone.acquire(blocking=False):
            return Reply(answer(404))
        came.release()
        free.wait(PATIENCE)
        return serving(CONTENT)(request)

    with scripted(script) as origin, scripted(storing) as target:
        streams = Streams(source(origin.url), GUARD, soon(), 32)
        try:
            for number in range(1, 17):
                streams.copy(part(target.url, 0, 1000, number), news.put)
                assert came.acquire(timeout=PATIENCE)
            for number in range(17, 33):
                gone.release()
                streams.copy(part(target.url, 0, 1000, number), news.put)
                assert isinstance(news.get(timeout=PATIENCE).error, SourceGone)
                streams.copy(part(target.url, 0, 1000, number), news.put)
                assert came.acquire(timeout=PATIENCE)
            sizes = mapped()
            assert len(sizes) - before == 32
            assert sum(size > MIB for size in sizes) <= 8
        finally:
            free.set()
            streams.close()
