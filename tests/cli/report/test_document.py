"""What is read of report.json, and what is said of a broken one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ossferry_cli.problems import Problem
from ossferry_cli.report.document import read
from ossferry_cli.report.model import Bulk, Transfer
from tests.cli.report import samples


@pytest.mark.parametrize("name", samples.ALL)
def test_what_was_written_is_what_is_read(name: str) -> None:
    raw = samples.ALL[name]
    document = samples.document(raw)
    assert isinstance(document, Transfer if raw["kind"] == "transfer" else Bulk)
    assert document.raw == json.loads(json.dumps(raw))
    if isinstance(document, Transfer):
        parts = [[*part] for run in document.runs for part in run.parts]
        assert parts == [part for run in raw["runs"] for part in run["parts"]]


BROKEN: dict[str, tuple[dict[str, Any], str]] = {
    "no object": ({"runs": [3]}, "runs[0] is not an object"),
    "version": ({"version": 2}, "version is not 1"),
    "kind": ({"kind": "x"}, "kind is not transfer or bulk"),
    "text": ({"id": 3}, "id is not a text"),
    "list": ({"runs": {}}, "runs is not a list"),
    "nan": ({"began": float("nan")}, "began is not a number that can be"),
    "huge": ({"began": 10**400}, "began is not a number"),
    "true": ({"began": True}, "began is not a number"),
    "proof": ({"proof": [1]}, "proof[0] is not a text"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_report_says_where(name: str) -> None:
    change, said = BROKEN[name]
    with pytest.raises(Problem) as caught:
        samples.document({**samples.transfer(3, 1), **change})
    assert said in str(caught.value)
    assert str(caught.value).startswith("the report is broken: ")


@pytest.mark.parametrize("change", [{"by": "x"}, {"outcome": "x"}, {"parts": [[1, 2]]}])
def test_a_broken_run_says_which(change: dict[str, Any]) -> None:
    raw = samples.transfer(3, 1)
    raw["runs"][1] |= change
    with pytest.raises(Problem, match=r"runs\[1\]"):
        samples.document(raw)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b"[" * 100_000])
def test_what_is_no_json_is_said(content: bytes) -> None:
    with pytest.raises(Problem, match="the report is broken"):
        read(content)
