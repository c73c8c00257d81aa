"""Ids that follow from what is asked."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ossferry.events.thaw import JOB_ID
from ossferry_cli.asked.ids import base_of, id_of, number_of, numbered

EVENT = {
    "source_url": "https://example.org/file.iso?Signature=abc",
    "target_object_name": "images/file.iso",
    "target_region": "cn-hangzhou",
    "target_bucket_name": "my-bucket",
    "source_headers": {"Authorization": "Bearer abc"},
}


@given(st.text(max_size=200), st.integers(1, 999), st.sampled_from(["", "r"]))
def test_an_id_is_one_for_tasks_and_for_jobs(key: str, number: int, mark: str) -> None:
    """Whatever the key is."""
    run = numbered(id_of({**EVENT, "target_object_name": key}), number, mark)
    assert re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]{0,127}", run)
    assert re.fullmatch(JOB_ID, run)


@given(st.integers(1, 10**6), st.sampled_from(["", "r"]))
def test_the_number_of_a_run_is_read_again(number: int, mark: str) -> None:
    """And the id of the first run."""
    base = id_of(EVENT)
    run = numbered(base, number, mark)
    assert number_of(base, run, mark) == number
    assert base_of(run) == base
    assert number_of(base, f"{base}x", mark) == 0


def test_an_id_is_readable() -> None:
    """It begins with the name of the object."""
    assert id_of(EVENT).startswith("file-iso-")


def test_a_url_that_is_signed_anew_is_the_same() -> None:
    """And so are other values of the same headers: no secret is in the id."""
    anew = {
        **EVENT,
        "source_url": "https://example.org/file.iso?Signature=xyz",
        "source_headers": {"authorization": "Bearer xyz"},
    }
    assert id_of(anew) == id_of(EVENT)


def test_what_is_asked_otherwise_has_another_id() -> None:
    """Source, target, options, content of a list."""
    others: list[dict[str, Any]] = [
        {"source_url": "https://example.org/other.iso"},
        {"target_object_name": "other/file.iso"},
        {"overwrite": "always"},
        {"source_headers": {"Cookie": "x"}},
    ]
    ids = {id_of({**EVENT, **other}) for other in others} | {id_of(EVENT), id_of(EVENT, b"list")}
    assert len(ids) == len(others) + 2
