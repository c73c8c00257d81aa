"""A URL shows itself only redacted, and goes on the wire as a server expects it."""

from __future__ import annotations

import pickle
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.urls import Url

SECRET = "C4n4ry"
SIGNED = f"https://user:{SECRET}@bucket.example.com/a/b?Signature={SECRET}&x=1#{SECRET}"

PATHS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@pytest.mark.parametrize(
    "shown",
    [
        repr(Url(SIGNED)),
        str(Url(SIGNED)),
        f"{Url(SIGNED)}",
        f"{Url(SIGNED)!r:>9}",
        f"{Url(SIGNED)!s:>9}",
    ],
)
def test_no_way_of_showing_a_url_shows_its_secrets(shown: str) -> None:
    """Neither the query nor what stands before the host reaches a message or a log."""
    assert SECRET not in shown
    assert "https://bucket.example.com/a/b" in shown


def test_a_url_crosses_processes_whole_and_still_redacted() -> None:
    """The process on the other side can use the URL, and shows no more of it."""
    url = pickle.loads(pickle.dumps(Url(SIGNED)))
    assert url == Url(SIGNED)
    assert hash(url) == hash(Url(SIGNED))
    assert url.reveal().endswith(f"?Signature={SECRET}&x=1")
    assert SECRET not in repr(url)


def test_urls_differ_where_their_secrets_do() -> None:
    """Equality is of the whole URL, not of what is shown."""
    assert Url(SIGNED) != Url(SIGNED.replace("x=1", "x=2"))
    assert Url(SIGNED) != SIGNED


@pytest.mark.parametrize(
    ("full", "wire"),
    [
        ("http://h", "http://h/"),
        ("HTTP://Example.COM:80/A", "http://example.com/A"),
        ("https://h:443/", "https://h/"),
        ("https://h:80/", "https://h:80/"),
        ("  http://h/x  ", "http://h/x"),
        ("http://h?q=1", "http://h/?q=1"),
        ("http://h/a b?c d", "http://h/a%20b?c%20d"),
        ("http://h/ü?ß", "http://h/%C3%BC?%C3%9F"),
        ("http://h/%20%zz%", "http://h/%20%zz%"),
        ("http://h/a+b&c=d;e,f:@!$'()*~", "http://h/a+b&c=d;e,f:@!$'()*~"),
        ("http://h/x#fragment", "http://h/x"),
        ("http://bücher.example/", "http://xn--bcher-kva.example/"),
        ("http://[::1]:8080/x", "http://[::1]:8080/x"),
        ("http://[2001:DB8::1]/x", "http://[2001:db8::1]/x"),
        ("http://a@b:c@h/", "http://a@b:c@h/"),
    ],
)
def test_urls_are_normalised_without_changing_what_they_mean(full: str, wire: str) -> None:
    """What a browser accepts is escaped; what is escaped already stays as it is."""
    assert Url(full).reveal() == wire


@pytest.mark.parametrize(
    "full",
    [
        "",
        "h/x",
        "//h/x",
        "ftp://h/x",
        "file:///etc/passwd",
        "http://",
        "http:///x",
        "http://user@/x",
        "http://h:port/",
        "http://h:99999/",
        "http://[::1/",
        "http://a b/",
        "http://a\x7fb/",
        "http://a..b/",
        f"http://{'a' * 64}.example/",
        "http://h/\ud800",
    ],
)
def test_what_is_no_http_url_is_a_value_error(full: str) -> None:
    """Neither another scheme, nor a missing or impossible host, nor a broken port gets through."""
    with pytest.raises(ValueError):  # noqa: PT011 - the texts are the library's
        Url(full)


@given(path=PATHS, query=PATHS)
def test_normalising_twice_changes_nothing(path: str, query: str) -> None:
    """A URL that went through a job is the same URL, and plain ASCII without blanks."""
    url = Url(f"http://h/{path}?{query}")
    assert Url(url.reveal()) == url
    assert set(url.reveal()) <= set(string.ascii_letters + string.digits + string.punctuation)


@given(query=PATHS)
def test_the_query_is_never_part_of_the_redacted_form(query: str) -> None:
    """Whatever stands in the query, what is shown is the same."""
    assert repr(Url(f"http://u:p@h/path?{query}")) == "http://h/path"


@pytest.mark.parametrize(
    ("location", "wire"),
    [
        ("/y", "http://u:p@h/y"),
        ("y?z", "http://u:p@h/a/y?z"),
        ("?z", "http://u:p@h/a/b?z"),
        ("//other/y", "http://other/y"),
        ("https://h/y", "https://h/y"),
        ("http://h/y", "http://h/y"),
    ],
)
def test_a_location_is_joined_as_browsers_do(location: str, wire: str) -> None:
    """Relative, absolute and scheme-relative locations; only relative ones keep credentials."""
    assert Url("http://u:p@h/a/b?q").join(location).reveal() == wire


@pytest.mark.parametrize("other", ["https://h/", "http://g/", "http://h:81/"])
def test_scheme_host_and_port_make_the_origin(other: str) -> None:
    """Credentials belong to all three together."""
    assert Url("http://h/a").origin == Url("http://u@H:80/b?c").origin
    assert Url("http://h/a").origin != Url(other).origin


@pytest.mark.parametrize(
    "full", ["http://u:p@host:81/a%20b?x=1", "https://host/a", "http://[::1]/"]
)
def test_another_query_makes_the_url_that_it_reads_as(full: str) -> None:
    """In every property, and without a word of the old query."""
    url = Url(full).with_query("partNumber=7&y=%2F")
    whole = Url(full.partition("?")[0] + "?partNumber=7&y=%2F")
    assert url == whole
    assert all(getattr(url, name) == getattr(whole, name) for name in Url.__slots__)
