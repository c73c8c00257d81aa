"""An invocation's answer: what is written where nobody hears it, and who reports."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest

import ossferry.invocation.answer as room
from ossferry.errors import (
    ChildThrottled,
    FerryError,
    OutOfTime,
    SourceArchived,
    SourceGone,
    Stopped,
    Unfinished,
)
from ossferry.events.request import transfer_of
from ossferry.invocation.logged import transfer
from ossferry.settings import Settings
from ossferry.stop import Stop
from ossferry.transfer import coordinator
from tests.items.test_child import CONTEXT

EVENT = {
    "source_url": "https://example.com/a",
    "target_region": "cn-hangzhou",
    "target_bucket_name": "my-bucket",
    "target_object_name": "k",
}
DONE = {"status": "copied", "object": {"size": 5}, "seconds": {"total": 1.0}}
LATER = Unfinished("later", progress=True)


class Reported:
    """In place of a report, of which there is one at most."""

    def __init__(self, *of: object) -> None:
        self.asked_by = of[2] if of else None
        self.told: list[object] = []
        REPORTS.append(self)

    def done(self, reply: Mapping[str, object]) -> dict[str, object]:
        self.told.append(reply["status"])
        return {**reply, "report": "name"}

    def failed(self, error: FerryError) -> None:
        self.told.append(error.type)


REPORTS: list[Reported] = []


class Account:
    """In place of a cloud, which starts nobody, or has no instance for it."""

    written: dict[str, Any]
    started: list[Mapping[str, object]]

    def __init__(self, refusal: FerryError | None = None) -> None:
        self.request_id = "r"
        self.stop = Stop()
        self.written, self.started = {}, []
        self._refusal = refusal

    def bucket(self, _: object) -> Any:
        def write(name: str, content: bytes) -> None:
            self.written[name] = json.loads(content)

        return SimpleNamespace(write=write)

    def invoke_later(self, document: Mapping[str, object]) -> None:
        if self._refusal:
            raise self._refusal
        self.started.append(document)


def answered(
    monkeypatch: pytest.MonkeyPatch,
    account: Account,
    outcome: FerryError | None = None,
    **fields: object,
) -> dict[str, object]:
    """What an invocation answers whose transfer comes to this."""
    REPORTS.clear()

    def coordinated(*_: object) -> dict[str, Any]:
        if outcome:
            raise outcome
        return DONE

    monkeypatch.setattr(coordinator, "transfer", coordinated)
    monkeypatch.setattr(room, "Cloud", lambda *_: account)
    monkeypatch.setattr(room, "Report", Reported)
    event, now = {**EVENT, **fields}, time.monotonic()
    return room.answer(event, CONTEXT, {}, Settings(), now, account.stop)


LINE: dict[str, Any] = {"handover": [1, "first-id", 0]}
OUTCOME = ".ossferry/outcomes/first-id.json"


def test_what_comes_after_a_hand_over_is_written_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also if it is an error: whoever asked is gone."""
    account = Account()
    assert answered(monkeypatch, account, **LINE) == DONE
    assert account.written == {OUTCOME: DONE}
    with pytest.raises(SourceGone):
        answered(monkeypatch, account, SourceGone("it is gone"), **LINE)
    assert account.written == {OUTCOME: {"error_type": "SourceGone", "error": "it is gone"}}


def test_what_is_handed_over_has_no_outcome_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever goes on writes it, by the id of who asked first."""
    account = Account()
    reply = answered(monkeypatch, account, LATER, **LINE)
    assert (reply["status"], reply["outcome"]) == ("handed_over", OUTCOME)
    assert account.written == {}
    assert [each["handover"] for each in account.started] == [[2, "first-id", 1]]


def test_a_report_has_the_id_of_who_asked_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who was told that id finds it by that, however many went on."""
    reply = answered(monkeypatch, Account(), report=True, **LINE)
    assert reply["report"] == "name"
    assert [(each.asked_by, each.told) for each in REPORTS] == [("first-id", ["copied"])]
    answered(monkeypatch, Account(), report=True)
    assert [each.asked_by for each in REPORTS] == ["r"]


def test_who_is_interrupted_reports_only_if_nobody_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the report of who goes on would be there before it has begun."""
    answered(monkeypatch, Account(), LATER, report=True)
    assert [each.told for each in REPORTS] == [[]]
    with pytest.raises(Unfinished):
        answered(monkeypatch, Account(ChildThrottled("no instance")), LATER, report=True)
    assert [each.told for each in REPORTS] == [["Unfinished"]]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (SourceGone("gone"), ["SourceGone"]),
        (OutOfTime("late"), ["OutOfTime"]),
        (Stopped("stopped"), ["Stopped"]),
        (SourceArchived("archived"), []),
        (LATER, []),
    ],
)
def test_a_transfer_reports_what_ends_it(
    monkeypatch: pytest.MonkeyPatch, error: FerryError, told: list[str]
) -> None:
    """And not what somebody else goes on with."""

    def fails(*_: object) -> None:
        raise error

    monkeypatch.setattr(coordinator, "transfer", fails)
    report: Any = Reported()
    nobody: Any = None
    with pytest.raises(type(error)):
        transfer(transfer_of(EVENT, "cn-hangzhou"), nobody, Settings(), report)
    assert report.told == told
