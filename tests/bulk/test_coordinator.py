"""Who goes on with a job that waited: with more of it, or to its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

import ossferry.bulk.coordinator as room
from ossferry.bulk.coordinator import nothing, resume, run
from ossferry.bulk.source import Opened
from ossferry.errors import FerryError, InvalidEvent, TargetUnavailable
from ossferry.events.bulk import bulk_of
from ossferry.jobs import BulkJob
from ossferry.ledger.head import HANDED_OVER, RUNNING, WAITING, Epoch, Head
from ossferry.ledger.state import State
from ossferry.names import ObjectName
from ossferry.settings import Settings
from tests.ledger.test_state import state

EVENT = {"kind": "bulk", "list": "oss://my-bucket/l.urls", "target_bucket_name": "my-bucket"}
JOB = bulk_of({**EVENT, "target_region": "cn-hangzhou"}, Settings(), "cn-hangzhou")
HEAD = Head(
    "id",
    0.0,
    request_ids=("first",),
    event={**EVENT, "target_region": "cn-hangzhou"},
    version="v1",
    status=WAITING,
    due=50.0,
)


class Done:
    """In place of doing the job; it keeps what that was to be supplied by."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, version: str = "v1") -> None:
        self.supplies: list[Callable[..., Any]] = []
        self.fails: FerryError | None = None
        self.source = Opened(version, "urls", 3, False, lambda *_: iter(()))

        @contextmanager
        def opened(*_: Any) -> Iterator[Opened]:
            yield self.source

        monkeypatch.setattr(room, "opened", opened)
        monkeypatch.setattr(room, "done", self)

    def __call__(self, work: object, begun: object, supply: Any, *_: object) -> dict[str, object]:
        self.supplies.append(supply)
        if self.fails:
            raise self.fails
        return {"status": "done"}


def instance(ours: State) -> Any:
    cloud = SimpleNamespace(request_id="second", bucket=lambda target: ours._bucket)
    none = lambda *_: None  # noqa: E731
    return SimpleNamespace(cloud=cloud, program_of=none, then_of=none, most_children=0)


def gone_on(ours: State, head: Head) -> dict[str, object]:
    ours.save(head)
    return resume(head, ours, ours._bucket, instance(ours))


def test_a_job_whose_list_is_as_it_was_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """With more of it, but where a round was done: then with what waits."""
    with state() as (ours, _):
        done = Done(monkeypatch)
        gone_on(ours, HEAD._replace(status=HANDED_OVER))
        gone_on(ours, HEAD._replace(epoch=7))
        assert done.supplies == [done.source.supply, nothing]
        assert not ours.asked_to_stop


def test_a_job_whose_list_has_changed_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its items have other numbers now: some would be left out, and others done twice."""
    with state() as (ours, _):
        done = Done(monkeypatch, "v2")
        gone_on(ours, HEAD._replace(status=HANDED_OVER))
        assert done.supplies == [nothing]
        assert ours.asked_to_stop


@pytest.mark.parametrize(("times", "given_up"), [(18, False), (19, True)])
def test_a_job_of_which_nothing_gets_done_ends(
    times: int, given_up: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty in a row have gone on with it in vain; not yet when there were fewer."""
    epochs = tuple(Epoch(number, 1) for number in range(1, times + 1))
    head = HEAD._replace(status=HANDED_OVER, epochs=epochs, epoch=times + 1)
    with state() as (ours, _):
        Done(monkeypatch)
        gone_on(ours, head)
        assert ours.asked_to_stop == given_up


def test_a_dry_run_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does it leave a record."""
    with state() as (ours, oss):
        done = Done(monkeypatch)
        job = replace(JOB, dry_run=True)
        assert run(job, "r", instance(ours))["status"] == "dry_run"
        assert (done.supplies, oss.objects) == ([], {})


def stop(ours: State) -> dict[str, object]:
    job = BulkJob(ObjectName("cn-hangzhou", "my-bucket", ""), id="id", wants="stop")
    return run(job, "r", instance(ours))


def test_who_is_told_to_stop_a_job_that_waits_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody else would hear of it before the job is due; and nothing more is begun."""
    with state() as (ours, _):
        done = Done(monkeypatch)
        ours.save(HEAD)
        assert stop(ours) == {"status": "done"}
        assert (done.supplies, ours.asked_to_stop) == ([nothing], True)


def test_a_job_that_is_over_is_not_told_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its reply is told once more."""
    with state() as (ours, _):
        Done(monkeypatch)
        ours.save(HEAD._replace(status="completed", reply={"status": "completed"}))
        assert stop(ours) == {"status": "completed"}
        assert not ours.asked_to_stop


def test_who_is_at_a_job_ends_it_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    """As soon as they look."""
    with state() as (ours, _):
        done = Done(monkeypatch)
        ours.save(HEAD._replace(status=RUNNING))
        assert stop(ours)["status"] == "stopping"
        assert (done.supplies, ours.asked_to_stop) == ([], True)


@pytest.mark.parametrize(
    ("error", "due"), [(InvalidEvent("never"), 0.0), (TargetUnavailable("not now"), 50.0)]
)
def test_nobody_comes_back_to_what_fails_as_a_whole(
    error: FerryError, due: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless another time may be better."""
    with state() as (ours, oss):
        done = Done(monkeypatch)
        done.fails = error
        ours.save(HEAD)
        ours.save_due(HEAD, 50.0)
        with pytest.raises(type(error)):
            resume(HEAD, ours, ours._bucket, instance(ours))
        head = ours.head()
        assert head
        assert (head.due, head.request_ids[-1]) == (due, "second")
        assert any("/due/" in name for name in oss.objects) == bool(due)
