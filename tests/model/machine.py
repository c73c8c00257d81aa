"""The rules by which things happen, and what holds after each of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import ClassVar

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from ossferry.stop import Stop
from tests.model.choices import (
    MOMENTS,
    Duplicate,
    Misfortune,
    changes,
    events,
    misfortunes,
    replaced_runs,
)
from tests.model.events import Asked, Event
from tests.model.judge import Run, complaints
from tests.model.moments import Fate
from tests.model.source import IDS, Change, Etag, Version
from tests.model.world import World

HOUR = 3600.0


class Transfers(RuleBasedStateMachine):
    """Transfers to one key, and everything that meets them."""

    world: ClassVar[World]
    steps: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self.world.begin()
        self._clean = True  # nothing that is left is excused
        self._last: Asked | None = None
        self._copied: tuple[int, Version] | None = None  # what the object was made of
        self._kept: tuple[Asked, Version] | None = None  # what the same event can go on with

    @initialize(etag=st.sampled_from(["strong", "none"]))
    def files_are_there(self, etag: Etag) -> None:
        self.world.source.begin(etag)

    @rule(change=changes)
    def source_changes(self, change: Change) -> None:
        self._begin()
        self.world.source.change(change)

    @rule(event=events, misfortunes=misfortunes)
    def event_comes(self, event: Event, misfortunes: Sequence[Misfortune]) -> None:
        self._begin()
        self._run(self._asked(event), misfortunes)

    @precondition(lambda self: self._last is not None)
    @rule(misfortunes=misfortunes)
    def it_comes_again(self, misfortunes: Sequence[Misfortune]) -> None:
        self._begin()
        assert self._last is not None
        self._run(self._last, misfortunes)

    @rule(event=events, change=st.none() | changes, at=st.integers(1, 2 * MOMENTS))
    def it_comes_twice_at_once(self, event: Event, change: Change | None, at: int) -> None:
        self._begin()
        self._run_twice(self._asked(event), [Misfortune(at, change)] if change else [])

    @rule(file=st.sampled_from(IDS), runs=replaced_runs)
    def a_file_is_replaced_all_the_time(
        self, file: int, runs: Sequence[tuple[Sequence[Misfortune], bool]]
    ) -> None:
        for happens, replaced in runs:
            self._begin()
            self._run(self._asked(Event(file)), happens)
            if replaced:
                self.world.source.change(Change(file, content=True))

    @rule()
    def everything_is_swept(self) -> None:
        self._begin()
        self.world.sweep(0)
        self._clean, self._kept = True, None
        self._nothing_is_left()

    @rule()
    def what_is_old_is_swept(self) -> None:
        self._begin()
        before = self.world.records()
        self.world.sweep(HOUR)
        young = {name for name, age in before.items() if age < HOUR}
        assert young == {*self.world.records()}, "a sweep goes by the age of records"
        self._kept = None

    @rule(hours=st.sampled_from([0.5, 2]))
    def time_passes(self, hours: float) -> None:
        self._begin()
        self.world.wait(hours * HOUR)

    @rule(equal=st.booleans(), file=st.sampled_from(IDS))
    def somebody_else_writes(self, equal: bool, file: int) -> None:
        self._begin()
        data = self.world.source.now(file).data if equal else b"what somebody else has"
        self.world.put(data, "somebody else")
        self._copied = None

    @rule()
    def somebody_deletes(self) -> None:
        self._begin()
        self.world.delete()
        self._copied = None

    def teardown(self) -> None:
        try:
            self.world.sweep(0)
            self._nothing_is_left()
        finally:
            self.world.clear()

    def _begin(self) -> None:
        type(self).steps += 1

    def _asked(self, event: Event) -> Asked:
        self._last = event.asked(self.world.source.now(event.id))
        return self._last

    def _new(self, asked: Asked) -> Run:
        world = self.world
        return Run(asked, world.source, world.source.mark(), world.object())

    def _run(self, asked: Asked, misfortunes: Sequence[Misfortune]) -> None:
        run, stop = self._new(asked), Stop()
        plan = {each.at: partial(self._happen, each.what, run, stop) for each in misfortunes}
        with self.world.moments.during(plan):
            run.ended = self.world.transfer(asked, stop)
        run.after = self.world.object()
        self._judge(run)
        self._judge_memory(run)

    def _run_twice(self, asked: Asked, misfortunes: Sequence[Misfortune]) -> None:
        one, other = self._new(asked), self._new(asked)
        plan = {each.at: partial(self._happen, each.what, one, Stop()) for each in misfortunes}

        def carry(run: Run) -> None:
            run.ended = self.world.transfer(asked, Stop())

        thread = threading.Thread(target=carry, args=(other,))
        with self.world.moments.during(plan):
            thread.start()
            carry(one)
            thread.join()
        one.after = self.world.object()
        one.others.append(other)
        self._judge(one)
        self._copied = self._kept = None

    def _happen(self, what: str | Change | Duplicate, run: Run, stop: Stop) -> Fate:
        if isinstance(what, Change):
            run.happened.append("change")
            self.world.source.change(what)
        elif what == "replaced":
            run.happened.append(what)
            self.world.source.change(Change(run.asked.event.id, content=True))
        elif isinstance(what, Duplicate):
            run.happened.append("duplicate")
            self._duplicate(what, run)
        else:
            run.happened.append(what)
            return _HAPPENINGS[what](self.world, stop)
        return Fate.ANSWERED

    def _duplicate(self, duplicate: Duplicate, run: Run) -> None:
        event, asked = duplicate.event, run.asked
        if event is not None:
            asked = event.asked(self.world.source.now(event.id))
        other = self._new(asked)
        run.others.append(other)
        other.ended = self.world.transfer(asked, Stop())
        other.after = self.world.object()

    def _judge(self, run: Run) -> None:
        for each in (run, *run.others):
            note(f"{each.asked}: {each.ended}, {each.before} -> {each.after}, {each.happened}")
        found = complaints(run)
        assert not found, found
        self._clean = self._clean and all(each.leaves_nothing for each in (run, *run.others))
        if self._clean:
            self._nothing_is_left()

    def _judge_memory(self, run: Run) -> None:
        """What was copied is not copied again, neither as a whole nor in parts."""
        quiet = not run.happened and not run.others
        version = run.versions[0]
        event = run.asked.event
        if quiet and self._copied == (event.id, version) and version.is_known:
            # OSS knows no MD5 of an object of several parts, and may have to be asked for a copy.
            known = event.overwrite != "always" and event.expects != "md5"
            assert (
                not (known and run.asked.holds(version.data)) or run.ended.status == "unchanged"
            ), f"not known again: {run.ended}"
        if quiet and self._kept == (run.asked, version) and run.ended.status == "copied":
            assert run.ended.reply is not None
            assert run.ended.reply["parts"]["reused"], "what was kept was not gone on with"
        self._copied = self._kept = None
        if len(run.versions) == 1 and not run.others:
            if run.ended.status == "copied":
                self._copied = (event.id, version)
            elif "parts are kept" in str(run.ended.error) and "crash" not in run.happened:
                self._kept = (run.asked, version)

    def _nothing_is_left(self) -> None:
        assert not self.world.records(), "a record is left"
        assert not self.world.open_uploads(), "an upload is left"


def _stopped(world: World, stop: Stop) -> Fate:
    stop.set()
    return Fate.ANSWERED


def _swept(age: float, world: World, stop: Stop) -> Fate:
    world.sweep(age)
    return Fate.ANSWERED


def _fate(fate: Fate, world: World, stop: Stop) -> Fate:
    return fate


_HAPPENINGS: dict[str, Callable[[World, Stop], Fate]] = {
    "hiccup": partial(_fate, Fate.REFUSED),
    "lost": partial(_fate, Fate.LOST),
    "crash": partial(_fate, Fate.DEAD),
    "stop": _stopped,
    "old swept": partial(_swept, HOUR),
    "all swept": partial(_swept, 0.0),
}
