"""What is done now and then while the instance is busy."""

from __future__ import annotations

import os
import threading

import pytest

from ossferry.log import lines_with, log
from ossferry.sharing.beat import Beating


def test_it_is_called_while_the_block_is_busy(capsys: pytest.CaptureFixture[str]) -> None:
    """Until its end, and what it logs has the fields of who began it."""
    beaten = threading.Event()

    def step() -> None:
        log("beaten")
        beaten.set()

    with lines_with(bulk_id="b1"), Beating(step) as beating:
        assert beaten.wait(10)
        assert beating.well
    assert '"bulk_id": "b1"' in capsys.readouterr().out.replace('":"', '": "')


def test_what_it_raises_ends_the_block_later() -> None:
    """The block can see that it is over, and comes to an end by itself."""
    raised = threading.Event()

    def step() -> None:
        raised.set()
        raise LookupError

    well: list[bool] = []

    def block() -> None:
        with Beating(step) as beating:
            assert raised.wait(10)
            beating._thread.join()
            well.append(beating.well)

    with pytest.raises(LookupError):
        block()
    assert well == [False]


def test_an_error_of_the_block_is_told_first() -> None:
    """And not hidden behind that of the beat."""

    def step() -> None:
        raise LookupError

    def block() -> None:
        with Beating(step) as beating:
            beating._thread.join()
            raise KeyError

    with pytest.raises(KeyError):
        block()


def test_no_process_is_forked_in_the_middle_of_a_beat() -> None:
    """It would begin with the locks that the beat holds, and nobody in it to give them back."""
    inside, go_on = threading.Event(), threading.Event()
    within: list[bool] = []

    def step() -> None:
        within.append(True)
        inside.set()
        go_on.wait(0.3)
        within.clear()

    with Beating(step):
        assert inside.wait(10)
        pid = os.fork()
        if not pid:
            os._exit(bool(within))
        go_on.set()
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
