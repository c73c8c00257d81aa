"""Where an item goes, and where none may."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.errors import InvalidEvent
from ossferry.lists.rows import Naming, Row
from ossferry.names import checked_key
from tests.lists.reading import event, read, refused


@pytest.mark.parametrize(
    ("url", "name", "path", "host"),
    [
        ("https://H.example/d/a.bin", "a.bin", "d/a.bin", "h.example/d/a.bin"),
        ("http://u:p@h:81/d/a?x=/y#/z", "a", "d/a", "h:81/d/a"),
        ("http://h/a#b?c", "a", "a", "h/a"),
        ("http://h/d%20e/%E4%BD%A0", "你", "d e/你", "h/d e/你"),
        ("http://h/a+b%2Bc", "a+b+c", "a+b+c", "h/a+b+c"),
        ("http://h/d/你", "你", "d/你", "h/d/你"),
        ("http://h/a%2Fb", "a/b", "a/b", "h/a/b"),
        ("http://h/a/b@c", "b@c", "a/b@c", "h/a/b@c"),
        ("oss://b/d/a%20?x#y", "a%20?x#y", "d/a%20?x#y", "b/d/a%20?x#y"),
        ("http://h/x//a", "a", "x//a", "h/x//a"),
        ("http://h/.hidden", ".hidden", ".hidden", "h/.hidden"),
        ("http://h/..a/b..", "b..", "..a/b..", "h/..a/b.."),
    ],
)
def test_a_url_without_a_key_names_itself(url: str, name: str, path: str, host: str) -> None:
    """In one of three ways; userinfo, query and fragment are in none."""
    for naming, key in {"name": name, "path": path, "host": host}.items():
        for prefix in ("", "p/", "p-"):
            found = event(url, "l.urls", naming=naming, prefix=prefix)
            assert found == {"source_url": url, "target_object_name": prefix + key}


@pytest.mark.parametrize(
    ("key", "leaves"),
    [
        ("../x", True),
        ("x/../y", True),
        ("x/..", True),
        ("./x", True),
        ("x/./y", True),
        (".", True),
        ("..", True),
        ("/x", True),
        ("//x", True),
        ("x" * 1024, False),
        ("你" * 342, False),
        ("", False),
    ],
)
@pytest.mark.parametrize("prefix", ["", "p/", "p"])
def test_a_key_that_no_item_may_have(key: str, leaves: bool, prefix: str) -> None:
    """Those that leave the prefix are told from those that are merely wrong."""
    row = refused(f"https://h/a\t{key}\r\n", prefix=prefix)
    assert (row.number, row.leaves) == (1, leaves)
    assert key not in row.reason or len(key) < 3


@pytest.mark.parametrize("key", [".ossferry/x", "\\x"])
def test_a_key_that_only_a_prefix_makes_possible(key: str) -> None:
    """ossferry's own folder is at the beginning of the bucket only, as is the backslash."""
    assert not refused(f"https://h/a\t{key}").leaves
    assert event(f"https://h/a\t{key}", prefix="p/")["target_object_name"] == f"p/{key}"


def test_prefix_and_key_together() -> None:
    """The folder is not made out of two halves, and the length is that of both."""
    assert not refused("https://h/a\terry/x", prefix=".ossf").leaves
    assert not refused(f"https://h/a\t{'x' * 1000}", prefix="p" * 24).leaves
    event(f"https://h/a\t{'x' * 1000}", prefix="p" * 23)


@pytest.mark.parametrize(
    "url", ["https://h/%2e%2e/x", "https://h/a/../x", "https://h/..%2Fx", "https://h/%2E/x"]
)
def test_a_url_that_would_leave_the_prefix(url: str) -> None:
    """However it is written."""
    assert refused(url, naming="path").leaves


@pytest.mark.parametrize(
    "url",
    ["http://h", "http://h/", "http://h/?a/b", "http://h?a/b", "http://h/d/", "http://h/%ff"],
)
@pytest.mark.parametrize("naming", ["name", "path", "host"])
def test_a_url_that_names_nothing(url: str, naming: Naming) -> None:
    """It needs a key, and gets one in another format."""
    assert not refused(url, naming=naming).leaves
    assert event(f"{url}\tkey") == {"source_url": url, "target_object_name": "key"}


@pytest.mark.parametrize("prefix", ["/", "\\x", "../", "a/./b/", ".", ".ossferry/", ".ossferry/x/"])
def test_a_prefix_that_no_list_may_have(prefix: str) -> None:
    """It is the caller's word, so all of the list is refused."""
    with pytest.raises(InvalidEvent, match="the prefix must not"):
        read("https://h/a", prefix=prefix)


PIECES = st.text(st.sampled_from("./\\aé你") | st.characters(exclude_categories=["Cs"]))


@given(
    PIECES.filter(lambda text: not set(text) & {"\t", "\n", "\r", "\0"}),
    st.sampled_from(["", "p/", "p"]),
)
def test_what_is_accepted_is_what_the_rules_accept(key: str, prefix: str) -> None:
    """The short way past the checks lets through nothing that they would stop, and stops nothing
    else."""
    _, (row,) = read(f"https://h/a\t{key}", prefix=prefix)
    if isinstance(row, Row):
        assert row.event["target_object_name"] == checked_key(prefix + key, "key")
        assert not {".", ".."} & {*key.split("/")}
    elif key and not {".", ".."} & {*key.split("/")} and key[0] != "/" and "://" not in key:
        with pytest.raises(InvalidEvent):
            checked_key(prefix + key, "key")
