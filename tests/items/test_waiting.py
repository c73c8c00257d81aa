"""The row of an item that waits: with all that it takes to go on with it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.items.row import WAITING, Tally, lines_of
from ossferry.items.waiting import history, item_of, moment_of, waiting_row
from ossferry.small.item import Item

ASKED = st.fixed_dictionaries(
    {},
    optional={
        "source_region": st.just("cn-beijing"),
        "overwrite": st.sampled_from(["different", "always", "never"]),
        "metadata": st.dictionaries(st.text("ab", min_size=1), st.text("xy"), max_size=2),
        "expected_size": st.integers(0, 9),
        "direct_read": st.booleans(),
    },
)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=9)
ITEMS = st.builds(
    lambda number, key, asked, look, size, restores: Item(
        number,
        {"source_url": f"oss://b/{key}", "target_object_name": f"out/{key}", **asked},
        look,
        size,
        restores=restores,
    ),
    st.integers(1, 10**9),
    TEXT,
    ASKED,
    st.booleans(),
    st.none() | st.integers(0, 1 << 48),
    st.integers(0, 2),
)


@given(ITEMS, st.sampled_from([("Archive", "Archive"), ("ColdArchive/Bulk", "ColdArchive")]))
def test_an_item_is_the_same_after_it_has_waited(item: Item, waits: tuple[str, str]) -> None:
    """Whatever it asks for, read back from its line in a result."""
    (line,) = lines_of([waiting_row(item, *waits)]).splitlines()
    assert item_of(json.loads(line)) == item


def test_what_was_listed_of_it_does_not_count_after_it_has_waited() -> None:
    """Its ETag may be another by then."""
    event = {"source_url": "oss://b/k", "target_object_name": "k"}
    assert item_of(waiting_row(Item(1, event, etag="E"), "Archive")).etag == ""


def test_it_is_counted_by_class_and_tier_and_shows_no_secret() -> None:
    """And is no outcome."""
    event = {
        "source_url": "oss://b/k",
        "target_object_name": "k",
        "source_headers": {"A": "s3cret"},
    }
    row = waiting_row(Item(7, event, size=5, restores=1), "ColdArchive/Bulk", "ColdArchive")
    archive = waiting_row(Item(8, event), "Archive")
    assert row["outcome"] == WAITING
    assert "s3cret" not in json.dumps(row)
    tally = Tally.sum([row, row, archive])
    assert tally.waits == {"ColdArchive/Bulk": 2, "Archive": 1}
    assert (tally.items, tally.waiting) == (0, 3)
    assert (row["storage_class"], row["restores"]) == ("ColdArchive", 1)
    assert "restores" not in archive


@pytest.mark.parametrize(
    ("storage_class", "restores", "told"),
    [
        ("", 0, {}),
        ("Archive", 0, {"storage_class": "Archive"}),
        ("", 2, {"restores": 2}),
        ("Archive", 1, {"storage_class": "Archive", "restores": 1}),
    ],
)
def test_a_report_tells_what_there_is_to_tell(
    storage_class: str, restores: int, told: dict[str, object]
) -> None:
    assert history(Item(1, {}, restores=restores), storage_class) == told


def test_moments_are_written_in_utc() -> None:
    assert moment_of(1e9) == "2001-09-09T01:46:40Z"
