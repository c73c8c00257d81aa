"""Whatever kind of server a source is on, the object has its bytes.

Each kind is a row: how the origin behaves, and whether the source is then split into parts that
are copied side by side, or read front to back.
"""

from __future__ import annotations

import gzip

import pytest

from tests.e2e.contents import bytes_of
from tests.e2e.transfers import headers_of, stored, transferred
from tests.localcloud.client import LocalCloud
from tests.localcloud.origin.contents import changed, generated

PART = 100 * 1024
SIZE = 10 * PART + 3

SPLIT = {
    "plain": (),
    "chunked-replies": ("length:chunked",),
    "head-refused": ("head:405",),
    "no-etag": ("etag:none",),
    "weak-etag": ("etag:weak",),
    "etag-of-each-node": ("nodes:3",),
    "upper-case-unit": ("range:upper-unit",),
    "range-in-a-200": ("range:ok-200",),
    "refuses-overruns": ("range:strict-end",),
    "half-of-each-range": ("range:short",),
    "one-request-per-connection": ("connection:close",),
    "if-range-ignored": ("if-range:ignored",),
    "redirected": ("redirect:3",),
    "redirected-for-good": ("redirect:1,redirect-status:308",),
    "redirected-to-another-host": ("redirect:2,to:other-host",),
    "gzip-on-request": ("encoding:gzip",),
    "own-crc64": ("crc64:given",),
    "replies-cut": ("cut:30000",),
    "replies-ended-early": ("close:30000",),
}
FRONT_TO_BACK = {
    "no-range": ("range:ignored",),
    "no-length": ("range:ignored,length:chunked",),
    "until-close": ("range:ignored,length:close",),
    "signature-covers-range": ("range:forbidden",),
    "unknown-total": ("range:unknown-total",),
    "etag-never-the-same": ("etag:fresh",),
    "nothing-to-know-it-by": ("etag:none,last-modified:none",),
    "another-range": ("range:shifted",),
    "everything-as-206": ("range:whole-206",),
    "part-without-saying-which": ("range:bare-206",),
    "no-range-redirected": ("redirect:1,to:other-host,range:ignored",),
    "one-request-per-connection": ("range:ignored,connection:close",),
    "no-range-own-crc64": ("range:ignored,crc64:given",),
}


@pytest.mark.parametrize("kind", SPLIT)
def test_source_with_ranges_is_copied_in_parts_by_children(
    eager_cloud: LocalCloud, key: str, kind: str
) -> None:
    """A source that honours ranges is shared out, in parts of the size that was asked for."""
    url = eager_cloud.generated("kinds", SIZE, *SPLIT[kind])
    reply = transferred(eager_cloud, url, key, part_size=PART, streams=2)
    assert stored(eager_cloud, key) == bytes_of("kinds", SIZE)
    assert (reply["parts"]["count"], reply["parts"]["size"]) == (11, PART)
    assert reply["children"]["invocations"] > 0


@pytest.mark.parametrize("kind", FRONT_TO_BACK)
def test_source_without_ranges_is_copied_front_to_back(
    eager_cloud: LocalCloud, key: str, kind: str
) -> None:
    """A source that cannot be asked for a range goes through the coordinator, part after part."""
    url = eager_cloud.generated("kinds", SIZE, *FRONT_TO_BACK[kind])
    reply = transferred(eager_cloud, url, key, part_size=PART)
    assert stored(eager_cloud, key) == bytes_of("kinds", SIZE)
    assert (reply["parts"]["count"], reply["parts"]["size"]) == (11, PART)
    # Two kinds look at the probe as if they honoured ranges; whoever asks next finds out.
    deceptive = kind in ("another-range", "everything-as-206")
    assert reply["children"]["invocations"] == 0 or deceptive


@pytest.mark.parametrize("kind", [*SPLIT.values(), *FRONT_TO_BACK.values()], ids=",".join)
@pytest.mark.parametrize("size", [0, 1])
def test_tiny_source_of_any_kind(
    eager_cloud: LocalCloud, key: str, kind: tuple[str, ...], size: int
) -> None:
    """Nothing and one byte, where replies have no range to speak of, come through as well."""
    transferred(eager_cloud, eager_cloud.generated("tiny", size, *kind), key)
    assert stored(eager_cloud, key) == bytes_of("tiny", size)


@pytest.mark.parametrize("said", [(), ("crc64:given",)], ids=["etag", "checksum"])
def test_source_that_is_replaced_before_it_is_split_is_copied_as_it_is_by_then(
    eager_cloud: LocalCloud, key: str, said: tuple[str, ...]
) -> None:
    """Two looks differ, and the first is never seen again."""
    url = eager_cloud.generated("replaced", SIZE, *said, "version:2,after:1")
    reply = transferred(eager_cloud, url, key, part_size=PART)
    new = changed(generated("replaced", SIZE), 2)
    assert stored(eager_cloud, key) == b"".join(new.read(0, SIZE))
    assert reply["source"]["known_by"] == ["etag", "size"]


def test_source_is_asked_not_to_compress(eager_cloud: LocalCloud, key: str) -> None:
    """What is stored is what the URL means, not how a server would pack it for a browser."""
    url = eager_cloud.generated("identity", SIZE, "encoding:gzip")
    transferred(eager_cloud, url, key, part_size=PART)
    asked = eager_cloud.origin_requests(url)["requests"]
    assert {each["headers"]["Accept-Encoding"] for each in asked} == {"identity"}
    assert "Content-Encoding" not in headers_of(eager_cloud, key)


def test_source_that_is_compressed_anyway_is_kept_as_it_came(cloud: LocalCloud, key: str) -> None:
    """A server that always compresses is taken at its word: its bytes, and its Content-Encoding."""
    content = bytes_of("packed", SIZE)
    transferred(cloud, cloud.generated("packed", SIZE, "encoding:always"), key)
    headers = headers_of(cloud, key)
    assert headers["Content-Encoding"] == "gzip"
    assert int(headers["Content-Length"]) == len(gzip.compress(content, 1, mtime=0))
    assert stored(cloud, key) == content, "an HTTP client unpacks it"


def test_file_with_an_awkward_name(cloud: LocalCloud, key: str) -> None:
    """A URL with escapes is requested as it is written."""
    url = cloud.serve_file("путь/a b+c%20d#e?f.txt", b"the file")
    transferred(cloud, url, key)
    assert stored(cloud, key) == b"the file"


@pytest.mark.parametrize("size", [1, SIZE], ids=["small", "parts"])
def test_private_object_is_read_through_its_signed_url(
    eager_cloud: LocalCloud, key: str, size: int
) -> None:
    """A URL that OSS signed for GET is a source like any other, and its CRC64 is a proof."""
    eager_cloud.bucket.put_object(f"{key} source", bytes_of("private", size))
    url = eager_cloud.bucket.sign_url("GET", f"{key} source", 600, slash_safe=True)
    reply = transferred(eager_cloud, url, key, part_size=PART)
    assert stored(eager_cloud, key) == bytes_of("private", size)
    assert "source_crc64" in reply["proof"]
    assert "?" not in reply["source"]["url"]
