"""One sentence for each thing that can keep a copy from being faster, and for each end."""

from __future__ import annotations

from typing import Any

import pytest

from ossferry_cli.report.verdict import verdict
from tests.cli.report import samples

LIMITS = {
    "source": "The source gave at most 106 MB/s in all; more children would not have helped.",
    "oss": "OSS held answers back",
    "fc": "with a higher quota of instances",
    "instance": "a higher max_children would have helped",
    "asked": "no more than 36 connections",
    "work": "would not have been worth their start",
    "new": "at its best",
}


@pytest.mark.parametrize("limit", LIMITS)
def test_each_limit_has_its_sentence(limit: str) -> None:
    raw = samples.transfer()
    raw["pace"]["limit"] = limit
    assert LIMITS[limit] in verdict(samples.document(raw))


ENDS: list[tuple[dict[str, Any], str]] = [
    (samples.failing(), "The source broke off; 37 parts are kept. Send the same event again"),
    (samples.small(), "One stream copied it in 0.55 s"),
    ({**samples.small(), "parts": {"count": 6}}, "in 0.55 s: its source, or expected_md5,"),
    ({**samples.small(), "proof": ["copied_by_oss"]}, "OSS copied it itself in 0.55 s"),
    ({**samples.small(), "status": "unchanged"}, "nothing had to be copied"),
    ({**samples.small(), "status": "stopped"}, "It ended as stopped."),
    (samples.bulk(), "17 of 300 items failed, mostly by source; ossferry again"),
    (samples.bulk(failed=0), "All 300 items are there after"),
    (samples.bulk(failed=0, status="stopped"), "ossferry resume"),
    (samples.bulk(counts={"items": 3, "unchanged": 3}), "were there already"),
    (samples.bulk(counts={"items": 3, "restored": 3}), "3 objects restored"),
    (samples.thaw(), "30 objects wait to be restored"),
]


@pytest.mark.parametrize(("raw", "said"), ENDS, ids=[said for _, said in ENDS])
def test_each_end_has_its_sentence(raw: dict[str, Any], said: str) -> None:
    assert said in verdict(samples.document(raw))
