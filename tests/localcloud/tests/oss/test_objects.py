"""Objects: put, read, copied, appended to, described and removed, as the service does it."""

from __future__ import annotations

import base64
import hashlib
import socket
from collections.abc import Callable, Iterator
from typing import Any

import oss2
import pytest
from fastcrc import crc64

from tests.peers.oss_service import OssService, refusal, running

DATA = bytes(range(256)) * 4


@pytest.fixture(scope="module")
def oss() -> Iterator[OssService]:
    with running() as service:
        yield service


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 300_000, 3_000_001])
def test_a_put_object_is_read_back_with_its_proofs(oss: OssService, size: int) -> None:
    """Bytes, CRC64, MD5 and ETag are of what was sent, for sizes around every inner limit."""
    data = (DATA * (size // len(DATA) + 1))[:size]
    bucket = oss.bucket()
    put = bucket.put_object("sized", data)
    md5 = hashlib.md5(data)
    assert put.etag == md5.hexdigest().upper()
    assert put.crc == crc64.xz(data)
    got = bucket.get_object("sized")
    assert got.read() == data
    assert (got.etag, got.server_crc, got.content_length) == (put.etag, put.crc, size)
    assert got.headers["Content-MD5"] == base64.b64encode(md5.digest()).decode()
    assert got.object_type == "Normal"


def test_a_body_of_unknown_length_is_taken(oss: OssService) -> None:
    """A chunked body is stored whole."""
    oss.bucket().put_object("stream", iter([b"one", b"two" * 100_000]))
    assert oss.bucket().get_object("stream").read() == b"one" + b"two" * 100_000


def test_headers_and_metadata_are_kept(oss: OssService) -> None:
    """What the writer says about an object is told to its readers, by GET and by HEAD."""
    said = {
        "Content-Type": "text/x-test",
        "Cache-Control": "no-cache",
        "Content-Disposition": "attachment; filename=x",
        "Content-Encoding": "deflate",
        "Content-Language": "de",
        "Expires": "Fri, 28 Feb 2031 05:38:42 GMT",
        "x-oss-meta-owner": "somebody",
        "x-oss-server-side-encryption": "AES256",
    }
    bucket = oss.bucket()
    bucket.put_object("said", DATA, headers=said)
    head = bucket.head_object("said")
    assert {name: head.headers[name] for name in said} == said
    assert head.content_length == len(DATA)
    assert head.last_modified is not None


def test_response_headers_can_be_overridden(oss: OssService) -> None:
    """A signed request may name the headers of its reply."""
    bucket = oss.bucket()
    bucket.put_object("overridden", DATA)
    parameters = {"response-content-type": "text/odd", "response-cache-control": "max-age=1"}
    headers = bucket.get_object("overridden", params=parameters).headers
    assert (headers["Content-Type"], headers["Cache-Control"]) == ("text/odd", "max-age=1")


def test_a_body_that_does_not_match_its_md5_is_refused(oss: OssService) -> None:
    """The object that was there stays."""
    bucket = oss.bucket()
    bucket.put_object("digest", b"old")
    right = base64.b64encode(hashlib.md5(b"new").digest()).decode()
    with pytest.raises(oss2.exceptions.InvalidDigest):
        bucket.put_object("digest", b"nex", headers={"Content-MD5": right})
    assert bucket.get_object("digest").read() == b"old"
    bucket.put_object("digest", b"new", headers={"Content-MD5": right})


def test_a_put_without_length_is_refused(oss: OssService) -> None:
    """Content-Length or chunks: OSS wants to know."""
    oss.bucket().put_object("length", b"old")
    url = oss.bucket().sign_url("PUT", "length", 60).removeprefix(oss.endpoint)
    with socket.create_connection(oss.address) as raw:
        raw.sendall(f"PUT {url} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        assert raw.recv(4096).startswith(b"HTTP/1.1 411 ")


def test_a_body_over_5_gib_is_refused_before_it_is_sent(oss: OssService) -> None:
    """The announced length is enough."""
    url = oss.bucket().sign_url("PUT", "huge", 60).removeprefix(oss.endpoint)
    with socket.create_connection(oss.address) as raw:
        head = f"PUT {url} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {5 * 2**30 + 1}\r\n\r\n"
        raw.sendall(head.encode())
        assert b"EntityTooLarge" in raw.recv(4096)


@pytest.mark.parametrize("key", ["/slash", "\\back", "k" * 1024, "ü" * 512])
def test_names_that_no_object_can_have_are_refused(oss: OssService, key: str) -> None:
    """1 to 1023 bytes of UTF-8, not starting with a slash or a backslash."""
    with pytest.raises(oss2.exceptions.InvalidObjectName):
        oss.bucket().put_object(key, b"x")


def test_conditions_on_reads(oss: OssService) -> None:
    """412 when what must hold does not, 304 when there is nothing new."""
    bucket = oss.bucket()
    etag = bucket.put_object("conditional", DATA).etag
    past, future = "Thu, 01 Jan 2015 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT"
    for holding in (
        {"If-Match": f'"{etag}"'},
        {"If-Match": etag},
        {"If-None-Match": '"other"'},
        {"If-Modified-Since": past},
        {"If-Unmodified-Since": future},
        {"If-Match": etag, "If-None-Match": "other", "If-Modified-Since": past},
    ):
        assert bucket.get_object("conditional", headers=holding).read() == DATA
    for failing in ({"If-Match": '"other"'}, {"If-Unmodified-Since": past}):
        with pytest.raises(oss2.exceptions.PreconditionFailed):
            bucket.get_object("conditional", headers=failing)
        with pytest.raises(oss2.exceptions.PreconditionFailed):
            bucket.head_object("conditional", headers=failing)
    for unchanged in ({"If-None-Match": f'"{etag}"'}, {"If-Modified-Since": future}):
        with pytest.raises(oss2.exceptions.NotModified):
            bucket.get_object("conditional", headers=unchanged)


def test_writes_take_no_conditions(oss: OssService) -> None:
    """OSS has no conditional put; one that is ignored would be worse than a refusal."""
    with pytest.raises(oss2.exceptions.NotImplemented):
        oss.bucket().put_object("x", b"x", headers={"If-Modified-Since": "x"})


def test_overwriting_can_be_forbidden(oss: OssService) -> None:
    """Put, copy, symlink and initiate all refuse when the key is taken."""
    bucket = oss.bucket()
    bucket.put_object("taken", b"first")
    forbid = {"x-oss-forbid-overwrite": "true"}
    attempts: list[Callable[[], Any]] = [
        lambda: bucket.put_object("taken", b"second", headers=forbid),
        lambda: bucket.copy_object(bucket.bucket_name, "taken", "taken", headers=dict(forbid)),
        lambda: bucket.put_symlink("x", "taken", headers=dict(forbid)),
        lambda: bucket.init_multipart_upload("taken", headers=dict(forbid)),
    ]
    for attempt in attempts:
        with pytest.raises(oss2.exceptions.ServerError) as error:
            attempt()
        assert refusal(error) == (409, "FileAlreadyExists")
    bucket.put_object("free", b"x", headers=forbid)
    assert bucket.get_object("taken").read() == b"first"


def test_meta_is_the_light_head(oss: OssService) -> None:
    """GetObjectMeta tells size, ETag and time, and nothing of the metadata."""
    bucket = oss.bucket()
    put = bucket.put_object("light", DATA, headers={"x-oss-meta-heavy": "1"})
    meta = bucket.get_object_meta("light")
    assert (meta.content_length, meta.etag) == (len(DATA), put.etag)
    assert "x-oss-meta-heavy" not in meta.headers
    assert meta.headers["x-oss-hash-crc64ecma"] == str(put.crc)


def test_missing_things_are_missing(oss: OssService) -> None:
    """A missing key and a missing bucket have codes of their own, on HEAD too."""
    bucket, nowhere = oss.bucket(), oss.bucket(name="no-such-bucket")
    for read in ("get_object", "head_object", "get_object_meta", "get_object_acl"):
        with pytest.raises(oss2.exceptions.NoSuchKey) as error:
            getattr(bucket, read)("missing")
        assert error.value.ec == "0026-00000001"
        with pytest.raises(oss2.exceptions.NoSuchBucket):
            getattr(nowhere, read)("missing")
    assert not bucket.object_exists("missing")
    with pytest.raises(oss2.exceptions.NoSuchBucket):
        nowhere.object_exists("missing")
    with pytest.raises(oss2.exceptions.NoSuchBucket):
        nowhere.put_object("x", b"x")


def test_deleting_is_quiet(oss: OssService) -> None:
    """What is deleted is gone, and deleting it again is no error."""
    bucket = oss.bucket()
    bucket.put_object("gone", b"x")
    assert bucket.delete_object("gone").status == 204
    assert not bucket.object_exists("gone")
    assert bucket.delete_object("gone").status == 204


def test_many_objects_are_deleted_at_once(oss: OssService) -> None:
    """Each key is named in the answer, awkward ones too."""
    bucket = oss.bucket()
    keys = ["many/1", "many/ü %&<>+", "many/missing"]
    for key in [*keys[:2], "many/kept"]:
        bucket.put_object(key, b"x")
    assert bucket.batch_delete_objects(keys).deleted_keys == keys
    assert [each.key for each in oss2.ObjectIterator(bucket, prefix="many/")] == ["many/kept"]
    with pytest.raises(oss2.exceptions.MalformedXml):
        bucket.batch_delete_objects([f"many/{number}" for number in range(1001)])


def test_a_copy_shares_content_and_keeps_or_replaces_metadata(oss: OssService) -> None:
    """The directive decides about metadata; the copy outlives its source."""
    bucket = oss.bucket()
    put = bucket.put_object("origin", DATA, headers={"x-oss-meta-a": "1", "Content-Type": "a/b"})
    name = bucket.bucket_name
    copied = bucket.copy_object(name, "origin", "copy ü", headers={"x-oss-meta-a": "ignored"})
    assert copied.etag == put.etag
    replace = {"x-oss-metadata-directive": "REPLACE", "x-oss-meta-b": "2"}
    bucket.copy_object(name, "origin", "replaced", headers=replace)
    bucket.delete_object("origin")
    kept, replaced = bucket.get_object("copy ü"), bucket.get_object("replaced")
    assert kept.read() == replaced.read() == DATA
    assert (kept.headers["x-oss-meta-a"], kept.content_type) == ("1", "a/b")
    assert "x-oss-meta-a" not in replaced.headers
    assert replaced.headers["x-oss-meta-b"] == "2"


def test_a_copy_obeys_conditions_on_its_source(oss: OssService) -> None:
    """A source that is not the one that was meant is not copied."""
    bucket = oss.bucket()
    etag = bucket.put_object("source", DATA).etag
    name = bucket.bucket_name
    bucket.copy_object(name, "source", "same", headers={"x-oss-copy-source-if-match": etag})
    headers = {"x-oss-copy-source-if-match": "other"}
    with pytest.raises(oss2.exceptions.PreconditionFailed):
        bucket.copy_object(name, "source", "other", headers=headers)
    with pytest.raises(oss2.exceptions.NoSuchKey):
        bucket.copy_object(name, "missing", "other")
    assert not bucket.object_exists("other")


def test_appending_goes_on_where_the_object_ends(oss: OssService) -> None:
    """Each append names the position, and gets the CRC64 of the whole."""
    bucket = oss.bucket()
    first = bucket.append_object("log", 0, DATA, init_crc=0)
    assert first.next_position == len(DATA)
    second = bucket.append_object("log", first.next_position, b"tail", init_crc=first.crc)
    assert second.crc == crc64.xz(DATA + b"tail")
    assert bucket.get_object("log").read() == DATA + b"tail"
    assert bucket.head_object("log").object_type == "Appendable"
    with pytest.raises(oss2.exceptions.PositionNotEqualToLength) as error:
        bucket.append_object("log", 3, b"x")
    assert error.value.next_position == len(DATA) + 4
    bucket.put_object("fixed", b"x")
    with pytest.raises(oss2.exceptions.ObjectNotAppendable):
        bucket.append_object("fixed", 1, b"x")


@pytest.mark.parametrize(
    ("content_type", "size", "zipped"),
    [("text/plain", 1024, True), ("text/plain", 1023, False), ("image/png", 9999, False)],
)
def test_text_is_compressed_for_who_accepts_it(
    oss: OssService, content_type: str, size: int, zipped: bool
) -> None:
    """Long enough text goes out as gzip, without length and ETag, if asked for."""
    bucket = oss.bucket()
    bucket.put_object("text", b"a" * size, headers={"Content-Type": content_type})
    got = bucket.get_object("text", headers={"Accept-Encoding": "gzip"})
    assert got.read() == b"a" * size
    assert (got.headers.get("Content-Encoding") == "gzip") == zipped
    assert ("ETag" in got.headers, "Content-Length" in got.headers) == (not zipped, not zipped)
    assert "Content-Encoding" not in bucket.get_object("text").headers
