"""Pages of a listing: what OSS says of each object, and when there is more."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
import responses
from responses.matchers import query_param_matcher

from ossferry.entries import Entry, Page
from ossferry.errors import TargetUnavailable
from ossferry.listing.ahead import listed
from tests.oss.test_bucket import ENDPOINT, bucket
from tests.peers.oss_service import OssService, running
from tests.records.recorded import bucket_of

ODD = ["a b", "a\x01b", "a\nb", "a%2Fb", "a+b", "a&<>\"'", "a//b", "a/../b", "ü", "￿", "𐀀", "z/"]


@pytest.fixture(scope="module")
def oss() -> Iterator[OssService]:
    """An OSS for the module, in a thread."""
    with running() as service:
        yield service


def listed_in(oss: OssService, prefix: str) -> dict[str, Entry]:
    page = bucket_of(oss).page(prefix, "")
    assert not page.truncated
    return {entry.key.removeprefix(prefix): entry for entry in page.entries}


def test_every_kind_of_object(oss: OssService) -> None:
    """With what a HEAD would say, so that none is needed."""
    raw = oss.bucket()
    raw.put_object("kinds/normal", b"content", headers={"x-oss-storage-class": "IA"})
    upload = raw.init_multipart_upload("kinds/multipart").upload_id
    part = raw.upload_part("kinds/multipart", upload, 1, b"part")
    raw.complete_multipart_upload("kinds/multipart", upload, [_part(part)])
    raw.append_object("kinds/appendable", 0, b"more")
    raw.put_symlink("kinds/normal", "kinds/symlink")
    found = listed_in(oss, "kinds/")
    assert {name: entry.type for name, entry in found.items()} == {
        "normal": "Normal",
        "multipart": "Multipart",
        "appendable": "Appendable",
        "symlink": "Symlink",
    }
    normal = found["normal"]
    assert normal == Entry(
        "kinds/normal", 7, "9A0364B9E99BB480DD25E1F0284C8555", normal.modified, "IA"
    )
    assert abs(normal.modified - time.time()) < 60
    multipart = found["multipart"]
    assert (multipart.size, multipart.storage_class) == (4, "Standard")
    assert multipart.etag == raw.head_object("kinds/multipart").etag
    assert multipart.etag.endswith("-1")


def _part(done: Any) -> Any:
    from oss2.models import PartInfo

    return PartInfo(1, done.etag)


def test_what_is_restored_is_told(oss: OssService) -> None:
    """Nothing before it was asked for; then what OSS says, as it says it."""
    raw = oss.bucket()
    raw.put_object("cold/a", b"content", headers={"x-oss-storage-class": "Archive"})
    frozen = listed_in(oss, "cold/")["a"]
    assert (frozen.storage_class, frozen.restore) == ("Archive", "")
    raw.restore_object("cold/a")
    assert listed_in(oss, "cold/")["a"].restore == 'ongoing-request="true"'


def test_odd_keys(oss: OssService) -> None:
    """Those that XML cannot hold, those that look encoded, and in the order of their bytes."""
    raw = oss.bucket()
    for key in ODD:
        # At the URL itself: requests takes the dots of a key for steps.
        url = raw.sign_url("PUT", f"odd/{key}", 60, slash_safe=False)
        assert oss.send("PUT", url, b"x")[0] == 200
    for most in (1, 5, 1000):
        pages, after, found = bucket_of(oss), "", list[str]()
        more = True
        while more:
            page = pages.page("odd/", after, most)
            assert len(page.entries) <= most
            found += [entry.key.removeprefix("odd/") for entry in page.entries]
            after, more = page.entries[-1].key, page.truncated
        assert found == sorted(ODD, key=str.encode)


def test_a_bucket_is_listed_ahead(oss: OssService) -> None:
    """By several threads at once, through one bucket."""
    raw = oss.bucket()
    keys = [f"many/{n:03}" for n in range(60)]
    for key in keys:
        raw.put_object(key, b"")
    ours = bucket_of(oss)

    def pages(prefix: str, after: str, most: int) -> Page:
        return ours.page(prefix, after, 7)

    assert [entry.key for entry in listed(pages, "many/")] == keys
    assert [entry.key for entry in listed(pages, "many/", after="many/041x")] == keys[42:]


def document(keys: list[str], token: str = "") -> str:
    contents = "".join(
        f"<Contents><Key>{key}</Key><LastModified>2024-01-01T00:00:00.000Z</LastModified>"
        "<ETag>E</ETag><Type>Normal</Type><Size>1</Size><StorageClass>IA</StorageClass></Contents>"
        for key in keys
    )
    more = f"<NextContinuationToken>{token}</NextContinuationToken>" if token else ""
    truncated = f"<IsTruncated>{str(bool(token)).lower()}</IsTruncated>"
    return f"<ListBucketResult>{truncated}{more}{contents}</ListBucketResult>"


def asked(**fields: str) -> Any:
    return query_param_matcher(fields, strict_match=False)


def test_a_page_without_entries_is_not_the_end() -> None:
    """Its token leads on: there is no key to start behind."""
    with responses.RequestsMock() as oss:
        oss.get(f"{ENDPOINT}/", document([], "T1"), match=[asked(**{"start-after": "p/a"})])
        oss.get(f"{ENDPOINT}/", document([], "T2"), match=[asked(**{"continuation-token": "T1"})])
        there = [asked(**{"continuation-token": "T2", "max-keys": "10", "encoding-type": "url"})]
        oss.get(f"{ENDPOINT}/", document(["p/b"], "T3"), match=there)
        page = bucket().page("p/", "p/a", 10)
    assert page == Page((Entry("p/b", 1, "E", 1704067200.0, "IA"),), True)


def test_a_listing_that_stands_still_is_an_error() -> None:
    """Not one without end."""
    with responses.RequestsMock() as oss:
        oss.get(f"{ENDPOINT}/", document([], "T"))
        with pytest.raises(TargetUnavailable, match="says that there is more"):
            bucket().page("p/", "")


def test_names_of_several_pages() -> None:
    """Each is asked for behind the last of the one before."""
    with responses.RequestsMock() as oss:
        oss.get(f"{ENDPOINT}/", document(["p/a", "p/b"], "T"), match=[asked(**{"prefix": "p/"})])
        oss.get(f"{ENDPOINT}/", document([]), match=[asked(**{"start-after": "p/b"})])
        found = list(bucket().names("p/"))
    assert found == [("p/a", 1704067200.0), ("p/b", 1704067200.0)]
