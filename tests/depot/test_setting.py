"""``OSSFERRY_DEPOT``: which zips, and the folders that they may be unpacked to."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.errors import InvalidSettings
from ossferry.settings import DEPOT, DepotEntry, Settings


def depot(text: str) -> tuple[DepotEntry, ...]:
    return Settings.from_env({"OSSFERRY_DEPOT": text}).depot


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("oss://zips/a.zip -> libraries", DepotEntry("zips", "a.zip", f"{DEPOT}/libraries")),
        ("oss://zips/a/b c.zip->l/m/", DepotEntry("zips", "a/b c.zip", f"{DEPOT}/l/m")),
        ("  oss://zips/a -> /tmp/x \n", DepotEntry("zips", "a", "/tmp/x")),
        ("oss://zips/a - > b ->/mnt/nas/x,", DepotEntry("zips", "a - > b", "/mnt/nas/x")),
    ],
)
def test_an_entry_is_an_object_and_a_folder(text: str, found: DepotEntry) -> None:
    """A relative folder is below the depot's own."""
    assert depot(text) == (found,)


@pytest.mark.parametrize("between", [",", "\n", ",\n", " ,, \r\n"])
def test_several_entries_are_kept_in_order(between: str) -> None:
    """That is the order in which they are searched for modules."""
    entries = depot(between.join(["oss://zips/b -> b", "oss://zips/a -> a", "oss://zips/b -> b"]))
    assert [entry.key for entry in entries] == ["b", "a"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("zips/a.zip -> x", "oss://bucket/key.zip -> folder"),
        ("oss://zips/a.zip", "oss://bucket/key.zip -> folder"),
        ("oss://zips/ -> x", "oss://bucket/key.zip -> folder"),
        ("oss://No_Bucket/a -> x", "oss://bucket/key.zip -> folder"),
        ("oss://zips/a ->", "oss://bucket/key.zip -> folder"),
        ("oss://zips/a -> x; oss://zips/b -> y", "oss://bucket/key.zip -> folder"),
        ("oss://zips/a -> ../x", "relative paths"),
        ("oss://zips/a -> x/../../y", "relative paths"),
        ("oss://zips/a -> .", "relative paths"),
        ("oss://zips/a -> x//y", "relative paths"),
        ("oss://zips/a -> /", "relative paths"),
        ("oss://zips/a -> /tmp", "relative paths"),
        ("oss://zips/a -> /tmp/", "relative paths"),
        ("oss://zips/a -> /mnt/../etc", "relative paths"),
        ("oss://zips/a -> /tmpx/y", "relative paths"),
        ("oss://zips/a -> /code/x", "relative paths"),
        ("oss://zips/a -> //tmp/x", "relative paths"),
        ("oss://zips/a -> x, oss://zips/b -> x", "a folder of its own"),
        ("oss://zips/a -> x, oss://zips/b -> x/y", "a folder of its own"),
        ("oss://zips/a -> x/y, oss://zips/c -> x-y, oss://zips/b -> x", "a folder of its own"),
        (f"oss://zips/a -> x, oss://zips/b -> {DEPOT}", "a folder of its own"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(text: str, said: str) -> None:
    """It names the variable and quotes what is wrong."""
    with pytest.raises(InvalidSettings, match="OSSFERRY_DEPOT") as raised:
        depot(text)
    assert said in raised.value.message


@given(st.lists(st.sampled_from(["", ".", "..", "tmp", "mnt", "etc", "a"]), min_size=1, max_size=5))
def test_no_folder_is_outside_of_the_disk_for_data(steps: list[str]) -> None:
    """However it is spelt: what is accepted means the same to the operating system."""
    try:
        (entry,) = depot(f"oss://zips/a -> {'/'.join(steps)}")
    except InvalidSettings:
        return
    assert entry.folder == os.path.normpath(entry.folder)
    assert entry.folder.startswith(("/tmp/", "/mnt/"))
