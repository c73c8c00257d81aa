"""Whether this process has a processor left, on a virtual clock."""

from __future__ import annotations

from ossferry.pace.growth import Processor


def test_a_processor_is_busy_when_it_was_for_most_of_a_while() -> None:
    """And it is not when it no longer is."""
    used = 0.0
    processor = Processor(lambda: used, 0.0)
    shares = [1.0] * 5 + [0.5] * 5 + [0.9] * 5
    busy: list[bool] = []
    for number, share in enumerate(shares):
        for tick in range(5):
            used += share * 0.05
            processor.look(number * 0.25 + (tick + 1) * 0.05)
        busy.append(processor.busy)
    assert not any(busy[6:10])
    assert all(busy[:5])
    assert all(busy[11:])


def test_a_moment_is_not_enough_to_call_a_processor_busy() -> None:
    """Every part begins with work."""
    used = 0.0
    processor = Processor(lambda: used, 0.0)
    used = 0.1
    processor.look(0.1)
    assert not processor.busy
    processor.look(0.25)
    assert not processor.busy
