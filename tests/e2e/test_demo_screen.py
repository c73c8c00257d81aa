"""What the demo's lines say and how they look, without a cloud: times are told, not waited for."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from rich.console import Console

from tests.demo.line import bar_line, plain_line
from tests.demo.reply import table_of
from tests.demo.screen import progress
from tests.demo.step import Step

# Everything that a reply of a large transfer may have.
REPLY: dict[str, Any] = {
    "status": "copied",
    "object": {
        "bucket": "ossferry-local",
        "key": "demo/random.bin",
        "size": 1_073_741_824,
        "etag": "2446FDD8FFD2B090675D5A813448BEE6-128",
        "crc64": "9016692600605991735",
    },
    "source": {
        "url": "http://127.0.0.1:47309/" + 20 * "long/" + "random.bin",
        "size": 1_073_741_824,
        "etag": None,
        "known_by": ["etag", "size"],
    },
    "proof": ["parts", "object"],
    "parts": {"count": 128, "size": 8_388_608, "reused": 0, "retried": 3, "hedged": 0},
    "children": {
        **{"invocations": 14, "peak": 14},
        **{"throttled": 0, "retried": 0, "hedged": 0},
    },
    "pace": {
        "connections": 96,
        "connection_bytes_per_second": 4_194_304,
        "instance_bytes_per_second": 123_456_789,
        "limit": "source",
    },
    "seconds": {"probe": 0.3252, "create": 0.0021, "copy": 3.5, "complete": 0.1, "total": 3.93},
    "bytes_per_second": 273_216_749,
    "warnings": ["the source has no ETag: a change of equal length and date is not noticed"],
}


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def half_way(clock: Clock) -> Step:
    """A step of 1 GB that saw its first bytes after 2 s and has half of them after 6 s."""
    step = Step("transfer", 1_000_000_000, clock)
    clock.now += 2
    step.tell(100_000_000, "12 parts, 14 children")
    clock.now += 4
    step.tell(500_000_000, "64 parts, 14 children")
    return step


def test_time_left_is_by_the_speed_since_the_first_bytes(clock: Clock) -> None:
    """400 MB in 4 s leave 5 s for 500 MB; the rate is that of the whole step."""
    sight = half_way(clock).sight()
    assert (sight.percent, sight.time, sight.rate) == ("50%", "5 s left", "83.3 MB/s")


@pytest.mark.parametrize(
    ("left", "words"),
    [(5.4, "5 s left"), (119, "119 s left"), (121, "2 m left"), (7300, "2 h left")],
)
def test_time_left_has_the_unit_that_fits(clock: Clock, left: float, words: str) -> None:
    """From two of the next unit on, that one is used."""
    step = Step("transfer", 2_000_000, clock)
    step.tell(1)
    clock.now += left
    step.tell(1_000_000)
    assert step.sight().time == words


def test_nothing_is_said_that_is_not_known(clock: Clock) -> None:
    """Without a whole there is no percent and no time left, and without a second sight no time."""
    step = Step("transfer", None, clock)
    step.tell(5)
    assert (step.sight().percent, step.sight().time) == ("", "")
    step.tell(5, total=10)
    assert (step.sight().percent, step.sight().time) == ("50%", "")


def test_empty_file_is_all_done(clock: Clock) -> None:
    """Nothing of nothing is everything."""
    assert Step("transfer", 0, clock).sight().percent == "100%"


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_bar_and_numbers_are_there_at_every_usual_width(clock: Clock, width: int) -> None:
    """Half of the bar is full, and percent, size, rate and time left are next to it."""
    line = bar_line(half_way(clock).sight(), width, ended=False).plain
    assert len(line) <= width
    full, rest = line.count("━"), line.count("─")
    assert full + rest >= 9
    assert 0 <= rest - full <= 1
    assert line.startswith("transfer ")
    assert all(each in line for each in (" 50% ", "500.0 MB", "83.3 MB/s", "5 s left"))
    assert ("64 parts, 14 children" in line) == (width >= 80)


@pytest.mark.parametrize("width", [1, 20, 44, 50])
def test_line_never_breaks_where_it_is_very_narrow(clock: Clock, width: int) -> None:
    """There is one line, whatever is left of it."""
    console = Console(file=(file := io.StringIO()), width=width)
    console.print(bar_line(half_way(clock).sight(), width, ended=True))
    (line,) = file.getvalue().splitlines()
    assert len(line) <= width


def test_last_line_tells_how_long_it_took(clock: Clock) -> None:
    """In a terminal the time that is left becomes the time that it was."""
    step = half_way(clock)
    clock.now += 4
    step.tell(1_000_000_000, "128 parts, 14 children")
    line = bar_line(step.sight(), 100, ended=True).plain
    assert "100%" in line
    assert " 10.0 s " in line
    assert "left" not in line
    plain = re.sub(" +", " ", plain_line(step.sight()))
    assert plain == "transfer 10.0 s 100% 1.0 GB 100.0 MB/s 128 parts, 14 children"


@pytest.mark.parametrize("width", [60, 100])
def test_terminal_shows_one_line_that_changes(width: int) -> None:
    """With its bar, and in the end with everything that was told last."""
    file = io.StringIO()
    console = Console(file=file, width=width, force_terminal=True, _environ={"TERM": "xterm"})
    with progress(console, "transfer", 4) as step:
        step.tell(2, "1 parts, 0 children")
        step.tell(4, "2 parts, 0 children")
    last = file.getvalue().replace("\r", "\n").split("\n")
    assert any("━━━━━━━━━" in line and "100%" in line for line in last[-4:])
    assert max(len(line) for line in last[-1:]) <= width


def test_terminal_without_unicode_has_a_bar_too() -> None:
    """A bar of what it can show."""
    file = io.TextIOWrapper(io.BytesIO(), "ascii")
    console = Console(file=file, width=80, force_terminal=True, _environ={"TERM": "xterm"})
    with progress(console, "transfer", 4) as step:
        step.tell(4)
    file.seek(0)
    assert "=========" in file.read()


def test_pipe_gets_a_first_and_a_last_line() -> None:
    """Of what comes within a second the last is printed, and none of it twice."""
    file = io.StringIO()
    with progress(Console(file=file, width=60), "transfer", 4) as step:
        for done in (1, 2, 3, 4):
            step.tell(done, "a few words that are longer than sixty columns would allow")
    first, last = file.getvalue().splitlines()
    assert " 25% " in first
    assert "100% " in last
    assert last.endswith("would allow")


@pytest.mark.parametrize("width", [60, 80, 100])
def test_reply_is_at_most_twenty_lines(width: int) -> None:
    """Heading included, and even with a warning and a URL that is far too long."""
    lines = shown(REPLY, width)
    assert len(lines) <= 20
    assert max(map(len, lines)) <= width


def test_reply_leaves_out_what_is_zero_or_empty() -> None:
    """What did not happen and what is not known takes no room; a rate has its unit."""
    text = "\n".join(line.rstrip() for line in shown(REPLY, 100))
    assert "count 128, size 8.4 MB, retried 3\n" in text
    assert "invocations 14, peak 14\n" in text
    assert "probe 0.33, copy 3.50, complete 0.10, total 3.93\n" in text
    assert "273216749 (273.2 MB/s)\n" in text
    assert "connections 96, connection 4.2 MB/s, instance 123.5 MB/s, limit source\n" in text
    for word in ("hedged", "throttled", "source.etag", "create", "None"):
        assert word not in text


def test_reply_of_an_unchanged_object_is_shown_as_well() -> None:
    """Not every reply has parts and children."""
    few = {key: REPLY[key] for key in ("status", "object", "seconds")}
    assert len(shown({**few, "parts": {"count": 0}, "warnings": []}, 80)) == 1 + 1 + 5 + 1


def shown(reply: dict[str, Any], width: int) -> list[str]:
    console = Console(file=(file := io.StringIO()), width=width)
    console.print(table_of(reply))
    return file.getvalue().splitlines()
