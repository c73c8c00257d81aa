"""The head of a job of many items: what was asked, how far it is, who is at it. Pure.

Small, and rewritten every few seconds. What came of items is in write-once results beside it; the
head says which of those count.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..items.row import Tally
from ..names import BULK_FOLDER, DUE_FOLDER, LAST_FOLDER, STOP_FILE

_VERSION = 2
RUNNING, HANDED_OVER, WAITING = "running", "handed_over", "waiting"


class Cursor(NamedTuple):
    """Behind which item everything is still to do: its number, and its key in a listing."""

    number: int = 0
    key: str = ""


class Epoch(NamedTuple):
    """One that is over: of its results those below ``limit`` count, in this round. ``whole``: it
    ended the round, and so its result 0 counts as well."""

    number: int
    limit: int
    round: int = 0
    whole: bool = False


class Head(NamedTuple):
    """``status`` is ``running``, ``handed_over``, ``waiting``, or the one of the reply, which is
    there then.

    Results have the numbers of slices, from 1. Those of ``epochs`` that count are summed up in
    ``tally``; so are those of the present one below ``next_slice``. Result 0 of the present one has
    what was found of the epochs before beyond the cursor, which is summed up in ``inherited``.
    A ``round`` is once through all items that are left: in the first all, in the next those that
    waited in the one before. Until ``due``, on OSS's clock, somebody has to look after the job
    again; 0 if nobody has to. ``event`` is None where it has a secret,
    ``asked`` a digest of what was asked.
    ``version`` of the list is its ETag, where it has one. ``program`` is what items are given to;
    "" if they are copied. ``again_of`` is the job whose failed items are done again. ``bare``:
    nothing was where the targets are when the job began; ``handed_out`` is the last item that
    anybody was given.
    """

    id: str
    began: float
    request_ids: tuple[str, ...] = ()
    event: Mapping[str, Any] | None = None
    asked: str = ""
    version: str = ""
    format: str = ""
    status: str = RUNNING
    epoch: int = 1
    epochs: tuple[Epoch, ...] = ()
    round: int = 0
    due: float = 0.0
    cursor: Cursor = Cursor()
    next_slice: int = 1
    tally: Tally = Tally()
    inherited: Tally = Tally()
    items: int | None = None  # in all, once that is known
    bare: bool = False
    thaws: bool = False
    handed_out: int = 0
    reply: Mapping[str, Any] | None = None
    program: str = ""
    again_of: str = ""

    @property
    def sum(self) -> Tally:
        return self.tally.plus(self.inherited)

    def next_epoch(self, number: int, request_id: str, found: Tally) -> Head:
        """Somebody else's turn: in the next round if this one was done, else with what was found
        on record."""
        done = self.status == WAITING
        tally = self.sum._replace(waits={}) if done else self.tally
        return self._replace(
            epoch=number,
            epochs=(*self.epochs, Epoch(self.epoch, self.next_slice, self.round, done)),
            round=self.round + done,
            cursor=Cursor() if done else self.cursor,
            handed_out=0 if done else self.handed_out,
            next_slice=1,
            tally=tally,
            inherited=Tally() if done else found,
            status=RUNNING,
            request_ids=(*self.request_ids[-20:], request_id),
        )

    @property
    def over(self) -> bool:
        return self.reply is not None

    def encode(self) -> bytes:
        sums = {"tally": self.tally.to_json(), "inherited": self.inherited.to_json()}
        document = {**self._asdict(), **sums, "version_of_head": _VERSION}
        for name in ("program", "again_of"):
            if not document[name]:
                del document[name]  # so that it is what it was before there were any
        return json.dumps(document, ensure_ascii=False).encode("utf-8", "backslashreplace")

    @classmethod
    def decode(cls, text: bytes) -> Head | None:
        """None for what is none, or of another version."""
        try:
            document = json.loads(text)
            if document.pop("version_of_head") != _VERSION:
                return None
            return cls(**{**document, **_typed(document)})
        except (KeyError, TypeError, ValueError, AttributeError):
            return None


def _typed(document: Mapping[str, Any]) -> dict[str, object]:
    return {
        "request_ids": tuple(map(str, document["request_ids"])),
        "epochs": tuple(Epoch(*each) for each in document["epochs"]),
        "cursor": Cursor(*document["cursor"]),
        "tally": Tally.read(document["tally"]),
        "inherited": Tally.read(document["inherited"]),
    }


def folder_of(job_id: str) -> str:
    return f"{BULK_FOLDER}{job_id}/"


def head_name(job_id: str) -> str:
    return f"{folder_of(job_id)}head.json"


def last_name(digest: str) -> str:
    return f"{LAST_FOLDER}{digest}.json"


def stop_name(job_id: str) -> str:
    return f"{folder_of(job_id)}{STOP_FILE}"


def due_name(job_id: str, due: float) -> str:
    """In the order of moments, so that what is due comes first."""
    return f"{DUE_FOLDER}{int(due):012}-{job_id}.json"


def read_due_name(name: str) -> tuple[float, str] | None:
    """When which job is due; None for another name."""
    due, _, job_id = name.removeprefix(DUE_FOLDER).removesuffix(".json").partition("-")
    return (float(due), job_id) if due.isdecimal() and job_id else None


def epoch_name(job_id: str, epoch: int) -> str:
    """What only one of those can create who take a job over at the same time."""
    return f"{folder_of(job_id)}epochs/{epoch:06}.json"


def results_of(job_id: str) -> str:
    return f"{folder_of(job_id)}results/"


def result_name(job_id: str, epoch: int, number: int, *, partial: bool = False) -> str:
    """In the order of epochs and slices."""
    return f"{results_of(job_id)}{epoch:06}-{number:08}{'.part' * partial}.jsonl"


def read_result_name(name: str) -> tuple[int, int, bool] | None:
    """Epoch, slice, and whether it is partial; None for another name."""
    last = name.rpartition("/")[2].removesuffix(".jsonl")
    numbers, partial = last.removesuffix(".part"), last.endswith(".part")
    epoch, dash, number = numbers.partition("-")
    if not dash or not epoch.isdecimal() or not number.isdecimal():
        return None
    return int(epoch), int(number), partial
