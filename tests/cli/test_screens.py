"""What is written where: in a pipe, in a terminal, as JSON."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import sys
import threading
from contextlib import suppress

import pytest

from ossferry_cli import words
from ossferry_cli.showing.line import end_of, line_of
from ossferry_cli.showing.screen import JsonLines, Pipe, Terminal, is_terminal, screen
from ossferry_cli.watching.look import Ended, Look
from ossferry_cli.watching.progress import Progress

LOOK = Look("Running", done=250_000_000, total=1_000_000_000, parts=12, children=3)
SOME = Progress(LOOK, 250_000_000, 0, 0.25, 50_000_000.0, None, 15.0, 5.0)
OBJECT = {"bucket": "b", "key": "k", "size": 1_000_000_000}
END = Ended("copied", {"status": "copied", "object": OBJECT, "seconds": {"total": 61.2}})


def test_a_line_can_be_read_aloud() -> None:
    """Bytes, percent, rate, parts, children, time left."""
    expected = "250 MB of 1.00 GB, 25 %, 50.0 MB/s, 12 parts, 3 children, 15 s left"
    assert line_of(SOME) == expected
    many = Progress(Look("Running", items=1, of=4000, failed=2), 0, 1200, 0.3, 0.0, 100.0, 28.0)
    assert line_of(many) == "1,200 of 4,000 items, 30 %, 100 items/s, 2 failed, 28 s left"
    assert line_of(Progress(Look("Enqueued"))) == "Enqueued"


def test_an_end_says_how_much_it_was() -> None:
    """One object, or many items."""
    assert end_of(END, "x") == "copied: oss://b/k, 1.00 GB, 1 min 01 s"
    many = {"items": 3, "copied": 2, "failed": 1, "bytes": 10, "seconds": 4.2}
    assert end_of(Ended("completed_with_failures", many), "x") == (
        "completed_with_failures: 3 items, 2 copied, 1 failed, 10 B, 4 s"
    )


def test_a_pipe_gets_a_line_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    """At most every ten seconds, only if something changed, without control characters."""
    now = iter([0.0, 5.0, 11.0, 22.0])
    pipe = Pipe(clock=lambda: next(now))
    pipe.started("id-1", "x to y", attached=False)
    for done in (1, 2, 3, 3):
        pipe.show(SOME._replace(done=done))
    pipe.finished("id-1", "x to y", END)
    out, err = capsys.readouterr()
    assert out == "copied: oss://b/k, 1.00 GB, 1 min 01 s\n"
    assert len(err.splitlines()) == 3
    assert not re.search(r"[\r\x1b]", out + err)


def test_json_is_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    """And nothing else is on stdout; ``finished`` is the last."""
    lines = JsonLines()
    lines.started("id-1", "x", attached=True)
    lines.warn("careful")
    lines.show(SOME)
    lines.finished("id-1", "x", Ended("failed", {}, "SourceGone", "it is gone"))
    out, err = capsys.readouterr()
    told = [json.loads(line) for line in out.splitlines()]
    assert [each["event"] for each in told] == ["started", "warning", "progress", "finished"]
    assert (told[2]["bytes"], told[2]["fraction"]) == (250_000_000, 0.25)
    assert (told[3]["exit_code"], told[3]["error_type"]) == (1, "SourceGone")
    assert err == ""


def everything(terminal: int, pieces: list[bytes]) -> None:
    """Read until the other side is closed: a terminal holds no more than a few kilobytes."""
    with suppress(OSError):
        while piece := os.read(terminal, 100_000):
            pieces.append(piece)


def test_a_terminal_gets_one_line_that_is_redrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """On stderr, and it is gone at the end; what servers say is not taken for markup."""
    ours, theirs = pty.openpty()
    out, pieces = io.StringIO(), list[bytes]()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    reader = threading.Thread(target=everything, args=(ours, pieces))
    with os.fdopen(theirs, "w") as terminal:
        reader.start()
        monkeypatch.setattr(sys, "stderr", terminal)
        monkeypatch.setattr(sys, "stdout", out)
        assert is_terminal(os.environ)
        assert isinstance(screen(False, os.environ), Terminal)
        with Terminal() as shown:
            shown.started("id-1", "x [bold]y[/bold]", attached=False)
            shown.show(SOME)
            shown.show(SOME._replace(fraction=0.5))
        shown.finished("id-1", "x", END)
        monkeypatch.undo()
    reader.join()
    os.close(ours)
    drawn = b"".join(pieces).decode()
    assert "[bold]y[/bold]" in drawn
    assert "250 MB of 1.00 GB" in drawn
    assert out.getvalue() == "copied: oss://b/k, 1.00 GB, 1 min 01 s\n"


def test_numbers_are_short() -> None:
    """Three digits and a unit, two units of time."""
    sizes = [0, 999, 1000, 999_499, 999_500, 12_345_678, 10**15]
    told = ["0 B", "999 B", "1.00 KB", "999 KB", "1.00 MB", "12.3 MB", "1.00 PB"]
    assert [*map(words.size, sizes)] == told
    times = [0.4, 59.6, 3599, 3600, 90000, 10**9]
    spoken = ["0 s", "1 min 00 s", "59 min 59 s", "1 h 00 min", "1 d 1 h", "> 99 d"]
    assert [*map(words.duration, times)] == spoken
