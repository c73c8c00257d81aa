"""Which archives are unpacked at all: the rules on names, kinds and sizes."""

from __future__ import annotations

import os
import stat
from zipfile import ZipInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.depot.unpack import Limits, check
from ossferry.errors import DepotUnusable

LIMITS = Limits(files=10, size=1000, ratio=5)
STEPS = st.sampled_from(["", ".", "..", "a", "b", " ", "...", "~", "\\", "C:", "é"]) | st.text(
    max_size=5
)
NAMES = st.lists(STEPS, min_size=1, max_size=5).map("/".join)


def archive(*names: str, size: int = 0) -> list[ZipInfo]:
    members = [ZipInfo(name) for name in names]
    for each in members:
        each.file_size = size
    return members


def of_kind(kind: int, name: str = "x") -> list[ZipInfo]:
    (found,) = archive(name)
    found.external_attr = (kind | 0o777) << 16
    return [found]


@given(names=st.lists(NAMES, max_size=4))
def test_whatever_is_accepted_stays_inside_and_is_there_once(names: list[str]) -> None:
    """As the operating system reads the name, not as we do."""
    members = archive(*names)
    try:
        check(members, 1, LIMITS)
    except DepotUnusable:
        return
    places = [os.path.normpath(os.path.join("/depot", each.filename)) for each in members]
    assert all(place.startswith("/depot/") for place in places)
    files = {p for p, each in zip(places, members, strict=True) if not each.is_dir()}
    assert len(files) == sum(not each.is_dir() for each in members)
    assert not any(place.startswith(f"{file}/") for place in places for file in files)


@given(name=st.lists(st.text("abc.-_ é", min_size=1), min_size=1, max_size=4).map("/".join))
def test_ordinary_names_are_accepted(name: str) -> None:
    """A rule that refused them all would hold, too."""
    if {".", ".."}.isdisjoint(name.split("/")):
        check(archive(name), 1, LIMITS)


@pytest.mark.parametrize(
    "names",
    [("x", "x"), ("x", "x/"), ("x/", "x"), ("x", "x/y"), ("x/y", "x"), ("d/x", "y", "d/x")],
)
def test_a_name_that_is_there_twice_is_refused(names: tuple[str, ...]) -> None:
    """Which of both would count depends on who unpacks; so does a file that is a folder, too."""
    with pytest.raises(DepotUnusable, match="twice"):
        check(archive(*names), 1, LIMITS)


@pytest.mark.parametrize(
    "kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK, stat.S_IFDIR]
)
def test_only_files_are_files(kind: int) -> None:
    """Neither links nor devices, nor a folder that is called like a file."""
    with pytest.raises(DepotUnusable, match="only files"):
        check(of_kind(kind), 1, LIMITS)


def test_files_and_folders_may_say_that_they_are() -> None:
    """With their kind in the mode, as zips made on Linux have it."""
    check([*of_kind(stat.S_IFREG), *of_kind(stat.S_IFDIR, "d/")], 1, LIMITS)


@pytest.mark.parametrize(
    ("members", "packed", "said"),
    [
        (archive(*map(str, range(11))), 1, "more than 10 files"),
        (archive("/".join("abcdefghijk")), 1, "more than 10 files"),
        (archive("a", "b", size=501), 900, "at most 1000"),
        (archive("a", "b", size=251), 100, "5 times its size"),
        (archive("x" * 1001), 1, "not allowed"),
    ],
    ids=["files", "folders", "size", "ratio", "name"],
)
def test_what_is_too_much_is_refused(members: list[ZipInfo], packed: int, said: str) -> None:
    """One more than allowed, of anything that can be too much."""
    with pytest.raises(DepotUnusable, match=said):
        check(members, packed, LIMITS)


def test_what_is_just_enough_is_accepted() -> None:
    """Each limit is itself allowed."""
    check(archive(*map(str, range(10)), size=100), 200, LIMITS)
