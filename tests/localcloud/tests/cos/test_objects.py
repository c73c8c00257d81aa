"""What COS says of objects: bytes, ranges, CRC64, lists, redirects and faults."""

from __future__ import annotations

import hashlib
import time
from typing import Any

import pytest
from qcloud_cos.cos_exception import CosServiceError

from tests.localcloud.cos.face import COS
from tests.localcloud.tests.cos.conftest import BUCKET, BYTES, FAR, HOST, ODD, client, signed
from tests.localcloud.tests.face_asking import ask

_CRC = str(0x995DC9BBDF1939FA)


def test_what_was_put_is_there(cos: COS) -> None:
    sdk = client(cos)
    put = sdk.put_object(Bucket=BUCKET, Key="new ö", Body=b"123456789", EnableMD5=True)
    assert put["x-cos-hash-crc64ecma"] == _CRC
    assert put["ETag"] == f'"{hashlib.md5(b"123456789").hexdigest()}"'
    got = sdk.get_object(Bucket=BUCKET, Key="new ö")
    assert got["Body"].get_raw_stream().read() == b"123456789"
    sdk.delete_object(Bucket=BUCKET, Key="new ö")
    with pytest.raises(CosServiceError, match="NoSuchKey"):
        sdk.get_object(Bucket=BUCKET, Key="new ö")


def test_crc64_is_told_but_of_old_objects(cos: COS) -> None:
    url = signed(cos, "check")
    assert ask(url, Host=HOST).headers["x-cos-hash-crc64ecma"] == _CRC
    assert ask(url, Host=HOST, Range="bytes=0-1").headers["x-cos-hash-crc64ecma"] == _CRC
    assert ask(signed(cos, "old"), Host=HOST).headers["x-cos-hash-crc64ecma"] is None
    cos.behave(f"{BUCKET}/check", "crc64:wrong")
    assert ask(url, Host=HOST).headers["x-cos-hash-crc64ecma"] != _CRC


def test_ranges_and_conditions(cos: COS) -> None:
    url = signed(cos)
    seen = ask(url, Host=HOST, Range="bytes=1-2")
    assert (seen.status, seen.headers["Content-Range"]) == (206, f"bytes 1-2/{len(BYTES)}")
    seen = ask(url, Host=HOST, Range="bytes=99999999-")
    assert (seen.status, seen.code) == (416, "InvalidRange")
    seen = ask(url, Host=HOST, If_Match='"x"')
    assert (seen.status, seen.code) == (412, "PreconditionFailed")


def test_archived_objects_are_seen_and_not_read(cos: COS) -> None:
    seen = ask(signed(cos, "cold"), Host=HOST)
    assert (seen.status, seen.code) == (403, "InvalidObjectState")
    head = client(cos).head_object(Bucket=BUCKET, Key="cold")
    assert head["x-cos-storage-class"] == "ARCHIVE"
    assert ask(signed(cos, "thawed"), Host=HOST).body == BYTES


def test_a_missing_key_leads_back_to_the_origin(cos: COS) -> None:
    host = HOST.replace(BUCKET, FAR)
    assert ask(f"{cos.url}/x", Host=host).status == 403
    cos.public = frozenset({FAR})
    seen = ask(f"{cos.url}/a%20b", Host=host)
    assert (seen.status, seen.headers["Location"]) == (302, "http://127.0.0.1:1/base/a%20b")
    assert ask(f"{cos.url}/here", Host=host).body == b"here"


def test_lists_come_in_pages(cos: COS) -> None:
    keys = sorted(cos.buckets[BUCKET], key=str.encode)
    # The SDK asks for encoded keys by itself, and decodes them.
    assert _listed(cos, MaxKeys=2) == keys
    assert _listed(cos, Prefix="a b/") == [ODD]
    assert _listed(cos, Marker="check") == keys[keys.index("check") + 1 :]
    page = client(cos).list_objects(Bucket=BUCKET, Delimiter="/")
    assert page["CommonPrefixes"] == [{"Prefix": "a b/"}]
    row = client(cos).list_objects(Bucket=BUCKET, Prefix="cold")["Contents"][0]
    assert (row["Size"], row["StorageClass"]) == (str(len(BYTES)), "ARCHIVE")


def test_keys_are_told_encoded_when_asked(cos: COS) -> None:
    parameters = {"prefix": "a b", "encoding-type": "url"}
    seen = ask(signed(cos, "/", Params=parameters), Host=HOST)
    assert b"<Key>a%20b/%2B%2525//x/%27%3F%23%26%3D~/%E6%97%A5%E6%9C%AC</Key>" in seen.body


def test_faults_are_those_of_the_other_servers(cos: COS) -> None:
    url = signed(cos)
    cos.faults({"status": 503, "times": 1})
    seen = ask(url, Host=HOST)
    assert (seen.status, seen.code) == (503, "SlowDown")
    cos.faults({"cut_after": 100})
    assert ask(url, Host=HOST).error
    cos.faults({"bytes_per_second": 40_000, "delay": 0.1})
    began = time.monotonic()
    assert ask(url, Host=HOST).body == BYTES
    assert time.monotonic() - began >= 0.3
    cos.faults()
    cos.behave(f"{BUCKET}/a.bin", "close:10")
    assert ask(url, Host=HOST).error == "IncompleteRead"


def test_other_operations_are_refused(cos: COS) -> None:
    with pytest.raises(CosServiceError, match="NotImplemented"):
        client(cos).get_object_acl(Bucket=BUCKET, Key="a.bin")


def _listed(cos: COS, **options: Any) -> list[str]:
    keys: list[str] = []
    marker = options.pop("Marker", "")
    while True:
        page = client(cos).list_objects(Bucket=BUCKET, Marker=marker, **options)
        keys += [each["Key"] for each in page["Contents"]]
        if page["IsTruncated"] == "false":
            return keys
        marker = page["NextMarker"]
