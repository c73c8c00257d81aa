"""Lines of the log: JSON, with what the request has in common, and none below the level."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from typing import Any

import pytest

from ossferry.jobs import TransferJob
from ossferry.log import lines_with, log, sample
from ossferry.names import ObjectName
from ossferry.settings import LOG_LEVELS
from ossferry.urls import Url

Printed = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Printed:
    """The lines that were written since this was last asked."""

    def lines() -> list[dict[str, Any]]:
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return lines


def test_a_line_is_json_with_level_and_time(printed: Printed) -> None:
    """In UTC to the millisecond; what JSON has no word for is written as text."""
    log("part.uploaded", part=3, where=Url("http://h/x?secret"))
    (line,) = printed()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("time"))
    assert line == {"event": "part.uploaded", "level": "info", "part": 3, "where": "http://h/x"}


@pytest.mark.parametrize("least", LOG_LEVELS)
def test_nothing_below_the_level_is_written(printed: Printed, least: str) -> None:
    """The level itself is."""
    with lines_with(least):
        for level in LOG_LEVELS:
            log("event", level)
    written = [line["level"] for line in printed()]
    assert written == list(LOG_LEVELS[LOG_LEVELS.index(least) :])


def test_what_lines_have_in_common_ends_with_the_block(printed: Printed) -> None:
    """Also after an error: the next request of the instance begins with nothing."""

    def request() -> None:
        with lines_with("error", request_id="first"):
            with lines_with(transfer_id="t"):
                log("inner", "error")
            log("outer", "error")
            log("not.written")
            raise ValueError("any")

    with pytest.raises(ValueError, match="any"):
        request()
    log("after")
    inner, outer, after = printed()
    assert (inner["request_id"], inner["transfer_id"]) == ("first", "t")
    assert (outer["request_id"], "transfer_id" in outer) == ("first", False)
    assert "request_id" not in after


def test_lines_of_other_threads_have_it_too(printed: Printed) -> None:
    """Streams are threads of the one request that the instance works on."""
    with lines_with(request_id="first"):
        thread = threading.Thread(target=log, args=("part.uploaded",))
        thread.start()
        thread.join()
    assert [line["request_id"] for line in printed()] == ["first"]


def test_lines_of_many_threads_do_not_run_into_each_other(printed: Printed) -> None:
    """Each is written in one piece, or a reader could parse none of them."""

    def write() -> None:
        for _ in range(50):
            log("x", text="y" * 500)

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(printed()) == 400


def test_what_happens_often_is_sampled(printed: Printed) -> None:
    """The first of a burst is told, each event for itself, and again in the next request."""
    for _ in range(2):
        with lines_with(request_id="r"):
            for part in range(10):
                sample("part.uploaded", part=part)
                sample("another")
    assert [(line["event"], line.get("part")) for line in printed()] == [
        ("part.uploaded", 0),
        ("another", None),
    ] * 2


def test_all_that_happens_often_is_told_at_the_lowest_level(printed: Printed) -> None:
    """What the sample leaves out has the level ``debug``."""
    with lines_with("debug"):
        for part in range(3):
            sample("part.uploaded", part=part)
    levels = [(line["part"], line["level"]) for line in printed()]
    assert levels == [(0, "info"), (1, "debug"), (2, "debug")]


def test_the_id_of_a_transfer_is_the_same_while_it_is_the_same_transfer() -> None:
    """A URL that was signed anew is; another target or source is not; and it shows no secret."""

    def job(url: str, key: str = "a") -> TransferJob:
        return TransferJob(Url(url), ObjectName("cn-hangzhou", "my-bucket", key))

    first = job("http://h/x?Signature=1")
    assert re.fullmatch("[0-9a-f]{12}", first.id)
    assert first.id == job("http://h/x?Signature=2").id
    assert len({first.id, job("http://h/y").id, job("http://h/x", "b").id}) == 3
