"""What happens to an object that is there already."""

from __future__ import annotations

import glob
import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.contents import bytes_of
from tests.e2e.transfers import refused, stored, transferred
from tests.localcloud.client import LocalCloud
from tests.localcloud.patience import eventually

PART = 100 * 1024
SIZE = 3 * PART
OLD = b"what was there before"
SIZES = pytest.mark.parametrize("size", [1, SIZE], ids=["one-request", "parts"])


@pytest.mark.parametrize("fields", [{}, {"overwrite": "different"}, {"overwrite": "never"}])
@SIZES
def test_object_that_already_is_the_source_is_not_copied_again(
    eager_cloud: LocalCloud, key: str, size: int, fields: dict[str, str]
) -> None:
    """The same event a second time costs one look at each side and answers the same object."""
    url = eager_cloud.generated(key, size)
    first = transferred(eager_cloud, url, key, part_size=PART)
    before = eager_cloud.origin_requests(url)["bytes"]
    second = transferred(eager_cloud, url, key, part_size=PART, **fields)
    assert (first["status"], second["status"]) == ("copied", "unchanged")
    assert second["object"] == first["object"]
    assert eager_cloud.origin_requests(url)["bytes"] - before <= 1, "only a probe"


@SIZES
def test_object_is_known_by_the_sources_checksum(
    eager_cloud: LocalCloud, key: str, size: int
) -> None:
    """Where the source says its CRC64, an object with the same bytes is left as it is."""
    eager_cloud.bucket.put_object(key, bytes_of("crc", size))
    url = eager_cloud.generated("crc", size, "crc64:given")
    assert transferred(eager_cloud, url, key)["status"] == "unchanged"


def test_object_is_known_under_a_url_that_was_signed_anew(
    eager_cloud: LocalCloud, key: str
) -> None:
    """The query of a URL does not tell sources apart: signatures change all the time."""
    transferred(eager_cloud, eager_cloud.generated(key, SIZE) + "?signature=1", key)
    second = transferred(eager_cloud, eager_cloud.generated(key, SIZE) + "?signature=2", key)
    assert second["status"] == "unchanged"


def test_source_that_its_query_selects_is_another_source(eager_cloud: LocalCloud, key: str) -> None:
    """Of equal size and date, and without an ETag; only what signs a URL may differ."""
    url = eager_cloud.generated(key, SIZE, "etag:none")
    queries = ("&id=1&sig=a", "&id=1&sig=b", "&id=2&sig=b")
    replies = [transferred(eager_cloud, url + query, key) for query in queries]
    assert [reply["status"] for reply in replies] == ["copied", "unchanged", "copied"]


@pytest.mark.parametrize(
    ("turns", "status"),
    [
        (("etag:other,after:2", "etag:strong,after:4"), "unchanged"),
        (("etag:other,after:2",), "copied"),
    ],
    ids=["nodes", "change"],
)
def test_object_whose_source_has_another_etag_is_looked_at_again(
    eager_cloud: LocalCloud, key: str, turns: tuple[str, ...], status: str
) -> None:
    """Another node gives another one, and the first is met again; a change is for good."""
    url = eager_cloud.generated(key, 1, *turns)
    replies = [transferred(eager_cloud, url, key) for _ in range(2)]
    assert [reply["status"] for reply in replies] == ["copied", status]


def test_object_of_another_node_is_not_answered_against_an_expectation(
    eager_cloud: LocalCloud, key: str
) -> None:
    """That its ETag is served again says nothing about the bytes that the event expects."""
    url = eager_cloud.generated(key, 1, "nodes:2")
    assert transferred(eager_cloud, url, key)["status"] == "copied"
    assert refused(eager_cloud, url, key, expected_crc64=1).error_type == "ChecksumMismatch"


@SIZES
def test_object_is_not_answered_against_an_expectation(
    eager_cloud: LocalCloud, key: str, size: int
) -> None:
    """What is there was once right; what the event expects now is not."""
    url = eager_cloud.generated(key, size)
    one_stream = {"max_children": 0, "streams": 1, "part_size": PART}
    first = transferred(eager_cloud, url, key, **one_stream)
    wrong = ({"expected_size": size + 1}, {"expected_crc64": 1}, {"expected_md5": "0" * 32})
    for expected in wrong:
        error = refused(eager_cloud, url, key, **one_stream, **expected)
        assert error.error_type == "ChecksumMismatch"
    right = {"expected_size": size, "expected_md5": hashlib.md5(bytes_of(key, size)).hexdigest()}
    statuses = [transferred(eager_cloud, url, key, **one_stream, **right)["status"] for _ in "12"]
    assert statuses == ["unchanged" if size == 1 else "copied", "unchanged"]
    assert transferred(eager_cloud, url, key)["object"]["crc64"] == first["object"]["crc64"]


@pytest.mark.parametrize("fields", [{}, {"overwrite": "different"}, {"overwrite": "always"}])
@SIZES
def test_object_that_is_something_else_is_replaced(
    eager_cloud: LocalCloud, key: str, size: int, fields: dict[str, str]
) -> None:
    """Another object under the key gives way, as a whole."""
    eager_cloud.bucket.put_object(key, OLD)
    reply = transferred(eager_cloud, eager_cloud.generated(key, size), key, **fields)
    assert reply["status"] == "copied"
    assert stored(eager_cloud, key) == bytes_of(key, size)


def test_source_that_has_changed_is_copied_again(eager_cloud: LocalCloud, key: str) -> None:
    """The same URL with another ETag is another source."""
    transferred(eager_cloud, eager_cloud.generated(key, SIZE), key)
    first = stored(eager_cloud, key)
    reply = transferred(eager_cloud, eager_cloud.generated(key, SIZE, "version:2"), key)
    assert reply["status"] == "copied"
    assert stored(eager_cloud, key) != first


def test_source_with_nothing_to_know_it_by_is_copied_again(
    eager_cloud: LocalCloud, key: str
) -> None:
    """Without ETag, date and checksum nothing says that the object is the source."""
    url = eager_cloud.generated(key, SIZE, "etag:none,last-modified:none")
    replies = [transferred(eager_cloud, url, key) for _ in range(2)]
    assert [reply["status"] for reply in replies] == ["copied", "copied"]


@SIZES
def test_always_copies_what_is_there_already(eager_cloud: LocalCloud, key: str, size: int) -> None:
    """``always`` means it."""
    url = eager_cloud.generated(key, size)
    replies = [transferred(eager_cloud, url, key, overwrite="always") for _ in range(2)]
    assert [reply["status"] for reply in replies] == ["copied", "copied"]


@SIZES
def test_never_leaves_another_object_alone(eager_cloud: LocalCloud, key: str, size: int) -> None:
    """``never`` refuses before a byte is copied."""
    eager_cloud.bucket.put_object(key, OLD)
    error = refused(eager_cloud, eager_cloud.generated(key, size), key, overwrite="never")
    assert error.error_type == "ObjectExists"
    assert stored(eager_cloud, key) == OLD


@SIZES
def test_never_makes_an_object_where_there_is_none(
    eager_cloud: LocalCloud, key: str, size: int
) -> None:
    """``never`` is no obstacle to a new object."""
    url = eager_cloud.generated(key, size)
    transferred(eager_cloud, url, key, part_size=PART, overwrite="never")
    assert stored(eager_cloud, key) == bytes_of(key, size)


@pytest.mark.parametrize(
    ("size", "operation"), [(1, "PutObject"), (SIZE, "CompleteMultipartUpload")]
)
def test_never_holds_against_someone_who_is_faster(
    eager_cloud: LocalCloud, key: str, size: int, operation: str
) -> None:
    """An object that appears while the copy is under way stays; the copy is given up."""
    late = {"operation": operation, "key": glob.escape(key), "nth": 1, "delay": 1.0}
    eager_cloud.faults("oss", [late])
    url = eager_cloud.generated(key, size)
    with ThreadPoolExecutor(1) as caller:
        refusal = caller.submit(refused, eager_cloud, url, key, part_size=PART, overwrite="never")
        eventually(lambda: eager_cloud.fault_counts("oss")[0]["matched"])
        eager_cloud.bucket.put_object(key, OLD)
        error = refusal.result()
    assert error.error_type == "ObjectExists"
    assert stored(eager_cloud, key) == OLD
