"""Which objects are wanted: patterns as people know them, bounds, and what is never taken."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.entries import Entry
from ossferry.jobs import Selection
from ossferry.listing.wanted import is_wanted, matches
from tests.listing.store import entry


@pytest.mark.parametrize(
    ("pattern", "taken", "left"),
    [
        ("*.jpg", ["a.jpg", "x/y/a.jpg", ".jpg"], ["a.jpg/b", "a.jpgx", "a.JPG", "jpg"]),
        ("a?c", ["abc", "x/a c", "aüc", "a😀c"], ["ac", "abbc", "a/c"]),
        ("/*.jpg", ["a.jpg"], ["x/a.jpg"]),
        ("a/*.jpg", ["a/b.jpg"], ["x/a/b.jpg", "a/x/b.jpg", "a/b.jpg/c"]),
        ("a/**", ["a/b", "a/b/c", "a/"], ["a", "b/a/c", "ab/c"]),
        ("**/b.txt", ["b.txt", "x/b.txt", "x/y/b.txt"], ["xb.txt", "b.txt/x"]),
        ("a/**/b", ["a/b", "a/x/b", "a/x/y/b", "a//b"], ["a/xb", "ab", "x/a/b"]),
        ("**/a/**/b/*", ["a/b/c", "x/a/y/b/c", "a/b/b/c"], ["a/b", "b/a/c", "a/b/c/d"]),
        ("**/a/**", ["a/b", "x/a/b/c", "a/"], ["a", "x/a"]),
        ("**", ["a", "a/b", ""], []),
        ("**/*", ["a", "a/b"], []),
        ("*", ["a", "a/b", "a/", ""], []),
        ("a**b", ["ab", "a.b", "x/axb"], ["a/b"]),
        ("logs/", ["logs/a", "x/logs/a/b", "logs/"], ["logs", "xlogs/a", "x/logs"]),
        ("/logs/", ["logs/a", "logs/"], ["x/logs/a", "logs"]),
        ("a/logs/", ["a/logs/x"], ["logs/x", "x/a/logs/y"]),
        ("[ab].{c}", ["[ab].{c}", "x/[ab].{c}"], ["a.c", "a.{c}"]),
        ("a\\*", ["a\\b"], ["a*"]),
        ("a\nb", ["a\nb"], ["a\nb\n", "ab"]),
        ("folder", ["folder/", "x/folder/", "folder"], ["folder/x"]),
        ("/", ["a", "a/b"], []),
    ],
)
def test_patterns(pattern: str, taken: list[str], left: list[str]) -> None:
    """As in the docstring of ``is_wanted``, as users of rclone and of gitignore expect."""
    assert [name for name in taken if not matches(pattern, name)] == []
    assert [name for name in left if matches(pattern, name)] == []


@given(st.lists(st.sampled_from(["a", "b", "*", "**"]), min_size=2, max_size=6), st.data())
def test_whole_patterns_against_one_tried_step_by_step(
    pieces: list[str], data: st.DataObject
) -> None:
    """Going back to the last "**" alone finds what trying all ways finds."""
    names = data.draw(st.lists(st.sampled_from(["a", "b", ""]), min_size=1, max_size=7))

    def lead(pieces: list[str], names: list[str]) -> bool:
        if not pieces:
            return not names
        if pieces == ["**"]:
            return bool(names)
        if pieces[0] == "**":
            return lead(pieces[1:], names) or bool(names and lead(pieces, names[1:]))
        return bool(names and pieces[0] in ("*", names[0]) and lead(pieces[1:], names[1:]))

    assert matches("/" + "/".join(pieces), "/".join(names)) == lead(pieces, names)


def test_no_pattern_takes_long() -> None:
    """Whoever writes patterns of many stars waits for them, not for ever."""
    begun = time.monotonic()
    assert not matches("*a" * 40 + "b", "a" * 1023)
    assert not matches("/" + "**/a/" * 40 + "b", "a/" * 511)
    assert time.monotonic() - begun < 5


def test_the_prefix_is_no_part_of_what_patterns_see() -> None:
    """Else a pattern would change with where the objects lie."""
    wanted = Selection(include=("/b/*",))
    assert is_wanted(wanted, entry("a/b/c"), "a/")
    assert not is_wanted(wanted, entry("a/b/c"), "")


def test_include_and_exclude() -> None:
    """All, unless something is included; what is excluded is out, whatever includes it."""
    assert is_wanted(Selection(), entry("a"), "")
    wanted = Selection(include=("*.jpg", "*.png"), exclude=("tmp/", "x*"))
    names = ["a.jpg", "b.png", "c.gif", "tmp/a.jpg", "x.jpg", "y/x.png", "y/z.png"]
    assert [name for name in names if is_wanted(wanted, entry(name), "")] == [
        "a.jpg",
        "b.png",
        "y/z.png",
    ]


def test_bounds() -> None:
    """Sizes with both ends; times from one to before the other, so that windows tile."""
    sizes = Selection(min_size=2, max_size=4)
    assert [size for size in range(7) if is_wanted(sizes, entry("a", size), "")] == [2, 3, 4]
    assert is_wanted(Selection(min_size=0, max_size=0), entry("a", 0), "")
    assert not is_wanted(Selection(max_size=0), entry("a", 1), "")
    times = Selection(modified_after=2.0, modified_before=4.0)
    assert [at for at in range(7) if is_wanted(times, entry("a", modified=at), "")] == [2, 3]
    assert not is_wanted(Selection(modified_before=0.0), entry("a"), "")


def test_own_records_are_never_taken() -> None:
    """Whatever asks for them; keys that only look like theirs are anybody's."""
    assert not is_wanted(Selection(include=("**",)), entry(".ossferry/0/a"), "")
    assert not is_wanted(Selection(), entry(".ossferry/0/a"), ".ossferry/")
    assert is_wanted(Selection(), entry("a/.ossferry/0"), "")
    assert is_wanted(Selection(), entry(".ossferry"), "")


def test_folders_are_copied_and_symlinks_are_not() -> None:
    """With a reason for the report: who asked for it has to hear that it was left out."""
    folder = entry("a/", 0)
    assert is_wanted(Selection(), folder, "")
    link: Entry = entry("a", type="Symlink")
    assert is_wanted(Selection(), link, "")
