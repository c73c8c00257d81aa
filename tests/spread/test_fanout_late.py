"""What somebody is late with, and who copies it a second time; on a clock of its own."""

from __future__ import annotations

import pytest

from ossferry.errors import (
    SourceChanged,
)
from ossferry.pace.run import Run
from tests.spread.simulated import (
    Answer,
    Copiers,
    Script,
    alone,
    cells,
    done,
    failing,
    fan_out,
    never,
    one_child,
    slow,
)


def stuck(number: int) -> Script:
    """As fast as always, but for the first copy of one part, which never ends."""
    first: list[Run] = []

    def script(run: Run) -> Answer | None:
        if run.slice[0].number == number and not first:
            first.append(run)
            return None
        return done(run)

    return script


def test_a_free_stream_copies_what_another_is_late_with() -> None:
    """The first copy of a part counts; the other one is called off, and its failure is none."""
    copiers = Copiers(own=stuck(5))
    running = fan_out(cells(10), copiers, alone(2))
    assert len(running.run()) == 10
    copies = [asked for asked in copiers.asked if asked.numbers == [5]]
    assert len(copies) == 2
    assert copiers.called_off == [copies[0].run]
    assert (running.tally.parts_hedged, running.tally.hedged) == (1, 0)
    assert copies[1].at >= max(asked.at for asked in copiers.asked[:-1])  # nothing else was left


def test_of_two_copies_the_first_counts_and_the_failure_of_the_other_does_not() -> None:
    """Whatever it fails with."""

    def own(run: Run) -> Answer | None:
        if run.slice[0].number == 1 and len(copiers.asked) == 2:
            return failing(SourceChanged("other"), seconds=60.0)(run)
        return slow(run, 8) if run.slice[0].number == 4 else done(run)

    copiers = Copiers(own=own)
    running = fan_out(cells(4), copiers, alone(2))
    assert len(running.run()) == 4


def test_a_late_child_is_helped_by_who_is_free() -> None:
    """It is not waited for, and counts as one invocation of which somebody else did the work."""
    copiers = Copiers(child=never)
    running = fan_out(cells(16), copiers, one_child(4))
    assert len(running.run()) == 16
    first = copiers.children_asked[0]
    again = {number for asked in copiers.own_asked for number in asked.numbers}
    assert set(first.numbers) <= again
    assert (running.tally.hedged, running.tally.parts_hedged) == (1, 0)
    assert copiers.called_off == []  # children are not: what they do is paid for anyway
    assert copiers.in_hand == [first.run]


def test_what_a_late_child_came_to_last_is_copied_first() -> None:
    """Most likely it has copied the first parts, and tells so when it ends."""
    copiers = Copiers(child=never)
    fan_out(cells(16), copiers, one_child(4)).run()
    first = copiers.children_asked[0].numbers
    again = [asked.numbers[0] for asked in copiers.own_asked if asked.numbers[0] in first]
    assert len(first) > 1
    assert again == sorted(first, reverse=True)


def test_a_late_child_that_was_given_all_is_helped() -> None:
    """Though the coordinator has copied nothing by then, and does not know how long that takes."""
    copiers = Copiers(child=never)
    running = fan_out(cells(2), copiers, one_child(4))
    assert len(running.run()) == 2
    assert copiers.children_asked[0].numbers == [1, 2]
    assert running.tally.hedged == 1


def test_nobody_is_helped_who_is_not_late() -> None:
    """Those who are at it end as soon as any other would."""
    copiers = Copiers(own=lambda run: slow(run, 1.5) if run.slice[0].number == 5 else done(run))
    running = fan_out(cells(10), copiers, alone(2))
    running.run()
    assert len(copiers.asked) == 10
    assert running.tally.parts_hedged == 0


@pytest.mark.parametrize("streams", [4, 8, 32])
def test_where_many_are_late_few_are_copied_twice(streams: int) -> None:
    """Copying all twice would make all of them later; and no part gets a third copy."""
    stuck = set[int]()

    def own(run: Run) -> Answer | None:
        number = run.slice[0].number
        if number % 4 and number <= streams and number not in stuck:
            stuck.add(number)
            return None
        return done(run)

    copiers = Copiers(own=own)
    running = fan_out(cells(8 * streams), copiers, alone(streams))
    assert len(running.run()) == 8 * streams
    assert 1 <= copiers.most_at_once <= streams // 2
    assert copiers.most_copies == 2
    assert running.tally.parts_hedged == len(stuck)
