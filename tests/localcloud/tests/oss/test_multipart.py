"""Multipart uploads, with the limits where and when the service has them."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from functools import partial
from typing import Any

import oss2
import pytest
from fastcrc import crc64
from oss2.models import PartInfo

from tests.peers.oss_service import OssService, refusal, running

LEAST = 100 * 1024


def random_bytes(size: int) -> bytes:
    return random.Random(size).randbytes(size)


@pytest.fixture(scope="module")
def oss() -> Iterator[OssService]:
    with running() as service:
        yield service


class Sending:
    """One upload of a test."""

    def __init__(self, bucket: Any, key: str) -> None:
        self.bucket, self.key = bucket, key
        self.upload_id = bucket.init_multipart_upload(key).upload_id

    def part(self, number: int, data: bytes) -> PartInfo:
        return PartInfo(number, self.send(number, data).etag)

    def send(self, number: int, data: bytes, **options: Any) -> Any:
        return self.bucket.upload_part(self.key, self.upload_id, number, data, **options)

    def complete(self, parts: list[PartInfo] | None, **options: Any) -> Any:
        return self.bucket.complete_multipart_upload(self.key, self.upload_id, parts, **options)

    def refused(self, parts: list[PartInfo], code: str) -> None:
        listed = "".join(
            f"<Part><PartNumber>{part.part_number}</PartNumber><ETag>{part.etag}</ETag></Part>"
            for part in parts
        )
        # Not by oss2's own call, which sorts the parts first.
        body = f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>"
        name, parameters = self.bucket.bucket_name, {"uploadId": self.upload_id}
        with pytest.raises(oss2.exceptions.ServerError) as error:
            self.bucket._do("POST", name, self.key, params=parameters, data=body)
        assert error.value.code == code
        assert not self.bucket.object_exists(self.key)
        self.bucket.abort_multipart_upload(self.key, self.upload_id)


def test_parts_become_one_object(oss: OssService) -> None:
    """Sent in any order and with gaps, they are joined by number, with the CRC64 of the whole."""
    bucket = oss.bucket()
    sending = Sending(bucket, "joined ü")
    pieces = {7: random_bytes(LEAST), 2: random_bytes(LEAST + 1), 10000: b"tail"}
    for number, data in pieces.items():
        sent = sending.send(number, data)
        assert sent.etag == hashlib.md5(data).hexdigest().upper()
        assert sent.crc == crc64.xz(data)
    parts = [
        PartInfo(n, hashlib.md5(d).hexdigest(), len(d), crc64.xz(d))
        for n, d in sorted(pieces.items())
    ]
    whole = b"".join(data for _, data in sorted(pieces.items()))
    done = sending.complete(parts)  # oss2 compares the CRC64 with its own combination
    assert done.crc == crc64.xz(whole)
    assert done.etag.endswith("-3")
    got = bucket.get_object("joined ü")
    assert (got.read(), got.object_type, got.server_crc) == (whole, "Multipart", done.crc)
    assert "Content-MD5" not in got.headers
    first, last = LEAST - 5, 2 * LEAST + 3
    across = bucket.get_object("joined ü", byte_range=(first, last)).read()
    assert across == whole[first : last + 1]


def test_a_part_that_is_sent_again_replaces_the_first(oss: OssService) -> None:
    """The last one counts, and the bytes of the first are gone from the disk."""
    bucket = oss.bucket()
    sending = Sending(bucket, "again")
    before = len(oss.files())
    sending.part(1, b"first")
    again = sending.part(1, b"second")
    assert len(oss.files()) == before + 1
    sending.complete([again])
    assert bucket.get_object("again").read() == b"second"


def test_an_open_upload_leaves_the_object_alone(oss: OssService) -> None:
    """Nothing changes before Complete, and other uploads of the key stay open after it."""
    bucket = oss.bucket()
    bucket.put_object("busy", b"old")
    one, two = Sending(bucket, "busy"), Sending(bucket, "busy")
    part = one.part(1, b"one")
    other = two.part(1, b"two")
    assert bucket.get_object("busy").read() == b"old"
    one.complete([part])
    assert bucket.get_object("busy").read() == b"one"
    two.complete([other])
    assert bucket.get_object("busy").read() == b"two"


def test_attributes_come_from_initiate(oss: OssService) -> None:
    """Type, metadata, class, tags; the ACL may come with Complete."""
    bucket = oss.bucket()
    headers = {"Content-Type": "a/b", "x-oss-meta-m": "1", "x-oss-storage-class": "IA"}
    upload_id = bucket.init_multipart_upload("said", headers=headers).upload_id
    part = bucket.upload_part("said", upload_id, 1, b"x")
    acl = {"x-oss-object-acl": "public-read"}
    bucket.complete_multipart_upload("said", upload_id, [PartInfo(1, part.etag)], headers=acl)
    head = bucket.head_object("said")
    assert {name: head.headers[name] for name in headers} == headers
    assert bucket.get_object_acl("said").acl == "public-read"


def test_small_parts_are_refused_only_at_complete(oss: OssService) -> None:
    """100 KiB at least, but for the last; nobody says so while they are sent."""
    sending = Sending(oss.bucket(), "small")
    parts = [sending.part(1, bytes(LEAST - 1)), sending.part(2, b"x")]
    sending.refused(parts, "EntityTooSmall")
    sending = Sending(oss.bucket(), "exact")
    sending.complete([sending.part(1, bytes(LEAST)), sending.part(2, b"x")])
    assert oss.bucket().get_object("exact").read() == bytes(LEAST) + b"x"


def test_complete_checks_what_is_listed(oss: OssService) -> None:
    """Ascending order, parts that exist, their own ETags, at least one."""
    big = bytes(LEAST)
    sending = Sending(oss.bucket(), "order")
    parts = [sending.part(1, big), sending.part(2, big)]
    sending.refused(parts[::-1], "InvalidPartOrder")
    sending = Sending(oss.bucket(), "twice")
    sending.refused([sending.part(1, big)] * 2, "InvalidPartOrder")
    sending = Sending(oss.bucket(), "absent")
    sending.refused([sending.part(1, big), PartInfo(2, "0" * 32)], "InvalidPart")
    sending = Sending(oss.bucket(), "etag")
    sending.part(1, big)
    sending.refused([PartInfo(1, "0" * 32)], "InvalidPart")
    sending = Sending(oss.bucket(), "none")
    sending.refused([], "MalformedXML")
    names = ("order", "twice", "absent", "etag", "none")
    assert not any(oss.bucket().object_exists(name) for name in names)


def test_etags_may_come_in_any_case_and_quoting(oss: OssService) -> None:
    """``"abc"`` and ABC are the same tag."""
    sending = Sending(oss.bucket(), "quoting")
    etag = sending.part(1, b"x").etag
    sending.complete([PartInfo(1, f'"{etag.lower()}"')])
    assert oss.bucket().get_object("quoting").read() == b"x"


@pytest.mark.parametrize("number", ["0", "10001", "-1", "x", "1.5", "", "²"])
def test_part_numbers_are_1_to_10000(oss: OssService, number: str) -> None:
    """Anything else is refused with the argument's name."""
    sending = Sending(oss.bucket(), "numbers")
    with pytest.raises(oss2.exceptions.InvalidArgument) as error:
        sending.send(number, b"x")  # type: ignore[arg-type]
    assert error.value.name == "PartNumber"
    sending.bucket.abort_multipart_upload("numbers", sending.upload_id)


def test_a_part_needs_number_and_upload(oss: OssService) -> None:
    """One without the other is no part, and no object either."""
    for parameters in ({"partNumber": "1"}, {"uploadId": "x"}):
        url = oss.bucket().sign_url("PUT", "neither", 60, params=parameters)
        reply = oss.http("PUT", url, data=b"x")
        assert (reply.status_code, reply.headers["x-oss-ec"]) == (400, "0017-00000219")
    assert not oss.bucket().object_exists("neither")


def test_a_part_that_does_not_match_its_md5_is_not_stored(oss: OssService) -> None:
    """The part that was there stays."""
    sending = Sending(oss.bucket(), "md5")
    sending.part(1, b"good")
    with pytest.raises(oss2.exceptions.InvalidDigest):
        sending.send(1, b"bad", headers={"Content-MD5": oss2.utils.content_md5(b"good")})
    (listed,) = sending.bucket.list_parts("md5", sending.upload_id).parts
    assert listed.size == 4
    sending.bucket.abort_multipart_upload("md5", sending.upload_id)


def test_an_upload_ends_once(oss: OssService) -> None:
    """After Complete or Abort its id is unknown, for every call, and for another key always."""
    bucket = oss.bucket()
    completed, aborted = Sending(bucket, "ended"), Sending(bucket, "ended")
    parts = [completed.part(1, b"x")]
    with pytest.raises(oss2.exceptions.NoSuchUpload):
        bucket.upload_part("another", completed.upload_id, 1, b"x")
    completed.complete(parts)
    bucket.abort_multipart_upload("ended", aborted.upload_id)
    for sending in (completed, aborted):
        ended = ("ended", sending.upload_id)
        attempts = [
            partial(sending.send, 1, b"x"),
            partial(sending.complete, parts),
            partial(bucket.abort_multipart_upload, *ended),
            partial(bucket.list_parts, *ended),
        ]
        for attempt in attempts:
            with pytest.raises(oss2.exceptions.NoSuchUpload) as error:
                attempt()
            assert error.value.details["UploadId"] == sending.upload_id
    assert bucket.get_object("ended").read() == b"x"


def test_complete_all_takes_what_is_there(oss: OssService) -> None:
    """Without a body the server lists the parts itself; with one it refuses."""
    bucket = oss.bucket()
    sending = Sending(bucket, "all")
    part = sending.part(3, b"tail")
    sending.part(1, bytes(LEAST))
    headers = {"x-oss-complete-all": "yes"}
    with pytest.raises(oss2.exceptions.InvalidArgument):
        sending.complete([part], headers=dict(headers))
    sending.complete(None, headers=dict(headers))
    assert bucket.get_object("all").read() == bytes(LEAST) + b"tail"


def test_overwriting_can_be_forbidden_at_complete(oss: OssService) -> None:
    """An object that came in between stays, and so does the upload."""
    bucket = oss.bucket()
    sending = Sending(bucket, "between")
    part = sending.part(1, b"late")
    bucket.put_object("between", b"early")
    forbid = {"x-oss-forbid-overwrite": "true"}
    with pytest.raises(oss2.exceptions.ServerError) as error:
        sending.complete([part], headers=forbid)
    assert refusal(error) == (409, "FileAlreadyExists")
    assert bucket.get_object("between").read() == b"early"
    sending.complete([part])
    assert bucket.get_object("between").read() == b"late"


def test_forbid_overwrite_means_nothing_with_versions(oss: OssService) -> None:
    """A bucket with versioning enabled or suspended ignores the header, and says so itself."""
    bucket = oss.bucket(name="versioned")
    bucket.create_bucket()
    assert bucket.get_bucket_versioning().status is None
    forbid = {"x-oss-forbid-overwrite": "true"}
    for status in ("Enabled", "Suspended"):
        bucket.put_bucket_versioning(oss2.models.BucketVersioningConfig(status))
        assert bucket.get_bucket_versioning().status == status
        for content in (b"1", b"2"):
            bucket.put_object("x", content, headers=forbid)
        assert bucket.get_object("x").read() == b"2"


def test_parts_are_copied_from_objects(oss: OssService) -> None:
    """A range or the whole; the object's CRC64 is that of its parts, copied ones and sent."""
    bucket = oss.bucket()
    data = random_bytes(3 * LEAST)
    bucket.put_object("copied from", data)
    sending = Sending(bucket, "copied to")
    name = bucket.bucket_name

    def copy(number: int, byte_range: tuple[int, int] | None, **headers: str) -> Any:
        return bucket.upload_part_copy(
            name, "copied from", byte_range, "copied to", sending.upload_id, number, headers=headers
        )

    ranged = copy(1, (0, LEAST - 1))
    assert ranged.headers["Content-Range"] == f"bytes 0-{LEAST - 1}/{len(data)}"
    assert ranged.etag == hashlib.md5(data[:LEAST]).hexdigest().upper()
    beyond = copy(2, (5, len(data)))
    assert "Content-Range" not in beyond.headers
    with pytest.raises(oss2.exceptions.PreconditionFailed):
        copy(3, None, **{"x-oss-copy-source-if-match": "other"})
    parts = [PartInfo(1, ranged.etag), PartInfo(2, beyond.etag), sending.part(3, b"sent")]
    whole = data[:LEAST] + data + b"sent"
    assert sending.complete(parts).crc == crc64.xz(whole)
    got = bucket.get_object("copied to")
    assert (got.read(), got.server_crc) == (whole, crc64.xz(whole))


def test_no_file_is_left_behind(oss: OssService) -> None:
    """Abort and Delete free the disk."""
    bucket = oss.bucket()
    before = oss.files()
    sending = Sending(bucket, "freed")
    sending.part(1, bytes(LEAST))
    bucket.abort_multipart_upload("freed", sending.upload_id)
    sending = Sending(bucket, "freed")
    sending.complete([sending.part(1, b"x")])
    bucket.delete_object("freed")
    assert oss.files() == before
