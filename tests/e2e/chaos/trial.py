"""One schedule on a local cloud, from the first call to the sweep, and the judge of each step.

A wrong object, a false "done", a re-run that does not end well and something that a sweep leaves
behind are all an ``AssertionError``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import oss2
import requests

from tests.e2e.chaos.killer import killing
from tests.e2e.chaos.outcome import Outcome, outcome_of
from tests.e2e.chaos.schedule import GROWTH, Schedule
from tests.e2e.contents import bytes_of
from tests.e2e.spotless import abort_uploads
from tests.e2e.transfers import event_for, headers_of
from tests.localcloud.client import LocalCloud, started
from tests.localcloud.faults import SERVERS
from tests.localcloud.origin.contents import changed, generated, grown
from tests.localcloud.patience import eventually
from tests.localcloud.tidiness import open_uploads

_OLD = b"what was there before"
_SOMEBODY_ELSE = {"x-oss-meta-made-by": "somebody else"}
_RECORDS = ".ossferry/"
_TIMEOUT = 5
_QUIET_SECONDS = 30
_TRIES = 3  # of the re-run, if the machine is too busy for the few seconds it has


@contextlib.contextmanager
def chaotic_cloud() -> Iterator[LocalCloud]:
    """A cloud whose function fans out from the first byte and has little time."""
    with started(timeout=_TIMEOUT, env={"OSSFERRY_FAN_OUT_FROM": "1"}) as cloud:
        yield cloud


class Trial:
    """One run of one schedule."""

    def __init__(self, cloud: LocalCloud, plan: Schedule) -> None:
        self._cloud = cloud
        self._plan = plan
        self._key = f"chaos/{plan.seed}.bin"
        self._name = f"chaos-{plan.seed}"
        groups = plan.habits
        if plan.changes_after is not None:
            groups += (f"{plan.change},after:{plan.changes_after}",)
        self._url = cloud.generated(self._name, plan.size, *groups)
        self._event = event_for(cloud, self._url, self._key, **plan.fields)
        self._versions = _versions(self._name, plan)
        self._old = {"nothing": None, "another": _OLD, "equal": self._versions[0]}[plan.old]

    def run(self) -> Outcome:
        """Judge the first call, the re-run and the sweep; return how the first call ended."""
        try:
            if self._old is not None:
                self._cloud.bucket.put_object(self._key, self._old, headers=_SOMEBODY_ELSE)
            self._arm()
            with killing(self._cloud, self._plan.kills, self._plan.seed):
                first = outcome_of(self._cloud, self._event)
            self._quiet()
            lost = self._disarm()
            self._judge(first, answers_lost=lost)
            self._run_again()
            self._sweep()
            return first
        finally:
            self._clear()

    def _arm(self) -> None:
        for server in SERVERS:
            self._cloud.faults(server, self._plan.rules[server], seed=self._plan.seed)

    def _disarm(self) -> bool:
        """Take the faults back; whether OSS did something and did not say so."""
        counts = self._cloud.fault_counts("oss")
        for server in SERVERS:
            self._cloud.faults(server)
        return any(count["taken"] and count.get("drop_reply") for count in counts)

    def _quiet(self) -> None:
        """Wait for everything that may still be at work, whoever has stopped to wait for it."""
        eventually(self._running, wanted=lambda running: not running, within=_QUIET_SECONDS)

    def _running(self) -> list[dict[str, Any]]:
        calls = [call for call in self._cloud.invocations() if call["ended"] is None]
        return calls + [each for each in self._cloud.instances() if each["busy"]]

    def _judge(self, first: Outcome, *, answers_lost: bool) -> None:
        found = self._stored()
        if first.kind == "done":
            assert found in self._versions, f"it said {first.said}, and the object is wrong"
            if first.reply["status"] == "copied":
                assert not self._is_old(), "it said that it copied, and the old object is there"
        elif first.kind == "failed" and not answers_lost:
            assert found == self._old, f"it failed ({first.said}), and the object has changed"
        else:
            assert found in (self._old, *self._versions), f"a wrong object ({first.said})"

    def _is_old(self) -> bool:
        return not _SOMEBODY_ELSE.keys().isdisjoint(headers_of(self._cloud, self._key))

    def _run_again(self) -> None:
        for _ in range(self._plan.changes_after or 0):  # the source has changed for good
            requests.get(self._url, headers={"Range": "bytes=0-0"}, timeout=30)
        for _ in range(_TRIES):
            again = outcome_of(self._cloud, self._event)
            if not again.out_of_time:
                break
        assert again.kind == "done", f"the re-run: {again.said}"
        assert self._stored() == self._versions[-1], "the re-run left another object"
        self._quiet()

    def _sweep(self) -> None:
        swept = self._cloud.invoke(
            {
                "kind": "sweep",
                "target_region": self._cloud.region,
                "target_bucket_name": self._cloud.bucket_name,
                "older_than_hours": 0,
            }
        )
        assert (swept["kept"], swept["failed"]) == (0, 0), f"a sweep of everything: {swept}"
        assert not self._records(), "a sweep left records"
        assert not open_uploads(self._cloud), "a sweep left an upload open"

    def _records(self) -> list[str]:
        found = oss2.ObjectIterator(self._cloud.bucket, prefix=_RECORDS)
        return [each.key for each in found]

    def _stored(self) -> bytes | None:
        try:
            content = self._cloud.bucket.get_object(self._key).read()
        except oss2.exceptions.NoSuchKey:
            return None
        assert isinstance(content, bytes)
        return content

    def _clear(self) -> None:
        """Leave nothing to the next trial, or one failure would be everybody's."""
        for server in SERVERS:
            self._cloud.faults(server)
        abort_uploads(self._cloud)
        for name in (*self._records(), self._key):
            self._cloud.bucket.delete_object(name)


def _versions(name: str, plan: Schedule) -> tuple[bytes, ...]:
    """Return what the source holds, in the order of time."""
    first = bytes_of(name, plan.size)
    if plan.changes_after is None:
        return (first,)
    content = generated(name, plan.size)
    new = grown(content, GROWTH) if plan.change.startswith("grow") else changed(content, 2)
    return (first, b"".join(new.read(0, new.size)))
