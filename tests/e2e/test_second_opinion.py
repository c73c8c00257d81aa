"""Objects of an S3 that somebody else wrote: moto, as a server of its own.

It has its own idea of addresses, ranges, conditions and checksums. It does not check signatures, so
what it gives says nothing about them; that is for the faces, which do, and for tests/origins.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import pytest
import requests
from botocore.config import Config

from tests.e2e.contents import bytes_of
from tests.e2e.interrupted import leaving_nothing
from tests.e2e.other_clouds import ODD
from tests.e2e.spotless import staying_spotless
from tests.e2e.transfers import headers_of, refused, stored, transferred
from tests.localcloud.client import LocalCloud, started
from tests.localcloud.patience import eventually

PART = 5 * 1024 * 1024  # the least that S3 takes
SIZE = PART + 1_000_001
KEYS = [
    *("plain.bin", "a b c", "a+b", "100%", "50%25", "%2F", 'say "yes"', "it's", "a&b=c?d#e"),
    *("//x", "a//b", "dir/", "日本/語.mp4", "ü", "~!*()", "a;b,c:d@e$f", ODD),
    *("a/./b", "a/../b", "//../x", "...", ".", "back\\slash", "[x]{y}|^`<z>"),
]
BUCKET, REGION = "second-opinion", "eu-central-1"
ID, SECRET = "AKIDMOTO", "secret-of-moto"


class Moto(NamedTuple):
    """``client`` is boto3; both know each other from elsewhere."""

    url: str
    client: Any
    cloud: LocalCloud


@contextlib.contextmanager
def moto_server(log: Path) -> Iterator[str]:
    """Run it until the block ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    environ = {**os.environ, "MOTO_ACCOUNT_ID": "123456789012"}
    with log.open("wb") as written:
        server = subprocess.Popen(command, stdout=written, stderr=written, env=environ)
        try:
            eventually(lambda: _answers(port), within=30)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(30)


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError):
        return requests.get(f"http://127.0.0.1:{port}/moto-api/", timeout=5).ok
    return False


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moto]:
    with moto_server(tmp_path_factory.mktemp("moto") / "log") as url:
        client = boto3.client(
            "s3",
            endpoint_url=url,
            region_name=REGION,
            aws_access_key_id=ID,
            aws_secret_access_key=SECRET,
            config=Config(s3={"addressing_style": "path"}),
        )
        place = {"LocationConstraint": REGION}
        client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=place)
        env = {
            "OSSFERRY_FAN_OUT_FROM": "1",
            "OSSFERRY_CREDENTIALS_MOTO": f"{ID}:{SECRET}",
            "OSSFERRY_BUCKETS_MOTO": f"s3://{BUCKET} {REGION} {url}",
        }
        with started(env=env) as cloud:
            yield Moto(url, client, cloud)


@pytest.fixture
def moto(running: Moto) -> Iterator[Moto]:
    with staying_spotless(running.cloud), leaving_nothing(running.cloud):
        yield running


def test_keys_mean_the_same_to_both(moto: Moto) -> None:
    """Whatever they are made of; each has bytes of its own."""
    wrong = []
    for number, name in enumerate(KEYS):
        body = f"{number} {name}".encode()
        moto.client.put_object(Bucket=BUCKET, Key=name, Body=body, ContentType="text/x-own")
        transferred(moto.cloud, f"s3://{BUCKET}/{name}", f"moto/{number}")
        if stored(moto.cloud, f"moto/{number}") != body:
            wrong.append(name)
    assert wrong == []
    assert headers_of(moto.cloud, "moto/0")["Content-Type"] == "text/x-own"


@pytest.mark.parametrize("size", [0, 1, SIZE])
def test_sizes_are_copied_and_found_again(moto: Moto, key: str, size: int) -> None:
    """By children where it pays; sent again, the object is there."""
    moto.client.put_object(Bucket=BUCKET, Key="sized", Body=bytes_of("sized", size))
    fields = {"part_size": 512 * 1024, "max_children": 2}
    reply = transferred(moto.cloud, f"s3://{BUCKET}/sized", key, **fields)
    assert reply["status"] == "copied"
    assert stored(moto.cloud, key) == bytes_of("sized", size)
    assert transferred(moto.cloud, f"s3://{BUCKET}/sized", key, **fields)["status"] == "unchanged"


def test_an_object_of_parts_is_copied(moto: Moto, key: str) -> None:
    """Its ETag is no MD5, its checksum none of the whole, and its parts are not ours."""
    body = bytes_of("parts", SIZE)
    upload = moto.client.create_multipart_upload(
        Bucket=BUCKET, Key="parts", ChecksumAlgorithm="CRC32"
    )["UploadId"]
    parts = []
    for number, start in enumerate((0, PART), 1):
        sent = moto.client.upload_part(
            Bucket=BUCKET,
            Key="parts",
            UploadId=upload,
            PartNumber=number,
            Body=body[start : start + PART],
            ChecksumAlgorithm="CRC32",
        )
        parts.append({"PartNumber": number, "ETag": sent["ETag"]})
    moto.client.complete_multipart_upload(
        Bucket=BUCKET, Key="parts", UploadId=upload, MultipartUpload={"Parts": parts}
    )
    reply = transferred(moto.cloud, f"s3://{BUCKET}/parts", key, part_size=700_000)
    assert stored(moto.cloud, key) == body
    assert not any(each.startswith("source_") for each in reply["proof"])


def test_what_is_not_there_is_said(moto: Moto, key: str) -> None:
    """In moto's words."""
    error = refused(moto.cloud, f"s3://{BUCKET}/none", key)
    assert error.error_type == "SourceGone"
    assert f"s3://{BUCKET}/none is not there" in error.message
    error = refused(moto.cloud, "s3://no-such-bucket/x", key, source_endpoint=moto.url)
    assert "no bucket s3://no-such-bucket" in error.message


def test_an_archived_object_is_restored_elsewhere(moto: Moto, key: str) -> None:
    """Moto refuses to give it, as S3 does."""
    moto.client.put_object(Bucket=BUCKET, Key="cold", Body=b"cold", StorageClass="GLACIER")
    error = refused(moto.cloud, f"s3://{BUCKET}/cold", key)
    assert error.error_type == "SourceArchived"
    assert "restore it there" in error.message
