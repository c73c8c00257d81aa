"""The report of a job: all rows that count, in each of its forms."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

import ossferry.bulk.report as room
from ossferry.bulk.head import Head
from ossferry.bulk.report import write_report
from ossferry.errors import SourceGone
from ossferry.items.row import Row, row_of
from ossferry.jobs import BulkJob
from ossferry.names import ObjectName

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
    head = Head("id", 0.0, epoch=2, epochs=((1, 2),))
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
