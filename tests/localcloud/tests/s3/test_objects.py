"""What S3 says of objects: bytes, ranges, conditions, checksums and errors."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.localcloud.faces.face import Objects
from tests.localcloud.faces.stored import Generated, Stored
from tests.localcloud.origin.contents import generated
from tests.localcloud.s3.face import S3
from tests.localcloud.tests.face_asking import ask
from tests.localcloud.tests.s3.conftest import BYTES, KEY, client, signed

_CHECK = b"123456789"


def test_what_was_put_is_there(s3: S3) -> None:
    boto = client(s3)
    put = boto.put_object(Bucket="media", Key="new ö", Body=b"new", ContentType="text/x")
    assert put["ETag"] == f'"{hashlib.md5(b"new").hexdigest()}"'
    got = boto.get_object(Bucket="media", Key="new ö")
    assert (got["Body"].read(), got["ContentType"]) == (b"new", "text/x")
    # boto3 brings a CRC32, which is what S3 then tells.
    head = boto.head_object(Bucket="media", Key="new ö", ChecksumMode="ENABLED")
    assert head["ChecksumCRC32"] == put["ChecksumCRC32"]
    boto.delete_object(Bucket="media", Key="new ö")
    with pytest.raises(ClientError, match="NoSuchKey"):
        boto.get_object(Bucket="media", Key="new ö")
    with pytest.raises(ClientError, match="NoSuchBucket"):
        boto.get_object(Bucket="none", Key="x")


def test_a_body_that_is_not_as_promised_is_no_object(s3: S3) -> None:
    with pytest.raises(ClientError, match="BadDigest"):
        client(s3).put_object(Bucket="media", Key="x", Body=b"x", ChecksumCRC32="AAAAAA==")
    assert "x" not in s3.buckets["media"]


def test_ranges_and_conditions(s3: S3) -> None:
    boto = client(s3)
    got = boto.get_object(Bucket="media", Key="a.bin", Range="bytes=-4")
    assert (got["Body"].read(), got["ContentRange"][:6]) == (BYTES[-4:], "bytes ")
    url = signed(s3)
    etag = f'"{hashlib.md5(BYTES).hexdigest()}"'
    assert ask(url, If_Match=etag).headers["ETag"] == etag
    assert (ask(url, If_Match='"x"').status, ask(url, If_Match='"x"').code) == (
        412,
        "PreconditionFailed",
    )
    assert ask(url, If_None_Match=etag).status == 304
    beyond = ask(url, Range="bytes=99999999-")
    assert (beyond.status, beyond.code) == (416, "InvalidRange")
    assert beyond.told("ActualObjectSize") == str(len(BYTES))


def test_large_objects_take_no_disk(s3: S3) -> None:
    seen = ask(signed(s3, "big"), Range="bytes=1000000-2999999")
    assert seen.body == b"".join(generated("s3", 3_000_000).read(1_000_000, 2_000_000))


def test_checksums_are_told_when_asked_for_and_signed(s3: S3) -> None:
    s3.put("media/check", _CHECK)
    boto = client(s3)
    head = boto.head_object(Bucket="media", Key="check", ChecksumMode="ENABLED")
    assert (head["ChecksumCRC64NVME"], head["ChecksumType"]) == ("rosUhgp5mIg=", "FULL_OBJECT")
    s3.put("media/check", Stored(_CHECK, checksum="crc32c"))
    head = boto.head_object(Bucket="media", Key="check", ChecksumMode="ENABLED")
    crc = base64.b64encode(bytes.fromhex("e3069283")).decode()
    assert head["ChecksumCRC32C"] == crc
    s3.put("media/check", Stored(_CHECK, checksum=""))
    assert "ChecksumType" not in boto.head_object(
        Bucket="media", Key="check", ChecksumMode="ENABLED"
    )


def test_checksums_are_not_told_otherwise(s3: S3) -> None:
    head = ask(signed(s3, operation="head_object"), "HEAD")
    assert not [name for name in head.headers if "checksum" in name]
    got = client(s3).get_object(
        Bucket="media", Key="a.bin", ChecksumMode="ENABLED", Range="bytes=0-9"
    )
    assert "ChecksumType" not in got
    # As a parameter it is only something that is signed.
    url = client(s3).generate_presigned_url(
        "get_object", {"Bucket": "media", "Key": "a.bin", "ChecksumMode": "ENABLED"}
    )
    if "x-amz-checksum-mode=" in url:
        assert not [name for name in ask(url).headers if "checksum" in name]


def test_objects_in_parts(s3: S3) -> None:
    boto = client(s3)
    md5s = b"".join(
        hashlib.md5(BYTES[at : at + 5000]).digest() for at in range(0, len(BYTES), 5000)
    )
    head = boto.head_object(Bucket="media", Key="parts", ChecksumMode="ENABLED")
    assert head["ETag"] == f'"{hashlib.md5(md5s).hexdigest()}-4"'
    assert head["ChecksumType"] == "FULL_OBJECT"
    head = boto.head_object(Bucket="media", Key="composite", ChecksumMode="ENABLED")
    assert head["ChecksumType"] == "COMPOSITE"
    assert head["ChecksumCRC32C"].endswith("-4")


def test_archived_objects_are_seen_and_not_read(s3: S3) -> None:
    seen = ask(signed(s3, "cold"))
    assert (seen.status, seen.code) == (403, "InvalidObjectState")
    assert seen.told("StorageClass") == "GLACIER"
    head = client(s3).head_object(Bucket="media", Key="cold")
    assert head["StorageClass"] == "GLACIER"
    assert ask(signed(s3, "thawed")).body == BYTES


def test_google_tells_its_own_hash() -> None:
    objects: Objects = {"media/a.bin": _CHECK, "media/p": Stored(_CHECK, part_size=4)}
    with S3(objects, [KEY], "europe-west1", mode="gcs") as gcs:
        seen = ask(signed(gcs, region="auto"), Range="bytes=0-1")
        md5 = base64.b64encode(hashlib.md5(_CHECK).digest()).decode()
        assert seen.headers["x-goog-hash"] == f"crc32c=4waSgw==,md5={md5}"
        assert ask(signed(gcs, "p", region="auto")).headers["x-goog-hash"] == "crc32c=4waSgw=="


def test_huawei_tells_a_crc64_but_not_of_a_range() -> None:
    objects: Objects = {
        "media/a.bin": _CHECK,
        "media/old": Stored(_CHECK, crc64=False),
        "open/a": _CHECK,
    }
    crc = str(0x995DC9BBDF1939FA)
    with S3(objects, [KEY], "cn-north-4", mode="obs", public=["open"]) as obs:
        url = signed(obs, region="cn-north-4")
        assert ask(url).headers["x-amz-checksum-crc64ecma"] == crc
        assert ask(url, Range="bytes=0-1").headers["x-amz-checksum-crc64ecma"] is None
        old = ask(signed(obs, "old", region="cn-north-4"))
        assert old.headers["x-amz-checksum-crc64ecma"] is None
        assert ask(f"{obs.url}/open/a").headers["x-obs-checksum-crc64ecma"] == crc


def test_a_directory_is_buckets_of_files(tmp_path: Path) -> None:
    (tmp_path / "media" / "in").mkdir(parents=True)
    (tmp_path / "media" / "in" / "a.bin").write_bytes(BYTES)
    with S3(tmp_path, public=["media"], mode="r2", region="auto") as r2:
        assert ask(f"{r2.url}/media/in/a.bin").body == BYTES


def test_r2_takes_other_names_of_its_region() -> None:
    with S3({"media/a.bin": BYTES}, [KEY], "auto", mode="r2") as r2:
        assert ask(signed(r2, region="us-east-1")).status == 200
        assert ask(signed(r2, region="auto")).status == 200
        assert ask(signed(r2, region="eu-west-1")).status == 400


def test_other_operations_are_refused(s3: S3) -> None:
    with pytest.raises(ClientError, match="NotImplemented"):
        client(s3).get_object_acl(Bucket="media", Key="a.bin")
    with pytest.raises(ClientError, match="NotImplemented"):
        client(s3).create_multipart_upload(Bucket="media", Key="a.bin")
    assert s3.put("media/g", Generated("g", 5)).size == 5


def test_a_strange_request_is_refused_in_words(s3: S3) -> None:
    assert ask(f"{s3.url}/open/%FF").code == "InvalidURI"
    assert ask(f"{s3.url}/open/a.txt", Authorization="AWS4-HMAC-SHA256 ").status == 400
    assert ask(f"{s3.url}/open?list-type=2&max-keys=many").code == "InvalidArgument"
    assert ask(f"{s3.url}/open?list-type=2&max-keys=-1").code == "InvalidArgument"
    assert ask(f"{s3.url}/").code == "NoSuchBucket"
    seen = ask(f"{s3.url}/media/x", "HEAD")
    assert (seen.status, seen.body) == (403, b"")
