"""What a child leaves of what it has done: as text, and while it copies."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.copying import child
from ossferry.copying.copy_job import CopiedPart, CopyJob, CopyResult, Warrant, seal
from ossferry.copying.receipt import Receipt, ReceiptWriter
from ossferry.urls import Url
from tests.copying.told import COUNTS, PARTS
from tests.localcloud.patience import eventually
from tests.peers.loopback import CONTENT, GUARD, part, source
from tests.peers.scripted import (
    Reply,
    Request,
    Script,
    Scripted,
    Then,
    answer,
    in_turn,
    scripted,
    serving,
    storing,
)

LONG = 30.0  # seconds, in which what is waited for here has happened
SECRET = "5ecret"
SIZE = 100_000

RECEIPTS = st.builds(Receipt, st.lists(PARTS, max_size=4).map(tuple), COUNTS)


def copied(number: int) -> CopiedPart:
    return CopiedPart(number, SIZE, f"E{number}", number, confirmed=True)


@given(receipt=RECEIPTS, secret=st.text(min_size=1, max_size=32))
def test_a_receipt_says_what_was_written(receipt: Receipt, secret: str) -> None:
    """To whoever knows the secret, and to nobody else."""
    text = receipt.encode(secret)
    assert Receipt.decode(text, secret) == receipt
    assert Receipt.decode(text, f"{secret}x") is None
    assert Receipt.decode(text, "") is None


@given(receipt=RECEIPTS, position=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_a_receipt_that_was_damaged_says_nothing_else(
    receipt: Receipt, position: int, bit: int
) -> None:
    """Any one bit of it: what is still read is what was written."""
    damaged = bytearray(receipt.encode(SECRET))
    damaged[position % len(damaged)] ^= 1 << bit
    assert Receipt.decode(bytes(damaged), SECRET) in (None, receipt)


def sealed(document: dict[str, Any]) -> bytes:
    return json.dumps({**document, "seal": seal(document, SECRET)}).encode()


GOOD: dict[str, Any] = {"kind": "receipt", "version": 1, "parts": [], "sent": 0}


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\xff\x00",
        b"[" * 100_000,
        json.dumps({**GOOD, "seal": ""}).encode(),
        json.dumps({**GOOD, "seal": "ü"}).encode(),
        sealed({**GOOD, "version": 2}),
        sealed({**GOOD, "kind": "copy"}),
        sealed({**GOOD, "parts": [[1, 2]]}),
        sealed({**GOOD, "parts": 5}),
        sealed({**GOOD, "sent": None}),
        sealed({"kind": "receipt", "version": 1, "sent": 0}),
    ],
    ids=lambda text: text[:60],
)
def test_what_is_no_receipt_says_nothing(text: bytes) -> None:
    """Whoever wrote it, whatever it is sealed with."""
    assert Receipt.decode(text, SECRET) is None


def test_a_receipt_without_a_secret_is_none() -> None:
    """Anybody can seal with nothing."""
    assert Receipt.decode(Receipt((copied(1),)).encode(""), "") is None


class Held:
    """A target that lets requests wait until it is told otherwise."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.over = threading.Event()

    def __call__(self, request: Request) -> Reply:
        self.asked.set()
        self.over.wait(LONG)
        return Reply(b"", Then.CLOSE)


@contextmanager
def written(script: Script, done: list[CopiedPart]) -> Iterator[Scripted]:
    """A writer at work on a list that may grow; it and its thread end with the block."""
    with scripted(script) as oss:
        look = lambda: Receipt(tuple(done), 7)  # noqa: E731
        writer = ReceiptWriter(Url(f"{oss.url}/r?signature=C4n4ry"), SECRET, look, interval=0.01)
        with writer:
            yield oss
        writer._thread.join(LONG)
        assert not writer._thread.is_alive()


def said(request: Request) -> Receipt | None:
    return Receipt.decode(request.body, SECRET)


def reading(request: Request) -> Reply:
    """Store it; its body stays readable."""
    return storing(request)


def test_what_is_done_is_written_and_then_only_what_is_new() -> None:
    """One PUT for each bit of news, of all that is done until then."""
    done = [copied(1)]
    with written(reading, done) as oss:
        eventually(lambda: len(oss.requests) == 1, within=LONG)
        done.append(copied(2))
        eventually(lambda: len(oss.requests) == 2, within=LONG)
    assert [request.method for request in oss.requests] == ["PUT", "PUT"]
    assert [said(request) for request in oss.requests] == [
        Receipt((copied(1),), 7),
        Receipt((copied(1), copied(2)), 7),
    ]


def test_while_nothing_is_done_nothing_is_written() -> None:
    """Nobody would learn anything from it."""
    looks = threading.Semaphore(0)

    def look() -> Receipt:
        looks.release()
        return Receipt(())

    with scripted(storing) as oss, ReceiptWriter(Url(oss.url), SECRET, look, interval=0.01):
        for _ in range(3):
            assert looks.acquire(timeout=LONG)
    assert oss.requests == []


@pytest.mark.parametrize(
    "refusal",
    [Reply(answer(403)), Reply(answer(503)), Reply(b"", Then.RESET), Reply(b"nonsense\r\n\r\n")],
)
def test_what_fails_is_tried_again_and_told_once(
    refusal: Reply, capsys: pytest.CaptureFixture[str]
) -> None:
    """The log has one line of it, and no signature."""
    with written(in_turn(refusal, refusal, rest=reading), [copied(1)]) as oss:
        eventually(lambda: len(oss.requests) == 3, within=LONG)
    assert said(oss.requests[2]) == Receipt((copied(1),), 7)
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["receipt.not_written"]
    assert "C4n4ry" not in lines[0]


def test_a_put_that_hangs_is_given_up_at_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    """At once, and without a word: the child's answer says as much."""
    held = Held()
    with scripted(held) as oss:
        writer = ReceiptWriter(Url(oss.url), SECRET, lambda: Receipt((copied(1),)), interval=0.01)
        with writer:
            assert held.asked.wait(LONG)
        writer._thread.join(LONG)
        ended = not writer._thread.is_alive()
        answered = held.over.is_set()
        held.over.set()
    assert (ended, answered) == (True, False)
    assert capsys.readouterr().out == ""


def slow_source(held: threading.Event, count: int) -> Script:
    """Serves so many parts, and all others when it is told to."""
    serve = serving(CONTENT)

    def script(request: Request) -> Reply:
        wanted = request.range
        if wanted and wanted.start >= count * SIZE:
            held.wait(LONG)
        return serve(request)

    return script


@contextmanager
def copying(receipts: Script, done: int = 3) -> Iterator[tuple[list[CopyResult], Scripted, Any]]:
    """A child whose source holds back all but the first parts; where its receipts go."""
    held = threading.Event()
    results: list[CopyResult] = []
    with (
        scripted(slow_source(held, done)) as origin,
        scripted(storing) as target,
        scripted(receipts) as beside,
    ):
        parts = tuple(part(target.url, n * SIZE, (n + 1) * SIZE, number=n + 1) for n in range(5))
        job = CopyJob(
            source(origin.url),
            parts,
            streams=1,
            seconds=60,
            warrant=Warrant(secret=SECRET),
            receipt=Url(f"{beside.url}/r?signature=C4n4ry"),
        )
        thread = threading.Thread(target=lambda: results.append(child.copy(job, GUARD)))
        thread.start()
        try:
            yield results, beside, held
        finally:
            held.set()
            thread.join(LONG)
            assert not thread.is_alive()


def test_a_child_leaves_a_receipt_of_what_is_done() -> None:
    """While the rest takes its time; its answer has all of it."""
    with copying(reading) as (results, beside, _):
        eventually(lambda: beside.requests, within=LONG)
    receipt = said(beside.requests[0])
    assert receipt is not None
    assert receipt.parts == results[0].parts[:3]
    assert [each.number for each in results[0].parts] == [1, 2, 3, 4, 5]


def test_a_child_that_is_done_soon_leaves_none() -> None:
    """Within two seconds, most often far less."""
    with copying(reading) as (results, beside, held):
        held.set()
        eventually(lambda: results, within=LONG)
        if results[0].seconds < 2.0:  # as a busy machine may not be
            assert beside.requests == []


@pytest.mark.parametrize("refusal", [Reply(answer(403)), Reply(b"", Then.RESET)])
def test_a_child_copies_all_whatever_becomes_of_its_receipts(refusal: Reply) -> None:
    """They are for nobody but whoever comes after a crash."""
    with copying(in_turn(rest=refusal)) as (results, beside, held):
        eventually(lambda: beside.requests, within=LONG)
        held.set()
        eventually(lambda: results, within=LONG)
    assert results[0].error is None
    assert len(results[0].parts) == 5


def test_a_receipt_that_hangs_delays_no_answer() -> None:
    """The child answers while its PUT is still waiting."""
    hangs = Held()
    with copying(hangs) as (results, _, held):
        assert hangs.asked.wait(LONG)
        held.set()
        try:
            eventually(lambda: results, within=LONG / 2)
            assert not hangs.over.is_set()
        finally:
            hangs.over.set()
    assert len(results[0].parts) == 5


def test_a_child_that_is_asked_for_none_leaves_none() -> None:
    """As whoever copies for nobody but himself."""
    threads: list[str] = []
    serve = serving(CONTENT)

    def look(request: Request) -> Reply:
        threads.extend(thread.name for thread in threading.enumerate())
        return serve(request)

    with scripted(look) as origin, scripted(storing) as target:
        job = CopyJob(source(origin.url), (part(target.url, 0, SIZE, number=1),), 1, 60)
        assert child.copy(job, GUARD).error is None
    assert "receipt" not in threads
