"""One schedule on a local cloud, from the first call to the sweep, and the judge of each step.

A wrong object, a false "done", a re-run that does not end well and something that a sweep leaves
behind are all an ``AssertionError``.
"""

from __future__ import annotations

import json
import time
from typing import Any

import oss2

from tests.e2e.canary import secrets_in
from tests.e2e.chaos.killing import killing
from tests.e2e.chaos.outcome import Outcome, outcome_of
from tests.e2e.chaos.schedule import GROWTH, PART, Schedule
from tests.e2e.chaos.sources import Chaos
from tests.e2e.contents import bytes_of
from tests.e2e.spotless import abort_uploads, log_of
from tests.e2e.transfers import event_for, headers_of
from tests.localcloud.origin.contents import changed, generated, grown
from tests.localcloud.patience import eventually
from tests.localcloud.tidiness import open_uploads

_OLD = b"what was there before"
_SOMEBODY_ELSE = {"x-oss-meta-made-by": "somebody else"}
_RECORDS = ".ossferry/"
_SERVERS = ("oss", "fc")
# For a call and its re-run together. A source that gives half of each range is asked for a part
# some seventeen times.
_MOST_REQUESTS, _MOST_REQUESTS_PER_PART, _MOST_INVOCATIONS = 100, 40, 60
_QUIET_SECONDS = 30
_TRIES = 8


class Trial:
    """One run of one schedule."""

    def __init__(self, chaos: Chaos, plan: Schedule) -> None:
        self._chaos = chaos
        self._cloud = cloud = chaos.cloud
        self._plan = plan
        self._key = f"chaos/{plan.seed}.bin"
        self._source = chaos.source(plan)
        self._began = time.time()
        self._event = event_for(cloud, self._source.url, self._key, **plan.fields)
        self._versions = _versions(plan)
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
            self._hides(first)
            self._run_again()
            self._is_bounded()
            self._sweep()
            return first
        finally:
            self._clear()

    def _arm(self) -> None:
        seed = self._plan.seed
        for server in _SERVERS:
            self._cloud.faults(server, self._plan.rules[server], seed=seed)
        self._source.arm(self._plan.rules[self._plan.store], seed)

    def _disarm(self) -> bool:
        """Take the faults back; whether OSS did something and did not say so."""
        counts = self._cloud.fault_counts("oss")
        for server in _SERVERS:
            self._cloud.faults(server)
        self._chaos.behave()
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
        self._source.passes(self._plan.changes_after or 0)
        for _ in range(_TRIES):
            again = outcome_of(self._cloud, self._event)
            if not again.out_of_time:
                break
        assert again.kind == "done", f"the re-run: {again.said}"
        assert self._stored() == self._versions[-1], "the re-run left another object"
        self._quiet()
        self._hides(again)

    def _hides(self, outcome: Outcome) -> None:
        """Nothing that was said, kept or logged shows a secret."""
        kept = [self._cloud.bucket.get_object(name).read().decode() for name in self._records()]
        calls = self._cloud.invocations(since=self._began)
        logs = [log_of(self._cloud, call["request_id"]) for call in calls]
        for text in (outcome.said, json.dumps(outcome.reply), *kept, *logs):
            shown = secrets_in(text, self._cloud)
            assert not shown, f"it shows {shown}: {text[:400]}"

    def _is_bounded(self) -> None:
        """Whatever went wrong, nobody was asked for ever."""
        asked, calls = self._source.asked(), self._cloud.invocations(since=self._began)
        most = _MOST_REQUESTS + _MOST_REQUESTS_PER_PART * (self._plan.size // PART + 1)
        assert asked <= most, f"{asked} requests to the source"
        assert len(calls) <= _MOST_INVOCATIONS, f"{len(calls)} invocations"

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
        for server in _SERVERS:
            self._cloud.faults(server)
        self._chaos.behave()
        abort_uploads(self._cloud)
        for name in (*self._records(), self._key):
            self._cloud.bucket.delete_object(name)


def _versions(plan: Schedule) -> tuple[bytes, ...]:
    """Return what the source holds, in the order of time."""
    first = bytes_of(plan.name, plan.size)
    if plan.changes_after is None:
        return (first,)
    content = generated(plan.name, plan.size)
    new = grown(content, GROWTH) if plan.change.startswith("grow") else changed(content, 2)
    return (first, b"".join(new.read(0, new.size)))
