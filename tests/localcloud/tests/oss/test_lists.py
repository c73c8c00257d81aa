"""Lists: of objects, of uploads, of parts and of buckets, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote
from xml.etree import ElementTree as ET

import oss2
import pytest
from fastcrc import crc64
from hypothesis import given
from hypothesis import strategies as st

from tests.localcloud.oss.rules.listing import Entry, after_key, page
from tests.peers.oss_service import OssService, running

KEYS = ["a", "a/1", "a/2/x", "a/2/y", "b c+", "b/", "ü/日本", "z\x01<&>"]
NAMES = st.lists(st.text("ab/", min_size=1, max_size=5), unique=True, max_size=30)


@pytest.fixture(scope="module")
def oss() -> Iterator[OssService]:
    with running() as service:
        for key in KEYS:
            service.bucket().put_object(key, key.encode())
        yield service


@pytest.mark.parametrize("per_page", [1, 2, 3, 100])
def test_all_objects_are_listed_page_by_page(oss: OssService, per_page: int) -> None:
    """Both versions list every key once, in byte order, whatever the page size."""
    bucket = oss.bucket()
    one = [item.key for item in oss2.ObjectIterator(bucket, max_keys=per_page)]
    two = [item.key for item in oss2.ObjectIteratorV2(bucket, max_keys=per_page)]
    assert one == two == sorted(KEYS)


@pytest.mark.parametrize("per_page", [1, 2, 100])
def test_a_delimiter_rolls_keys_up(oss: OssService, per_page: int) -> None:
    """Keys behind a delimiter are listed once, as their common prefix."""
    found = oss2.ObjectIterator(oss.bucket(), delimiter="/", max_keys=per_page)
    listed = [(item.key, item.is_prefix()) for item in found]
    assert sorted(listed) == [
        ("a", False),
        ("a/", True),
        ("b c+", False),
        ("b/", True),
        ("z\x01<&>", False),
        ("ü/", True),
    ]
    inner = oss2.ObjectIteratorV2(oss.bucket(), prefix="a/", delimiter="/", max_keys=per_page)
    assert sorted(item.key for item in inner) == ["a/1", "a/2/"]


def test_a_list_describes_each_object(oss: OssService) -> None:
    """Size, ETag, type, class and time, and the owner in version 2 only if asked."""
    bucket = oss.bucket()
    (item,) = bucket.list_objects(prefix="a/1").object_list
    head = bucket.head_object("a/1")
    assert (item.size, item.etag, item.type) == (3, head.etag, "Normal")
    assert (item.storage_class, item.last_modified) == ("Standard", head.last_modified)
    assert item.owner.id == oss.config.account_id
    assert bucket.list_objects_v2(prefix="a/1").object_list[0].owner is None
    with_owner = bucket.list_objects_v2(prefix="a/1", fetch_owner=True)
    assert with_owner.object_list[0].owner.id == oss.config.account_id


def test_version_2_starts_after_a_key(oss: OssService) -> None:
    """``start-after`` need not exist."""
    found = oss.bucket().list_objects_v2(start_after="a/15").object_list
    assert [item.key for item in found] == sorted(KEYS)[2:]


@pytest.mark.parametrize("value", ["0", "1001", "-1", "x"])
def test_page_sizes_are_1_to_1000(oss: OssService, value: str) -> None:
    """Anything else is refused."""
    for lister in (oss.bucket().list_objects, oss.bucket().list_objects_v2):
        with pytest.raises(oss2.exceptions.InvalidArgument):
            lister(max_keys=value)


def test_names_are_only_encoded_on_request(oss: OssService) -> None:
    """Without ``encoding-type`` keys are plain text; an encoding other than url is refused."""
    root = _list(oss, prefix="ü")
    assert [node.text for node in root.findall("Contents/Key")] == ["ü/日本"]
    assert root.find("EncodingType") is None
    root = _list(oss, prefix="ü", **{"encoding-type": "url"})
    assert root.findtext("Contents/Key") == quote("ü/日本", safe="")
    with pytest.raises(oss2.exceptions.InvalidArgument):
        _list(oss, **{"encoding-type": "base64"})


def test_a_foreign_continuation_token_is_refused(oss: OssService) -> None:
    """Tokens come from the list before."""
    with pytest.raises(oss2.exceptions.InvalidArgument):
        oss.bucket().list_objects_v2(continuation_token="$$$")


@pytest.mark.parametrize("per_page", [1, 2, 100])
def test_open_uploads_are_listed_page_by_page(oss: OssService, per_page: int) -> None:
    """By key, then by id; those of one key are not lost at the end of a page."""
    bucket = oss.bucket(name=f"uploads-{per_page}")
    bucket.create_bucket()
    keys = ["a/1", "a/1", "a/1", "b ü", "c"]
    opened = sorted((key, bucket.init_multipart_upload(key).upload_id) for key in keys)
    listed = list(oss2.MultipartUploadIterator(bucket, max_uploads=per_page))
    assert [(item.key, item.upload_id) for item in listed] == opened
    rolled = list(oss2.MultipartUploadIterator(bucket, delimiter="/", max_uploads=per_page))
    assert [item.key for item in rolled if item.is_prefix()] == ["a/"]
    of_key = list(oss2.ObjectUploadIterator(bucket, "a/1", max_uploads=per_page))
    assert len(of_key) == 3
    ignored = bucket.list_multipart_uploads(upload_id_marker=opened[0][1])
    assert len(ignored.upload_list) == len(keys)


@pytest.mark.parametrize("per_page", [1, 2, 1000])
def test_parts_are_listed_page_by_page(oss: OssService, per_page: int) -> None:
    """By number, with size and ETag, and with the CRC64 that oss2's own parser drops."""
    bucket = oss.bucket()
    upload_id = bucket.init_multipart_upload("parts").upload_id
    etags = {
        number: bucket.upload_part("parts", upload_id, number, b"x" * number).etag
        for number in (5, 1, 3)
    }
    found = list(oss2.PartIterator(bucket, "parts", upload_id, max_parts=per_page))
    assert [(part.part_number, part.etag, part.size) for part in found] == [
        (number, etags[number], number) for number in (1, 3, 5)
    ]
    url = bucket.sign_url("GET", "parts", 60, params={"uploadId": upload_id})
    root = ET.fromstring(oss.http("GET", url).content)
    crcs = [int(node.text or "") for node in root.findall("Part/HashCrc64ecma")]
    assert crcs == [crc64.xz(b"x" * number) for number in (1, 3, 5)]
    bucket.abort_multipart_upload("parts", upload_id)


@given(keys=NAMES, prefix=st.text("ab/", max_size=2), limit=st.integers(1, 5))
def test_pages_add_up_to_the_whole_list(keys: list[str], prefix: str, limit: int) -> None:
    """Nothing is lost or repeated between pages, with common prefixes among the names."""
    entries = [Entry(key, "", None) for key in sorted(keys)]
    listed: list[str] = []
    after, truncated = ("", ""), True
    while truncated:
        found = page(entries, prefix=prefix, delimiter="/", after=after, limit=limit)
        assert len(found.entries) + len(found.prefixes) <= limit
        listed += [entry.key for entry in found.entries] + found.prefixes
        after, truncated = after_key(found.last[0]), found.truncated
    inside = [key for key in keys if key.startswith(prefix)]
    rolled = {
        prefix + key[len(prefix) :].partition("/")[0] + "/"
        for key in inside
        if "/" in key[len(prefix) :]
    }
    plain = {key for key in inside if "/" not in key[len(prefix) :]}
    assert sorted(listed) == sorted([*plain, *rolled])


def _list(oss: OssService, **parameters: str) -> ET.Element:
    """List objects with exactly these parameters; oss2 always asks for encoded names."""
    bucket = oss.bucket()
    return ET.fromstring(bucket._do("GET", bucket.bucket_name, "", params=parameters).read())
