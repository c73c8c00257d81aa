"""The record that nobody waits for: written in the background, refreshed, ended in time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from queue import Empty, SimpleQueue

import pytest

from ossferry.records.record import Record
from ossferry.records.recorder import Recorder, wait_for_late
from tests.localcloud.patience import eventually

LONG = 30.0  # seconds, in which what is waited for here has happened


def state(number: int) -> Record:
    return Record("k", number)


class Store:
    """Where records are written: each write is told, and waits until it may go on."""

    def __init__(self, *, works: bool = True) -> None:
        self.works = works
        self.written: list[Record] = []
        self.settled: list[Record] = []
        self.begun: SimpleQueue[Record] = SimpleQueue()
        self.free = threading.Event()
        self.free.set()

    def write(self, record: Record) -> bool:
        self.begun.put(record)
        assert self.free.wait(LONG)
        self.written.append(record)
        return self.works


@contextmanager
def recording(
    store: Store, refresh: float = LONG, patience: float = LONG, interval: float = 0.0
) -> Iterator[Recorder]:
    """A recorder that has begun; no thread of it outlives the test."""
    before = {*threading.enumerate()}
    recorder = Recorder(
        store.write, store.settled.append, refresh=refresh, patience=patience, interval=interval
    )
    recorder.begin(state(0))
    try:
        yield recorder
    finally:
        recorder.finish(None)
        store.free.set()
        for thread in {*threading.enumerate()} - before:
            thread.join(LONG)
            assert not thread.is_alive()


def test_no_thread_is_there_before_it_is_asked_for() -> None:
    """Processes are forked first."""
    before = threading.active_count()
    store = Store()
    with recording(store) as recorder:
        recorder.tell(lambda: state(1))
        assert threading.active_count() == before
    assert store.written == []


def test_what_is_told_is_written_soon() -> None:
    """And what was told before the thread was there, as soon as it is."""
    store = Store()
    with recording(store) as recorder:
        recorder.tell(lambda: state(1))
        recorder.keep_alive()
        assert store.begun.get(timeout=LONG) == state(1)
        recorder.tell(lambda: state(2))
        assert store.begun.get(timeout=LONG) == state(2)


def test_of_what_is_told_during_a_write_the_latest_counts() -> None:
    """Who tells it does not wait."""
    store = Store()
    with recording(store) as recorder:
        recorder.keep_alive()
        store.free.clear()
        recorder.tell(lambda: state(1))
        assert store.begun.get(timeout=LONG) == state(1)
        for number in (2, 3, 4):
            recorder.tell(partial(state, number))
        store.free.set()
        assert store.begun.get(timeout=LONG) == state(4)


def test_what_does_not_change_is_written_again() -> None:
    """Or a sweep would take its transfer for abandoned."""
    store = Store()
    with recording(store, refresh=0.01) as recorder:
        recorder.keep_alive()
        assert [store.begun.get(timeout=LONG) for _ in range(3)] == [state(0)] * 3


def test_the_last_state_is_waited_for() -> None:
    """With or without a thread until then; the answer is what is in OSS."""
    starts: tuple[Callable[[Recorder], object], ...] = (Recorder.keep_alive, lambda recorder: None)
    for start in starts:
        store = Store()
        with recording(store) as recorder:
            start(recorder)
            assert recorder.finish(state(5)) == state(5)
        assert store.written == [state(5)]


def test_what_failed_is_tried_again_at_the_end_and_not_before() -> None:
    """What cannot be written is not worth a storm of requests."""
    store = Store(works=False)
    with recording(store) as recorder:
        recorder.keep_alive()
        last = state(1)
        recorder.tell(lambda: last)
        assert store.begun.get(timeout=LONG) == last
        assert recorder.finish(last) == state(0)
    assert store.written == [last, last]


def test_the_end_waits_a_moment_only() -> None:
    """Whatever is under way: what was written before is what counts."""
    store = Store()
    with recording(store, patience=0.01) as recorder:
        store.free.clear()
        assert recorder.finish(state(1)) == state(0)


def test_an_end_without_last_words_writes_nothing() -> None:
    """The record is about to be deleted; what was told last does not matter any more."""
    store = Store()
    with recording(store) as recorder:
        recorder.keep_alive()
        assert recorder.finish(None) == state(0)
        assert recorder.finish(state(9)) == state(0)
    assert store.written == []


def test_whoever_forks_waits_for_the_recorder_of_an_earlier_transfer() -> None:
    """A reused instance may still have one; a process would inherit what its thread holds."""
    store = Store()
    with recording(store, patience=0.01) as recorder:
        store.free.clear()
        recorder.finish(state(1))
        wait_for_late(0.01)  # not for ever
        assert store.written == []
        threading.Timer(0.1, store.free.set).start()
        wait_for_late(LONG)
        assert store.written == [state(1)]


def test_news_waits_for_its_time_and_is_as_new_as_can_be_then() -> None:
    """What came while it waited is in it; the end waits for no time."""
    store, news = Store(), [1]
    with recording(store, interval=LONG) as recorder:
        recorder.keep_alive()
        recorder.tell(lambda: state(news[-1]))
        recorder.tell(lambda: state(news[-1]))
        assert store.begun.empty()
        news.append(2)
        assert recorder.finish(state(news[-1])) == state(2)
    assert store.written == [state(2)]


def test_news_that_nobody_follows_up_is_written_all_the_same() -> None:
    """When its time has come, also if nothing more happens."""
    store = Store()
    with recording(store, interval=0.05) as recorder:
        recorder.keep_alive()
        for number in (1, 2):
            recorder.tell(partial(state, number))
            assert store.begun.get(timeout=LONG) == state(number)


def test_a_record_that_takes_long_is_written_more_seldom() -> None:
    """Ten times as long as writing it took there is no other; the last one comes at once."""
    store = Store()
    with recording(store) as recorder:
        recorder.keep_alive()
        store.free.clear()
        recorder.tell(lambda: state(1))
        assert store.begun.get(timeout=LONG) == state(1)
        recorder.tell(lambda: state(2))
        threading.Timer(0.2, store.free.set).start()
        with pytest.raises(Empty):
            store.begun.get(timeout=1.0)
        assert recorder.finish(state(3)) == state(3)
    assert store.written == [state(1), state(3)]


def test_what_is_in_oss_is_told_but_not_at_the_end() -> None:
    """What has to be done then has to be done in time."""
    store = Store()
    with recording(store) as recorder:
        recorder.keep_alive()
        recorder.tell(lambda: state(1))
        eventually(lambda: store.settled == [state(1)])
        recorder.finish(state(2))
    assert store.settled == [state(1)]


def test_what_could_not_be_written_is_not_told() -> None:
    """It is not in OSS."""
    store = Store(works=False)
    with recording(store) as recorder:
        recorder.keep_alive()
        for number in (1, 2):
            recorder.tell(partial(state, number))
            assert store.begun.get(timeout=LONG) == state(number)
    assert store.settled == []
