"""Buckets of other clouds are listed in full, from any key on, and nobody lists for ever."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from xml.sax.saxutils import escape

import pytest

from ossferry.entries import Entry, Page
from ossferry.errors import SourceError, SourceGone, SourceRefused, SourceUnavailable
from ossferry.http.netguard import NetGuard
from ossferry.listing.ahead import listed
from ossferry.origins import cos
from ossferry.origins.credentials import Credentials
from ossferry.origins.listing import Listing
from ossferry.origins.place import ForeignName
from ossferry.origins.signing import signed
from ossferry.retry import RetryPolicy
from ossferry.settings import Settings
from ossferry.urls import Url
from tests.localcloud.cos.face import COS
from tests.localcloud.faces.credential import Credential
from tests.localcloud.faces.face import Face
from tests.localcloud.s3.face import S3
from tests.peers.scripted import Reply, Request, answer, in_turn, scripted

OURS = {"OSSFERRY_CREDENTIALS_OTHER": "AKIAEXAMPLE:secret"}
MAY = Credential("AKIAEXAMPLE", "secret")
SOON = RetryPolicy(attempts=3, first=0.001)
STRANGE = (
    "a b",
    "a+b",
    "a%20b",
    "a%b",
    "中文/文件.txt",
    "x//y",
    "x/",
    "x",
    "'\"<&>",
    "\u3000",
    "😀",
)


def guard() -> NetGuard:
    return NetGuard(Settings.from_env({"OSSFERRY_ALLOW_NETWORKS": "127.0.0.0/8"}).allow_networks)


@contextmanager
def listing(
    url: str,
    store: str = "s3",
    bucket: str = "media-1250000000",
    sleep: Callable[[float], object] = time.sleep,
) -> Iterator[Listing]:
    name = ForeignName(store, bucket, "", "us-east-1", url)
    ours = Credentials.from_env({**OURS, "OSSFERRY_BUCKETS_OTHER": f"s3://* us-east-1 {url}"})

    def sign(query: Mapping[str, str], seconds: float) -> Url:
        if store == "s3":
            return signed(name, ours, None, seconds=seconds, query=query)
        # The face is a domain of the bucket's own.
        keys, now = ours.keys["other"], time.time()
        return cos.presigned(url, "/", keys, now=now, seconds=int(seconds), query=query)

    found = Listing(
        name, sign, guard(), time.monotonic() + 30, setting="other", sleep=sleep, policy=SOON
    )
    with closing(found):
        yield found


def face(store: str, keys: list[str]) -> Face:
    objects = {f"media-1250000000/{key}": b"x" * (len(key) % 3) for key in keys}
    return S3(objects, [MAY]) if store == "s3" else COS(objects, [MAY])


@pytest.mark.parametrize("store", ["s3", "cos"])
def test_all_is_listed_in_the_order_of_the_keys(store: str) -> None:
    """Two and a half thousand keys, with everything that signing and quoting trip over."""
    keys = sorted({f"{n:04} {STRANGE[n % len(STRANGE)]}" for n in range(2500)} | {*STRANGE})
    with face(store, keys) as other, listing(other.url, store) as found:
        everything = [*listed(found.page, "", ranges=1)]
        at_once = [each.key for each in listed(found.page, "")]
        rest = [each.key for each in listed(found.page, "", after=keys[1700])]
        below = [each.key for each in listed(found.page, "a%2")]
    assert [each.key for each in everything] == keys
    assert at_once == keys
    assert rest == keys[1701:]
    assert below == ["a%20b"]
    first = everything[0]
    assert first.size == len(keys[0]) % 3
    assert len(first.etag) == 32
    assert first.storage_class == "STANDARD"


def test_few_requests_list_much() -> None:
    """A thousand keys each; and an empty bucket is one."""
    with face("s3", [f"{n}" for n in range(2500)]) as other, listing(other.url) as found:
        assert len([*listed(found.page, "", ranges=1)]) == 2500
        assert found.requests == 3
        assert found.page("nothing/", "", 1000) == Page((), False)


def test_one_connection_is_kept_for_all_pages() -> None:
    """A handshake for each would cost more than the page."""
    script = pages(xml(["a"], "t1"), xml(["b"], "t2"), xml(["c"]))
    with scripted(script) as other, listing(other.url) as found:
        assert [each.key for each in listed(found.page, "", ranges=1)] == ["a", "b", "c"]
        assert [each.connection for each in other.requests] == [1, 1, 1]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_store_is_left_alone_for_as_long_as_it_asks_for(status: int) -> None:
    """Whoever asks again at once gets nothing but more of the same."""
    waits: list[float] = []
    script = in_turn(Reply(answer(status, Retry_After="7")), rest=Reply(answer(200, xml(["a"]))))
    with scripted(script) as other, listing(other.url, sleep=waits.append) as found:
        assert len(found.page("", "", 1000).entries) == 1
    assert waits == [7.0]


def test_a_hiccup_is_waited_for() -> None:
    """503 in the middle costs one request, and no entry."""
    with face("s3", [f"{n}" for n in range(1500)]) as other, listing(other.url) as found:
        first = found.page("", "", 1000)
        other.faults({"operation": "ListObjects", "status": 503, "times": 1})
        second = found.page("", first.entries[-1].key, 1000)
        assert len(first.entries + second.entries) == 1500
        assert found.requests == 3
        other.faults({"operation": "ListObjects", "status": 503, "times": 9})
        with pytest.raises(SourceUnavailable, match=r"s3://media-1250000000 answered 503"):
            found.page("", "", 1000)


def test_a_bucket_that_is_elsewhere_is_told_with_its_region() -> None:
    """By the redirect; and what the credentials are not good for is told as that."""
    other = S3({"mine/a": b""}, [MAY], elsewhere={"far": "eu-west-1"})
    with (
        other,
        listing(other.url, bucket="far") as found,
        pytest.raises(SourceRefused, match="is in the region eu-west-1: give its own"),
    ):
        found.page("", "", 1000)
    with (
        S3({"mine/a": b""}, [MAY], "eu-west-1") as other,
        listing(other.url, bucket="mine") as lst,
        pytest.raises(SourceRefused, match="is in the region eu-west-1: give its own"),
    ):
        lst.page("", "", 1000)
    with (
        S3({"mine/a": b""}) as other,
        listing(other.url, bucket="mine") as found,
        pytest.raises(SourceRefused, match=r"the access key of .*_OTHER is not known"),
    ):
        found.page("", "", 1000)
    with (
        S3({"mine/a": b""}, [MAY]) as other,
        listing(other.url, bucket="none") as found,
        pytest.raises(SourceGone, match="no bucket s3://none"),
    ):
        found.page("", "", 1000)


def xml(keys: list[str], token: str = "", more: str = "") -> bytes:
    rows = "".join(
        f"<Contents><Key>{escape(key)}</Key><LastModified>2026-01-31T12:00:00.500Z</LastModified>"
        f'<ETag>"{"a" * 32}"</ETag><Size>7</Size></Contents>'
        for key in keys
    )
    named = f"<NextContinuationToken>{token}</NextContinuationToken>" if token else ""
    truncated = f"<IsTruncated>{str(bool(token)).lower()}</IsTruncated>"
    return f"<ListBucketResult>{truncated}{named}{more}{rows}</ListBucketResult>".encode()


def pages(*found: bytes) -> Callable[[Request], Reply]:
    return in_turn(
        *(Reply(answer(200, each)) for each in found), rest=Reply(answer(200, found[-1]))
    )


def test_a_token_that_repeats_ends_the_listing() -> None:
    """With an error, after a request more."""
    with scripted(pages(xml(["a", "b"], "same"))) as other, listing(other.url) as found:
        with pytest.raises(SourceUnavailable, match="lists no more, and says that there is more"):
            found.page("", "", 1000) and found.page("", "b", 1000)
        assert found.requests == 2


def test_a_token_that_leads_nowhere_ends_the_listing() -> None:
    """Two tokens that lead to each other, with and without keys."""
    told: Iterator[int] = iter(range(1 << 30))

    def script(_: Request) -> Reply:
        return Reply(answer(200, xml(["a"], f"t{next(told) % 2}")))

    with (
        scripted(script) as other,
        listing(other.url) as found,
        pytest.raises(SourceUnavailable, match="lists no more"),
    ):
        list(listed(found.page, "", ranges=1))
    with (
        scripted(lambda _: Reply(answer(200, xml([], f"t{next(told)}")))) as other,
        listing(other.url) as found,
        pytest.raises(SourceUnavailable, match="lists no more"),
    ):
        found.page("", "", 1000)


def test_an_empty_page_is_not_the_last() -> None:
    """Its token leads on."""
    with scripted(pages(xml([], "t"), xml(["a"]))) as other, listing(other.url) as found:
        assert [each.key for each in found.page("", "", 1000).entries] == ["a"]


def test_who_knows_no_key_to_begin_behind_is_gone_over_once() -> None:
    """From the first key to the one that was reached; guesses are refused."""
    script = pages(xml(["a", "b"], "t"), xml(["c", "d"]), xml(["a", "b"], "t"))
    with scripted(script) as other, listing(other.url) as found:
        assert [each.key for each in found.page("", "c", 1000).entries] == ["d"]
        with pytest.raises(SourceRefused, match="cannot be listed from a key on"):
            found.page("", "c", 1000)


@pytest.mark.parametrize(
    ("text", "error", "told"),
    [
        (xml(["b", "a"]), SourceRefused, "in the order of their bytes"),
        (xml(["a", "a"]), SourceRefused, "in the order of their bytes"),
        (b"<html>", SourceUnavailable, "no listing"),
        (b"<Other><IsTruncated>false</IsTruncated></Other>", SourceUnavailable, "no listing"),
        (xml(["a"]).replace(b"7</Size>", b"-7</Size>"), SourceUnavailable, "no listing"),
        (xml(["a"]).replace(b"2026", b"last"), SourceUnavailable, "no listing"),
        (xml(["%ff"], more="<EncodingType>url</EncodingType>"), SourceUnavailable, "no listing"),
        (b'<!DOCTYPE a [<!ENTITY x "y">]>' + xml(["&x;"]), SourceUnavailable, "no listing"),
    ],
)
def test_what_is_no_listing_is_no_harm(text: bytes, error: type[SourceError], told: str) -> None:
    """Nor is a listing that nobody could go on with."""
    with (
        scripted(pages(text)) as other,
        listing(other.url) as found,
        pytest.raises(error, match=told),
    ):
        found.page("", "", 1000)


def test_only_what_is_below_the_prefix_is_taken() -> None:
    """A key that nobody asked for would go anywhere in the target."""
    with (
        scripted(pages(xml(["other"]))) as other,
        listing(other.url) as found,
        pytest.raises(SourceError, match="nobody asked for"),
    ):
        found.page("mine/", "", 1000)


def test_keys_that_come_as_they_are_stay_so() -> None:
    """Not all that speak S3 encode what they are asked to."""
    keys = ["a%20b", "a+b", "中"]
    with scripted(pages(xml(keys))) as other, listing(other.url) as found:
        entries = found.page("", "", 1000).entries
    assert [each.key for each in entries] == keys
    assert entries[0] == Entry("a%20b", 7, "a" * 32, 1769860800.0, "STANDARD")


def test_addresses_are_judged() -> None:
    """An event that names an endpoint in the function's own network lists nothing."""
    name = ForeignName("s3", "mine", "", "us-east-1", "http://127.0.0.1:9")
    found = Listing(
        name, lambda *_: Url("http://127.0.0.1:9/mine/"), NetGuard(()), time.monotonic() + 5
    )
    with closing(found), pytest.raises(SourceRefused):
        found.page("", "", 1000)
