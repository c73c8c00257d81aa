"""What coordinator and child say to each other, through JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.errors import ChildFailed, InvalidEvent
from ossferry.items.job import ItemsJob, ItemsResult, asked_besides, shown_source, unread_row
from ossferry.items.row import Tally
from ossferry.small.item import HostLimit, Item
from ossferry.urls import Url

EVENTS = st.dictionaries(st.text(max_size=5), st.text(max_size=9) | st.integers(0, 9), max_size=3)
ITEMS = st.builds(
    Item,
    st.integers(0, 10**9),
    EVENTS,
    st.booleans(),
    st.none() | st.integers(0, 2**50),
    st.text(max_size=9),
)
JOB = ItemsJob((Item(1, {"a": "b"}),), {"c": "d"}, 5.0, 3)


@given(st.lists(ITEMS, max_size=4).map(tuple), EVENTS, st.booleans(), st.lists(EVENTS, max_size=2))
def test_a_job_survives_json(
    items: tuple[Item, ...], common: dict[str, Any], recorded: bool, rows: list[dict[str, Any]]
) -> None:
    """Whatever stands in its events."""
    url = Url("http://oss.example/x?signature=secret") if recorded else None
    job = ItemsJob(items, common, 12.5, 7, tuple(rows), "id", url, url, recorded)
    job = job._replace(hosts={"h:80": HostLimit(1.0, 0.0)})
    assert ItemsJob.decode(json.loads(job.encode())) == job


def test_half_of_a_surrogate_pair_is_passed_on() -> None:
    """It is an item's own fault, and not the end of the job: the child gets what the list said."""
    job = JOB._replace(items=(Item(1, {"target_object_name": "\ud800"}),))
    assert ItemsJob.decode(json.loads(job.encode())) == job


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("version", 3),
        ("version", None),
        ("items", 5),
        ("items", ["ab"]),
        ("items", [[1, "event", True, None, ""]]),
        ("items", [["one", {}, True, None, ""]]),
        ("items", [[1, {}, True, None, "", "more"]]),
        ("common", "text"),
        ("seconds", "soon"),
        ("children", None),
        ("rows", ["row"]),
        ("result", "ftp://x/y"),
        ("partial", 5),
    ],
)
def test_a_broken_job_is_refused(name: str, value: object) -> None:
    """It is only written by a coordinator, of the same version."""
    document = {**json.loads(JOB.encode()), name: value}
    with pytest.raises(InvalidEvent):
        ItemsJob.decode(document)
    del document[name]
    with pytest.raises(InvalidEvent):
        ItemsJob.decode(document)


def test_what_is_shown_of_a_job_has_no_secret() -> None:
    """Neither events, which have signed URLs, nor where its rows are recorded."""
    job = JOB._replace(result=Url("http://oss.example/x?signature=secret"))
    assert "secret" not in repr(job)
    assert repr(job.items[0]) == "Item(1)"


@given(st.lists(st.integers(0, 99)), st.lists(EVENTS, max_size=3), st.floats(0, 999))
def test_a_result_survives_json(left: list[int], rows: list[dict[str, Any]], taken: float) -> None:
    """With what is left, and the rows that are not on record."""
    result = ItemsResult(Tally(copied=2, bytes=7), tuple(left), tuple(rows), round(taken, 4))
    result = result._replace(large={n: n << 20 for n in left}, hosts={"h:80": HostLimit(2.5, 4.0)})
    assert ItemsResult.decode(json.dumps(result.to_json()).encode()) == result


@pytest.mark.parametrize(
    "text",
    [b"", b"null", b"[]", b'{"tally": {}}', b'{"tally": null, "left": [], "rows": []}', b"\xff"],
)
def test_any_other_answer_is_a_failure_of_the_child(text: bytes) -> None:
    """Another child may do better."""
    with pytest.raises(ChildFailed):
        ItemsResult.decode(text)


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("https://host/a?signature=secret", "https://host/a"),
        ("https://host/a", "https://host/a"),
        ("oss://media/in/a?b", "oss://media/in/a?b"),
        ("secret", ""),
        (None, ""),
    ],
)
@pytest.mark.parametrize("headers", [{}, {"source_headers": {"authorization": "secret"}}])
def test_what_is_told_of_an_item_that_nobody_read_has_no_secret(
    source: str | None, shown: str, headers: dict[str, Any]
) -> None:
    """It says so where something is hidden: asked for as it stands there, it would be refused."""
    event = {"source_url": source, "target_object_name": "out/1", "overwrite": "never", **headers}
    item = Item(1, {name: value for name, value in event.items() if value is not None})
    row = unread_row(item, ChildFailed("no child got it done"))
    assert row["source"] == shown_source(item) == shown
    assert row["asked"] == asked_besides(item) == {"overwrite": "never"}
    hidden = bool(headers) or (source or "") != shown
    assert row.get("query", False) is hidden
    assert "secret" not in json.dumps(row)
