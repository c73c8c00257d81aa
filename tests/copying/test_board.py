"""The parts of a slice among its streams: each once, late ones twice, by whoever is left."""

from __future__ import annotations

import threading

from ossferry.byte_range import ByteRange
from ossferry.copying.board import Board
from ossferry.copying.copy_job import CopiedPart, PartJob
from ossferry.errors import SourceBusy, SourceChanged, SourceUnavailable
from ossferry.urls import Url

SIZE = 1000
HICCUP = SourceUnavailable("hiccup")
BUSY = SourceBusy("no further connection")


class FakeStream:
    """A stream that copies nothing and remembers that it was called off."""

    def __init__(self) -> None:
        self.sent = self.moved = 0
        self.called_off = False

    def call_off(self) -> None:
        self.called_off = True


class Setting:
    """A board of so many parts, with a clock that the test turns."""

    def __init__(self, parts: int, streams: int = 9) -> None:
        self.now = 0.0
        self.looked = threading.Event()  # somebody asked for the time
        self.parts = [
            PartJob(n, ByteRange((n - 1) * SIZE, n * SIZE), Url(f"http://h/{n}"))
            for n in range(1, parts + 1)
        ]
        self.board = Board(self.parts, streams, clock=self.clock)

    def clock(self) -> float:
        self.looked.set()
        return self.now

    def take(self, stream: FakeStream) -> int:
        part = self.board.take(stream)
        assert part is not None
        return part.number

    def ahead(self, stream: FakeStream) -> int | None:
        """The next part of a stream whose answer is a good one."""
        with self.board.ahead(stream) as part:
            return part and part.number

    def fail_ahead(self, stream: FakeStream) -> int | None:
        """The next part of a stream whose answer is none."""
        held = self.board.ahead(stream)
        part = held.__enter__()
        assert not held.__exit__(SourceUnavailable, HICCUP, None)
        return part and part.number

    def finish(self, stream: FakeStream, number: int) -> None:
        self.board.finished(stream, CopiedPart(number, SIZE, f"e{number}", 0, confirmed=True))

    def done(self) -> list[int]:
        return [part.number for part in self.board.done]


def test_parts_are_handed_out_in_order_and_once() -> None:
    """Whoever asks gets the next one; when all are done, nobody gets any more."""
    setting, stream = Setting(3), FakeStream()
    for number in (1, 2, 3):
        assert setting.take(stream) == number
        setting.finish(stream, number)
    assert setting.board.take(stream) is None
    assert setting.done() == [1, 2, 3]
    assert setting.board.error is None


def test_a_stream_that_is_not_served_gives_its_part_back() -> None:
    """The others go on with one stream fewer."""
    setting, failing, steady = Setting(2), FakeStream(), FakeStream()
    setting.take(failing)
    setting.take(steady)
    setting.board.failed(failing, HICCUP)
    setting.finish(steady, 2)
    assert setting.take(steady) == 1
    setting.finish(steady, 1)
    assert (setting.done(), setting.board.stepped_down, setting.board.error) == ([2, 1], 1, None)


def test_a_slice_of_which_most_streams_are_gone_goes_back() -> None:
    """Those that are left end what they have begun; whoever started the child has others for the
    rest."""
    setting, steady = Setting(9, streams=5), [FakeStream(), FakeStream()]
    failing = [FakeStream() for _ in range(3)]
    for stream in [*steady, *failing]:
        setting.take(stream)
    for stream in failing[:2]:
        setting.board.failed(stream, BUSY)
    setting.finish(steady[0], 1)
    assert setting.take(steady[0]) == 6  # most are still there
    setting.board.failed(failing[2], BUSY)
    for stream, number in zip(steady, (6, 2), strict=True):
        setting.finish(stream, number)
        assert setting.board.take(stream) is None
    assert (setting.done(), setting.board.error) == ([1, 6, 2], BUSY)


def test_the_last_stream_that_fails_ends_the_slice() -> None:
    """Nobody is left to go on; what was done counts."""
    setting, stream = Setting(2, streams=1), FakeStream()
    setting.take(stream)
    setting.finish(stream, 1)
    setting.take(stream)
    setting.board.failed(stream, HICCUP)
    assert setting.board.take(FakeStream()) is None
    assert (setting.done(), setting.board.error) == ([1], HICCUP)


def test_a_stream_that_waits_goes_on_with_the_part_of_one_that_is_not_served() -> None:
    """Nobody else copies anything at that moment, and yet somebody is left to go on."""
    setting, failing, waiting = Setting(2, streams=2), FakeStream(), FakeStream()
    setting.take(failing)
    setting.take(waiting)
    setting.finish(waiting, 2)
    setting.looked.clear()
    got: list[PartJob | None] = []
    thread = threading.Thread(target=lambda: got.append(setting.board.take(waiting)))
    thread.start()
    assert setting.looked.wait(10)
    setting.board.failed(failing, HICCUP)
    thread.join(10)
    assert got == setting.parts[:1]
    assert setting.board.error is None
    setting.board.failed(waiting, HICCUP)
    assert setting.board.error is HICCUP


def test_a_stream_between_two_parts_is_left_to_go_on() -> None:
    """It copies nothing at that moment, and does not wait either."""
    setting, failing, steady = Setting(3, streams=2), FakeStream(), FakeStream()
    setting.take(failing)
    setting.take(steady)
    setting.finish(steady, 2)
    setting.board.failed(failing, BUSY)
    assert setting.board.error is None
    assert setting.take(steady) == 3
    assert not steady.called_off


def test_a_source_that_serves_nobody_is_busy_for_as_long_as_it_asked_anyone_to_wait() -> None:
    """Each stream counts, also the last one; what was done counts too."""
    setting, streams = Setting(4, streams=3), [FakeStream() for _ in range(3)]
    for stream in streams:
        setting.take(stream)
    setting.finish(streams[0], 1)
    setting.take(streams[0])
    for stream, seconds in zip(streams, (2.0, 30.0, None), strict=True):
        assert setting.board.error is None
        setting.board.failed(stream, SourceBusy("no", seconds))
    error = setting.board.error
    assert type(error) is SourceBusy
    assert (error.retry_after, setting.board.stepped_down) == (30.0, 3)
    assert setting.done() == [1]
    assert setting.board.take(FakeStream()) is None


def test_a_source_that_fails_at_last_is_not_busy() -> None:
    """The wait that a busy one asked for is no matter of another failure."""
    setting, streams = Setting(2, streams=2), [FakeStream() for _ in range(2)]
    for stream in streams:
        setting.take(stream)
    setting.board.failed(streams[0], SourceBusy("no", 9.0))
    setting.board.failed(streams[1], HICCUP)
    assert setting.board.error is HICCUP


def test_parts_are_not_forgotten_when_a_losing_copy_is_the_last_to_end() -> None:
    """Its own part is done by then, and somebody else's is given back."""
    setting, slow, quick = Setting(3, streams=3), FakeStream(), FakeStream()
    for stream in (slow, quick, other := FakeStream()):
        setting.take(stream)
    setting.now = 1.0
    setting.finish(quick, 2)
    setting.now, other.sent = 10.0, SIZE // 2
    assert setting.take(quick) == 1
    setting.finish(quick, 1)
    setting.board.failed(other, HICCUP)
    assert setting.take(quick) == 3
    setting.board.failed(quick, HICCUP)
    assert setting.board.error is None
    setting.board.failed(slow, BUSY)
    assert setting.board.error is HICCUP
    assert setting.board.take(FakeStream()) is None


def test_an_error_that_cannot_pass_ends_all_streams() -> None:
    """They are called off in mid-copy, and what they report afterwards changes nothing."""
    setting, failing, other = Setting(3), FakeStream(), FakeStream()
    setting.take(failing)
    setting.take(other)
    error = SourceChanged("another file")
    setting.board.failed(failing, error)
    assert other.called_off
    setting.board.failed(other, HICCUP)
    assert setting.board.error is error
    assert setting.board.take(FakeStream()) is None


def test_a_late_part_is_given_to_a_stream_that_is_free() -> None:
    """The first copy that is done counts, and the other is called off."""
    setting, slow, quick = Setting(2), FakeStream(), FakeStream()
    setting.take(slow)
    setting.take(quick)
    setting.now = 1.0
    setting.finish(quick, 2)
    setting.now, slow.sent = 10.0, 10
    assert setting.take(quick) == 1
    assert setting.board.hedged == 1
    setting.finish(quick, 1)
    assert slow.called_off
    setting.board.failed(slow, HICCUP)
    assert (setting.done(), setting.board.error) == ([2, 1], None)


def test_a_part_that_oss_does_not_answer_for_is_late_too() -> None:
    """All its bytes are sent, yet nobody says that they arrived."""
    setting, slow, quick = Setting(2), FakeStream(), FakeStream()
    setting.take(slow)
    setting.take(quick)
    setting.now = 1.0
    setting.finish(quick, 2)
    setting.now, slow.sent = 10.0, SIZE
    assert setting.take(quick) == 1


def test_the_slower_copy_of_a_late_part_counts_if_it_ends_first() -> None:
    """Either is the same bytes; the part is done once."""
    setting, slow, quick = Setting(2), FakeStream(), FakeStream()
    setting.take(slow)
    setting.take(quick)
    setting.now = 1.0
    setting.finish(quick, 2)
    setting.now = 10.0
    setting.take(quick)
    setting.finish(slow, 1)
    assert quick.called_off
    setting.finish(quick, 1)
    assert setting.done() == [2, 1]


def test_a_copy_that_lost_is_called_off_while_others_go_on() -> None:
    """Else its stream would send to the end what nobody needs, and be missed meanwhile."""
    setting, slow, quick, other = Setting(3), FakeStream(), FakeStream(), FakeStream()
    for stream in (slow, quick, other):
        setting.take(stream)
    setting.now = 1.0
    setting.finish(quick, 2)
    setting.now, other.sent = 10.0, SIZE // 2
    assert setting.take(quick) == 1
    setting.finish(quick, 1)
    assert slow.called_off
    assert not quick.called_off
    assert not other.called_off


def test_each_part_is_done_once() -> None:
    """Also one that was copied twice, by the copy that counts."""
    setting, slow, quick = Setting(2), FakeStream(), FakeStream()
    setting.take(slow)
    setting.take(quick)
    setting.now = 1.0
    setting.finish(quick, 2)
    assert [part.number for part in setting.board.done] == [2]
    setting.now = 10.0
    setting.take(quick)
    setting.finish(slow, 1)
    setting.finish(quick, 1)
    assert [part.number for part in setting.board.done] == [2, 1]


def test_a_stream_that_was_called_off_gets_nothing_more() -> None:
    """It may have finished at the same moment, but it cannot copy any more."""
    setting, slow, quick, failing = Setting(4), FakeStream(), FakeStream(), FakeStream()
    for stream in (slow, quick, failing, other := FakeStream()):
        setting.take(stream)
    setting.now = 1.0
    setting.finish(quick, 2)
    setting.now = 10.0
    assert setting.take(quick) == 1
    setting.finish(slow, 1)
    setting.finish(quick, 1)
    setting.board.failed(failing, HICCUP)
    assert setting.board.take(quick) is None
    assert setting.take(slow) == 3
    assert not other.called_off


def test_a_part_that_gets_on_is_not_copied_twice() -> None:
    """A stream that waits for nothing but that ends with it."""
    setting, steady, quick = Setting(2), FakeStream(), FakeStream()
    setting.take(steady)
    setting.take(quick)
    setting.now = 1.0
    setting.finish(quick, 2)
    setting.now, steady.sent = 1.5, 900
    got: list[PartJob | None] = []
    waiting = threading.Thread(target=lambda: got.append(setting.board.take(quick)))
    waiting.start()
    setting.finish(steady, 1)
    waiting.join(10)
    assert got == [None]
    assert setting.board.hedged == 0


def test_of_few_parts_two_are_copied_twice_at_the_most() -> None:
    """A source that is slow as a whole would else be asked for everything twice."""
    setting, quick = Setting(4), FakeStream()
    late = [FakeStream(), FakeStream(), FakeStream()]
    for stream in (*late, quick):
        setting.take(stream)
    setting.now = 1.0
    setting.finish(quick, 4)
    for number in (1, 2):
        setting.now += 10.0
        assert setting.take(quick) == number
        setting.finish(quick, number)
    setting.looked.clear()
    got: list[PartJob | None] = []
    waiting = threading.Thread(target=lambda: got.append(setting.board.take(quick)))
    waiting.start()
    setting.finish(late[2], 3)
    waiting.join(10)
    assert got == [None]
    assert setting.board.hedged == 2


def test_a_stop_ends_all_streams_without_an_error() -> None:
    """The board keeps what was done; why it stopped is known to whoever stopped it."""
    setting, stream = Setting(2), FakeStream()
    setting.take(stream)
    setting.board.stop()
    assert stream.called_off
    setting.board.failed(stream, HICCUP)
    assert setting.board.take(FakeStream()) is None
    assert (setting.done(), setting.board.error) == ([], None)


def test_a_part_ahead_is_the_one_that_its_stream_takes_next() -> None:
    """Nobody else gets it, however long it waits."""
    setting, early, other = Setting(4, streams=2), FakeStream(), FakeStream()
    setting.take(early)
    setting.take(other)
    assert setting.ahead(early) == 3
    setting.finish(other, 2)
    assert setting.take(other) == 4
    setting.finish(early, 1)
    assert setting.take(early) == 3
    setting.finish(early, 3)
    setting.finish(other, 4)
    assert setting.board.take(early) is None
    assert setting.done() == [2, 1, 3, 4]


def test_what_was_sent_of_a_part_stays_while_the_next_one_waits() -> None:
    """The next one has not begun: a part whose answer is awaited is late by its own bytes."""
    setting, slow, quick = Setting(4, streams=2), FakeStream(), FakeStream()
    setting.take(slow)
    setting.take(quick)
    slow.sent = SIZE
    assert setting.ahead(slow) == 3
    assert slow.sent == SIZE
    setting.now = 1.0
    setting.finish(quick, 2)
    setting.take(quick)
    setting.finish(quick, 4)
    setting.now = 10.0
    assert setting.take(quick) == 1


def test_no_part_is_ahead_of_the_streams_that_are_free() -> None:
    """They begin it at once, while this one still waits for an answer."""
    setting, first, second = Setting(3, streams=3), FakeStream(), FakeStream()
    setting.take(first)
    assert setting.ahead(first) is None
    setting.take(second)
    assert setting.ahead(first) is None
    third = FakeStream()
    setting.take(third)
    assert setting.ahead(first) is None
    setting.board.failed(third, HICCUP)
    assert setting.ahead(first) == 3


def test_the_last_part_has_none_ahead() -> None:
    """And neither has one of a slice that is over."""
    setting, stream = Setting(2, streams=1), FakeStream()
    setting.take(stream)
    assert setting.ahead(stream) == 2
    setting.finish(stream, 1)
    setting.take(stream)
    assert setting.ahead(stream) is None
    setting, stream = Setting(2, streams=1), FakeStream()
    setting.take(stream)
    setting.board.stop()
    assert setting.ahead(stream) is None


def test_a_part_that_is_sent_again_gives_the_one_ahead_back() -> None:
    """It is the next one still, for whoever comes first."""
    setting, failing, other = Setting(4, streams=2), FakeStream(), FakeStream()
    setting.take(failing)
    setting.take(other)
    assert setting.fail_ahead(failing) == 3
    assert setting.ahead(failing) == 3
    setting.finish(failing, 1)
    assert setting.fail_ahead(other) == 4
    setting.finish(other, 2)
    assert setting.take(other) == 4
    assert setting.take(failing) == 3


def test_a_stream_that_ends_gives_both_its_parts_back() -> None:
    """The present one and the one ahead; the other streams copy them."""
    setting, failing, steady = Setting(4, streams=2), FakeStream(), FakeStream()
    setting.take(failing)
    setting.take(steady)
    assert setting.fail_ahead(failing) == 3
    setting.board.failed(failing, HICCUP)
    for number, following in ((2, 3), (3, 4), (4, 1)):
        setting.finish(steady, number)
        assert setting.take(steady) == following
    setting.finish(steady, 1)
    assert (setting.done(), setting.board.stepped_down, setting.board.error) == (
        [2, 3, 4, 1],
        1,
        None,
    )


def test_a_stream_that_was_called_off_gives_the_part_ahead_back() -> None:
    """Its copy had been done at the same moment as the other one, so no error tells."""
    setting, slow, quick = Setting(4, streams=2), FakeStream(), FakeStream()
    setting.take(slow)
    setting.take(quick)
    slow.sent = SIZE
    assert setting.ahead(slow) == 3
    setting.now = 1.0
    setting.finish(quick, 2)
    setting.take(quick)
    setting.finish(quick, 4)
    setting.now = 10.0
    assert setting.take(quick) == 1
    setting.finish(quick, 1)
    assert slow.called_off
    setting.finish(slow, 1)
    assert setting.board.take(slow) is None
    assert setting.take(quick) == 3
    setting.finish(quick, 3)
    assert setting.done() == [2, 4, 1, 3]


def test_a_stream_that_waits_goes_on_with_the_part_that_was_ahead_of_another() -> None:
    """Given back, it is there for all."""
    setting, failing, waiting = Setting(3, streams=2), FakeStream(), FakeStream()
    setting.take(failing)
    setting.take(waiting)
    got: list[PartJob | None] = []
    thread = threading.Thread(target=lambda: got.append(setting.board.take(waiting)))
    held = setting.board.ahead(failing)
    part = held.__enter__()
    setting.finish(waiting, 2)
    setting.looked.clear()
    thread.start()
    assert setting.looked.wait(10)
    assert not held.__exit__(SourceUnavailable, HICCUP, None)
    thread.join(10)
    assert got == [part] == setting.parts[2:]
