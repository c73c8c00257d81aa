"""The report of a job: all rows that count, in each of its forms."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ossferry.ledger.report as room
from ossferry.errors import SourceGone
from ossferry.items.row import Row, Tally, row_of
from ossferry.jobs import BulkJob
from ossferry.ledger.head import WAITING, Epoch, Head
from ossferry.ledger.report import _csv_line, _line, all_rows, waiting_rows, write_report
from ossferry.names import ObjectName
from ossferry.urls import Url
from tests.items.staged import Oss
from tests.peers.loopback import soon
from tests.peers.scripted import scripted

JOB = BulkJob(ObjectName("cn-hangzhou", "my-bucket", "out/"))


class Records:
    """In place of ``State`` and the bucket: results by epoch and slice."""

    name = "my-bucket"

    def __init__(self, results: dict[tuple[int, int, bool], list[Row]]) -> None:
        self._results = results
        self.files: dict[str, bytes] = {}

    def results(self) -> list[tuple[int, int, bool]]:
        return sorted(self._results)

    def rows(self, epoch: int, number: int) -> list[Row]:
        return self._results[epoch, number, False]

    def name_of(self, file: str) -> str:
        return f".ossferry/bulk/id/{file}"

    def write(self, name: str, content: bytes) -> None:
        self.files[name.rpartition("/")[2]] = content


def report(head: Head, results: dict[tuple[int, int, bool], list[Row]]) -> dict[str, bytes]:
    records: Any = Records(results)
    names = write_report(JOB, head, records, records)
    assert names["report_csv"] == "oss://my-bucket/.ossferry/bulk/id/report.csv"
    files: dict[str, bytes] = records.files
    return files


def lines(content: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in content.splitlines()]


def test_only_what_counts_is_reported() -> None:
    """Of an earlier epoch what was there when it was taken over; nothing partial."""
    one = [row_of(n, "https://x/y", f"out/{n}", "copied") for n in range(6)]
    head = Head("id", 0.0, epoch=2, epochs=(Epoch(1, 2),))
    files = report(
        head,
        {
            (1, 1, False): [one[1]],
            (1, 2, False): [one[2]],  # recorded too late: done again in the next epoch
            (1, 3, True): [one[3]],
            (2, 0, False): [one[3]],
            (2, 1, False): [one[2], one[4]],
        },
    )
    assert [each["item"] for each in lines(files["report.jsonl"])] == [1, 3, 2, 4]


def test_tables_are_quoted_and_failures_are_events_again() -> None:
    """Whatever is in a key; a failure says what to know, and whether its URL was cut."""
    gone = SourceGone("it is gone")
    failed = row_of(2, "https://x/y", 'out/a "b",\r\nc', "failed", error=gone, query=True)
    unread = row_of(3, "", "", "failed", error=gone)
    files = report(Head("id", 0.0), {(1, 1, False): [failed, unread]})
    table = list(csv.DictReader(io.StringIO(files["report.csv"].decode(), newline="")))
    assert table[0]["key"] == 'out/a "b",\r\nc'
    assert table[0]["outcome"] == "failed"
    assert lines(files["failed.jsonl"]) == [
        {
            "source_url": "https://x/y",
            "target_object_name": 'a "b",\r\nc',
            "query": True,
            "item": 2,
            "cause": "source",
            "error_type": "SourceGone",
            "error": "it is gone",
        }
    ]


def test_nothing_is_left_open_of_a_report_that_fails() -> None:
    """Uploads that were begun are aborted."""
    aborted: list[str] = []

    class Failing(Records):
        def open_uploads(self, name: str) -> list[tuple[str, float]]:
            return []

        def create(self, name: str, headers: object) -> Any:
            class Upload:
                def abort(self) -> None:
                    aborted.append(name)

                def part_url(self, number: int) -> Any:
                    raise OSError

            return Upload()

    large = row_of(1, "https://x/y", "k" * room._PART, "copied")
    records: Any = Failing({(1, 1, False): [large]})
    records.deadline = 0.0
    with pytest.raises((OSError, AttributeError)):
        write_report(JOB, Head("id", 0.0), records, records)
    assert aborted == [".ossferry/bulk/id/report.jsonl"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(text: str) -> None:
    """Keys and what servers say are other people's text; JSON Lines have them as they are."""
    told = {"item": 1, "outcome": "failed", "source": "", "key": text, "size": -1, "error": text}
    (cells,) = csv.reader(io.StringIO(_csv_line(told).decode(), newline=""))
    assert cells == ["1", "failed", "", f"'{text}", "-1", *[""] * 8, f"'{text}"]
    assert json.loads(_line(told))["key"] == text


def told(number: int, outcome: str, key: str = "") -> Row:
    """Of a round: an item, or one that waits."""
    row = row_of(number, "oss://b/k", key or f"out/{number}", outcome)
    return row | ({"waits": "Archive", "look": True, "asked": {}} if outcome == "waiting" else {})


# Three rounds: the second one was interrupted, and gone on with; the third is under way.
ROUNDS = Head(
    "id",
    0.0,
    epoch=4,
    round=2,
    epochs=(Epoch(1, 3, 0, True), Epoch(2, 2, 1), Epoch(3, 2, 1, True)),
)
ROWS: dict[tuple[int, int, bool], list[Row]] = {
    (1, 1, False): [told(1, "copied"), told(2, "waiting"), told(3, "waiting")],
    (1, 2, False): [told(4, "waiting"), told(5, "waiting"), told(6, "failed")],
    (1, 3, False): [told(1, "failed")],  # too late
    (2, 1, False): [told(2, "copied")],
    (2, 2, False): [told(3, "copied")],  # beyond the cursor: found, and written down once more
    (2, 3, True): [told(4, "copied")],
    (3, 0, False): [told(3, "copied")],
    (3, 1, False): [told(4, "waiting"), told(5, "waiting")],
    (3, 2, False): [told(5, "failed")],  # too late
    (4, 1, False): [told(4, "copied")],
    (4, 2, True): [told(5, "copied")],
}


def outcomes(head: Head, rows: dict[tuple[int, int, bool], list[Row]], **how: bool) -> list[Any]:
    records: Any = Records(rows)
    return [(each["item"], each["outcome"]) for each in all_rows(head, records, **how)]


def test_what_came_of_items_in_all_rounds_is_reported_once() -> None:
    """Those that wait have come to nothing yet."""
    known = [(1, "copied"), (6, "failed"), (2, "copied"), (3, "copied"), (4, "copied")]
    assert outcomes(ROUNDS, ROWS) == known


def test_of_a_job_that_was_stopped_those_are_reported_that_still_wait() -> None:
    """Also those that nobody looked at in the last round."""
    assert outcomes(ROUNDS, ROWS, stopped=True) == [*outcomes(ROUNDS, ROWS), (5, "waiting")]
    again = ROWS | {(4, 2, False): [told(5, "waiting")]}
    assert outcomes(ROUNDS, again, stopped=True) == [*outcomes(ROUNDS, ROWS), (5, "waiting")]


def test_of_a_job_that_was_stopped_in_its_first_round_too() -> None:
    """There is none before."""
    first = Head("id", 0.0)
    rows = {(1, 1, False): ROWS[1, 1, False]}
    assert outcomes(first, rows) == [(1, "copied")]
    stopped = [(1, "copied"), (2, "waiting"), (3, "waiting")]
    assert outcomes(first, rows, stopped=True) == stopped


def test_what_waited_is_what_the_next_round_consists_of() -> None:
    """In the same order each time, of what counts."""
    records: Any = Records(ROWS)
    assert [each["item"] for each in waiting_rows(ROUNDS, records)] == [4, 5]
    second = ROUNDS._replace(epoch=3, round=1, epochs=ROUNDS.epochs[:2])
    assert [each["item"] for each in waiting_rows(second, records)] == [2, 3, 4, 5]


def test_items_of_the_same_number_are_told_apart_by_their_keys() -> None:
    """A listing may have changed between two that went on with the first round."""
    head = Head("id", 0.0, epoch=2, round=1, epochs=(Epoch(1, 2, 0, True),))
    rows = {
        (1, 1, False): [told(1, "waiting", "out/a"), told(1, "waiting", "out/b")],
        (2, 1, False): [told(1, "copied", "out/a")],
    }
    assert outcomes(head, rows, stopped=True) == [(1, "copied"), (1, "waiting")]


def test_what_a_row_has_for_ossferry_itself_is_in_no_report() -> None:
    """A reader has no use for it."""
    head = Head("id", 0.0)
    records: Any = Records({(1, 1, False): [told(1, "waiting")]})
    write_report(JOB, head, records, records, stopped=True)
    (line,) = lines(records.files["report.jsonl"])
    assert line["outcome"] == "waiting"
    assert not {"waits", "look", "asked"} & line.keys()
    assert records.files["failed.jsonl"] == b""


@given(st.data())
def test_each_item_is_reported_once_whatever_the_rounds(data: st.DataObject) -> None:
    """Rounds that end, or are taken over in between with what is on record beyond the cursor."""
    left = [told(number, "waiting") for number in range(1, data.draw(st.integers(0, 12)) + 1)]
    many, head = len(left), Head("id", 0.0)
    rows: dict[tuple[int, int, bool], list[Row]] = {}
    for _ in range(data.draw(st.integers(1, 4))):
        waiting = list[Row]()
        for sooner in reversed(range(data.draw(st.integers(1, 5)))):
            size = data.draw(st.integers(0, len(left))) if sooner else len(left)
            done, left = left[:size], left[size:]
            outcome = st.sampled_from(["copied", "waiting", "failed"])
            came = data.draw(st.lists(outcome, min_size=size, max_size=size))
            recorded = [told(each["item"], of) for each, of in zip(done, came, strict=True)]
            waiting += [each for each in recorded if each["outcome"] == "waiting"]
            rows[head.epoch, 1, False] = recorded
            rows[head.epoch, 2, False] = []
            head = head._replace(next_slice=data.draw(st.integers(1, 3)) if left else 3)
            late = rows[head.epoch, 1, False] if head.next_slice == 1 else []
            known = [*late, *rows.get((head.epoch, 0, False), [])]
            if not left:
                break
            head = head.next_epoch(head.epoch + 1, "r", Tally())
            rows[head.epoch, 0, False] = known
        head = head._replace(status=WAITING)
        found = outcomes(head, rows, stopped=True)
        assert sorted(number for number, _ in found) == [*range(1, many + 1)]
        head, left = head.next_epoch(head.epoch + 1, "r", Tally()), waiting
        records: Any = Records(rows)
        again = [each["item"] for each in waiting_rows(head, records)]
        assert sorted(again) == sorted(each["item"] for each in waiting)


class Growing(Records):
    """A bucket in which long objects are uploaded part by part, over sockets."""

    def __init__(self, results: dict[tuple[int, int, bool], list[Row]], url: str) -> None:
        super().__init__(results)
        self.deadline = soon()
        self.did: list[tuple[str, object]] = []
        self._url = url

    def open_uploads(self, name: str) -> list[tuple[str, float]]:
        return [("old", 0.0)]

    def abort(self, name: str, upload_id: str) -> None:
        self.did.append((f"abort {upload_id}", name))

    def create(self, name: str, headers: object) -> Any:
        self.did.append(("create", name))
        return SimpleNamespace(
            part_url=lambda number: Url(f"{self._url}/my-bucket/{name}/{number:04}"),
            complete=lambda parts, *_: self.did.append(("complete", [each.size for each in parts])),
        )


def test_a_long_report_has_each_row_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Part by part, the last one too; what somebody began before and did not end is given up."""
    monkeypatch.setattr(room, "_PART", 1000)
    rows = [row_of(n, "https://x/y", f"out/{n}", "copied") for n in range(100)]
    oss = Oss()
    with scripted(oss) as server:
        records: Any = Growing({(1, 1, False): rows}, server.url)
        write_report(JOB, Head("id", 0.0), records, records)
    bodies = [
        [body for name, (body, _) in sorted(oss.objects.items()) if file in name]
        for file in ("report.jsonl", "report.csv")
    ]
    assert [each["item"] for each in lines(b"".join(bodies[0]))] == [*range(100)]
    table = csv.DictReader(io.StringIO(b"".join(bodies[1]).decode(), newline=""))
    assert [int(each["item"]) for each in table] == [*range(100)]
    long = [f".ossferry/bulk/id/report.{kind}" for kind in ("jsonl", "csv")]
    begun = [did for did in records.did if did[0] != "complete"]
    assert sorted(begun) == sorted(
        (what, name) for what in ("abort old", "create") for name in long
    )
    assert [sizes for what, sizes in records.did if what == "complete"] == [
        [*map(len, parts)] for parts in bodies
    ]
    assert records.files == {"failed.jsonl": b""}


@pytest.mark.parametrize("source", [None, ObjectName("cn-hangzhou", "media", "in/")])
@pytest.mark.parametrize("overwrite", ["always", "never"])
def test_what_failed_asks_again_for_what_was_asked(
    source: ObjectName | None, overwrite: str
) -> None:
    """Of a listing, that nothing was there is no wish, and need not be true any more."""
    asked = {"overwrite": overwrite, "expected_size": 5}
    error = SourceGone("it is gone")
    row = row_of(1, "oss://media/in/a", "out/a", "failed", error=error, asked=asked)
    records: Any = Records({(1, 1, False): [row]})
    write_report(replace(JOB, source=source), Head("id", 0.0), records, records)
    (again,) = lines(records.files["failed.jsonl"])
    assert again["expected_size"] == 5
    assert again.get("overwrite") == (None if source and overwrite == "always" else overwrite)
