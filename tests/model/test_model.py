"""A few steps of transfers against the model; ``make chaos`` takes as many as one likes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial

import pytest

from ossferry.stop import Stop
from tests.model.events import Asked, Ended, Event, Object
from tests.model.judge import Run, complaints
from tests.model.moments import Fate, Moments
from tests.model.source import SIZES, Change, Source, Version, confused
from tests.model.steps import take_steps
from tests.model.world import World, world

_STEPS = 60
_SEEDS = [1, 2]  # `make chaos` takes new ones


@pytest.fixture(scope="module")
def here() -> Iterator[World]:
    with world() as running:
        yield running


@pytest.mark.parametrize("seed", _SEEDS)
def test_whatever_happens_the_object_is_what_it_may_be(here: World, seed: int) -> None:
    """One whole version of its source, or the old object; and nothing is left at the end."""
    print(f"seed {seed}: .venv/bin/python -m tests.model --seed {seed}")
    assert take_steps(here, _STEPS, seed) > 0


def _source() -> Source:
    return Source(Moments())


def _run(source: Source, *, data: bytes, status: str = "copied") -> Run:
    """A run of the first file that ended like this; what was there before is ``b"old"``."""
    asked = Event().asked(source.now(1))
    before = Object(b"old", "a", "text/0")
    run = Run(asked, source, source.mark(), before, after=Object(data, "a", "text/0"))
    version = source.now(1)
    reply = {"status": status, "object": {"size": version.size, "crc64": version.crc64_text}}
    run.ended = Ended(reply)
    return run


def test_the_model_takes_what_is_right() -> None:
    """Whatever version the source had in the meantime."""
    source = _source()
    run = _run(source, data=source.now(1).data)
    assert complaints(run) == []
    source.change(Change(1, content=True))
    assert complaints(run) == []


def test_the_model_objects() -> None:
    """To a mixture, to what the source was before, and to a reply for what was not done."""
    source = _source()
    first = source.now(1).data
    assert complaints(_run(source, data=first[:-1] + b"x"))
    assert complaints(_run(source, data=b"old"))
    assert complaints(_run(source, data=source.now(2).data))
    source.change(Change(1, content=True))
    assert complaints(_run(source, data=first))


def test_the_model_takes_the_bytes_that_an_event_names() -> None:
    """Whatever the source has become; but only these, of its size, and if they may stay."""
    source = _source()
    first = source.now(1)
    asked = Event(expects="crc64").asked(first)
    source.change(Change(1, content=True))
    there = Object(first.data, "a", "text/0")
    reply = {
        "status": "unchanged",
        "object": {"size": first.size, "crc64": first.crc64_text},
    }
    run = Run(asked, source, source.mark(), there, Ended(reply), there)
    assert complaints(run) == []
    assert complaints(replace(run, asked=Asked(Event())))
    assert complaints(replace(run, asked=replace(asked, event=Event(overwrite="always"))))
    source.change(Change(1, size=SIZES[1]))
    assert complaints(replace(run, mark=source.mark()))


def test_other_content_can_be_told_from_what_was_there() -> None:
    """By what is said about it: the model knows no source that nobody could know."""
    source = _source()
    for etag in ("strong", "of_date", "none"):
        for nodes in (1, 2):
            source.change(Change(1, content=True, etag=etag, nodes=nodes))
    versions = source.all_of(1)
    assert len({each.content for each in versions}) == len(versions) == 7
    assert not any(confused(one, other) for one in versions for other in versions)
    assert confused(Version(1, etag="none"), Version(2, etag="none"))
    assert not confused(Version(1, SIZES[0]), Version(2, SIZES[1]))


def test_what_happens_happens_at_its_moment() -> None:
    """Once, and what it does is not counted; a crash is for good, until the next transfer."""
    moments = Moments()

    def happens() -> Fate:
        assert moments.pass_one() is Fate.ANSWERED
        return Fate.DEAD

    assert moments.pass_one() is Fate.ANSWERED
    with moments.during({2: happens}):
        assert [moments.pass_one() for _ in range(3)] == [Fate.ANSWERED, Fate.DEAD, Fate.DEAD]
    with moments.during({}):
        assert moments.pass_one() is Fate.ANSWERED


# Another file of the same size and date: the ETag alone tells.
_SAME = Change(1, content=True)


def _transferred(here: World, happens: Mapping[int, Change | str]) -> Run:
    """An event that comes when the first file has a strong ETag, and what happens meanwhile."""
    asked = Event().asked(here.source.now(1))
    run, stop = Run(asked, here.source, here.source.mark(), here.object()), Stop()

    def happening(what: Change | str) -> Fate:
        if isinstance(what, Change):
            here.source.change(what)
        else:
            stop.set()
        return Fate.ANSWERED

    with here.moments.during({at: partial(happening, what) for at, what in happens.items()}):
        run.ended = here.transfer(asked, stop)
    run.after = here.object()
    return run


@pytest.mark.parametrize("at", [1, 2, 3, 5, 8, 11])
@pytest.mark.parametrize("before", ["nothing", "parts", "object"])
def test_a_source_that_is_replaced_within_its_second_is_not_taken_for_what_it_was(
    here: World, before: str, at: int
) -> None:
    """Neither by what is left of another run, nor when it is replaced twice."""
    here.begin()
    here.source.begin("strong")
    if before == "parts":
        kept = _transferred(here, {10: "stop"})
        assert "parts are kept" in str(kept.ended), kept.ended
    elif before == "object":
        assert _transferred(here, {}).ended.status == "copied"
        here.source.change(_SAME)
    first = _transferred(here, {at: _SAME, at + 8: _SAME})
    assert complaints(first) == [], first.ended
    assert len({version.date for version in here.source.all_of(1)}) == 1, "dates tell, too"
    again = _transferred(here, {})
    assert complaints(again) == [], again.ended
    here.clear()
