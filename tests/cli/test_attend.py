"""What ends the looking, and not what is looked at."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from types import SimpleNamespace
from typing import Any

import pytest

from ossferry_cli.commands.attend import attend, watch
from ossferry_cli.options import Which


class Screen(nullcontext[None]):
    """Shows nothing."""

    def started(self, *_: object, **__: object) -> None: ...

    def show(self, _: object) -> None: ...


def waiting(show: Callable[[object], None]) -> None:
    """An interruption comes, and is dropped as Python does while it finalises an object."""
    with suppress(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    show(None)
    raise AssertionError("nobody has heard of it")


@pytest.fixture
def usual() -> Iterator[None]:
    """Ctrl-C as a terminal has it, however these tests were started."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("usual")
@pytest.mark.parametrize("attending", [True, False])
def test_an_interruption_that_got_lost_is_heard_at_the_next_look(
    attending: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """And Ctrl-C is what it was before, afterwards."""
    task: Any = SimpleNamespace(id="file-1f0c9a2b3d", what="", attached=False, wait=waiting)
    screen, which = Screen(), Which(None, None, local=False, profile=None)
    shown: Any = screen
    with pytest.raises(SystemExit) as ended:
        attend(task, shown, which, detach=False) if attending else watch(task, shown, which)
    assert ended.value.code == 130
    assert "ossferry status file-1f0c9a2b3d --wait" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
