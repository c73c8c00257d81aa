"""Outputs are named after their input, in an order in which nothing names what is not there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.errors import ProgramFailed
from ossferry.names import ObjectName
from ossferry.programs.description import Program
from ossferry.programs.naming import content_type, ordered, output_keys, split_key, wants

SOURCE = ObjectName("cn-hangzhou", "media", "in/a/480P.mp4")
TARGET = ObjectName("cn-hangzhou", "media", "out/")


def program(outputs: str = "{stem}/{name}", **fields: object) -> Program:
    return Program("x", "", "", ("/bin/x",), outputs=outputs)._replace(**fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("outputs", "below", "name", "key"),
    [
        ("{stem}/{name}", "480P.mp4", "x.mov", "out/480P/x.mov"),
        ("{stem}/{name}", "a/480P.mp4", "b/x.mov", "out/a/480P/b/x.mov"),
        ("{stem}.mov", "a/480P.mp4", "x.mov", "out/a/480P.mov"),
        ("{stem}{suffix}/{name}", "480P.mp4", "x", "out/480P.mp4/x"),
        ("{stem}/{name}", "noext", "x", "out/noext/x"),
        ("{stem}/{name}", "..", "x", "out/_/x"),
        ("{stem}/{name}", "{name}.x", "y", "out/{name}/y"),
    ],
)
def test_keys(outputs: str, below: str, name: str, key: str) -> None:
    """The path below the prefix is kept."""
    assert output_keys(program(outputs), SOURCE, TARGET, below, [name]) == {name: key}


@pytest.mark.parametrize(
    ("key", "split"),
    [
        ("a/b.tar.gz", ("b.tar", ".gz")),
        (".bashrc", (".bashrc", "")),
        ("..", ("_", "")),
        (".", ("_", "")),
        ("a.", ("a.", "")),
        ("...mp4", ("...mp4", "")),
        ("a/b/", ("b", "")),
        ("", ("_", "")),
        ("a\n.mp4", ("a\n", ".mp4")),
    ],
)
def test_stem_and_suffix(key: str, split: tuple[str, str]) -> None:
    """Of the last name."""
    assert split_key(key) == split


@given(st.text())
def test_a_stem_is_the_name_of_a_file(key: str) -> None:
    """And leads nowhere else."""
    stem, suffix = split_key(key)
    assert stem not in ("", ".", "..")
    assert "/" not in stem + suffix


def test_what_refers_to_others_is_last() -> None:
    """In the order of the patterns, then of names."""
    names = ["b.m3u8", "a.m3u8", "z.ts", "x/y.mpd", "a.ts"]
    wanted = ["a.ts", "z.ts", "a.m3u8", "b.m3u8", "x/y.mpd"]
    assert ordered(names, ["*.m3u8", "*.mpd"]) == wanted


def test_two_files_never_have_one_key() -> None:
    """Nor does an output have the key of the input."""
    with pytest.raises(ProgramFailed, match="several of them one key"):
        output_keys(program("{stem}"), SOURCE, TARGET, "a.mp4", ["x", "y"])
    into = TARGET._replace(key="in/a/")
    with pytest.raises(ProgramFailed, match="would replace its input"):
        output_keys(program("{stem}{suffix}"), SOURCE, into, "480P.mp4", ["x"])
    elsewhere = into._replace(bucket="other")
    assert output_keys(program("{stem}{suffix}"), SOURCE, elsewhere, "480P.mp4", ["x"])


def test_a_key_that_oss_does_not_take_is_refused() -> None:
    """By its length, say."""
    with pytest.raises(ProgramFailed, match="1 to 1023 bytes"):
        output_keys(program(), SOURCE, TARGET, "a.mp4", ["x" * 1020])


def test_inputs_are_patterns() -> None:
    """As for prefixes."""
    videos = program(inputs=("*.mp4", "raw/**"))
    wanted = [wants(videos, each) for each in ("a.mp4", "b/a.mp4", "raw/x", "a.txt")]
    assert wanted == [True, True, True, False]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.m3u8", "application/vnd.apple.mpegurl"),
        ("a.TS", "video/mp2t"),
        ("a.json", "application/json"),
        ("a.mp4", "video/mp4"),
        ("a", "application/octet-stream"),
        ("a.unheard", "application/octet-stream"),
    ],
)
def test_types_follow_from_suffixes(name: str, kind: str) -> None:
    """The same on every machine."""
    assert content_type(name) == kind
