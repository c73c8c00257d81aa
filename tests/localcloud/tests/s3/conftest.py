"""An S3 of one region, and boto3 that asks it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.localcloud.faces.credential import Credential
from tests.localcloud.faces.face import Objects
from tests.localcloud.faces.stored import Generated, Stored
from tests.localcloud.s3.face import S3

KEY = Credential("AKIALOCAL", "a secret/of+mine")
TEMPORARY = Credential("ASIALOCAL", "another", token="a token/+=")
LATE = Credential("ASIALATE", "third", token="old", expires=1.0)
REGION = "eu-west-1"
BYTES = bytes(range(256)) * 64
ODD = "a b/+%25//../'?#&=/日本"


@pytest.fixture
def s3() -> Iterator[S3]:
    objects: Objects = {
        "media/a.bin": BYTES,
        f"media/{ODD}": b"odd",
        "media/big": Generated("s3", 3_000_000),
        "media/parts": Stored(BYTES, part_size=5000),
        "media/composite": Stored(BYTES, part_size=5000, checksum="crc32c", composite=True),
        "media/cold": Stored(BYTES, storage_class="GLACIER"),
        "media/thawed": Stored(BYTES, storage_class="GLACIER", restored=True),
        "open/a.txt": b"public",
    }
    elsewhere = {"away": "ap-south-1"}
    with S3(objects, [KEY, TEMPORARY, LATE], REGION, public=["open"], elsewhere=elsewhere) as face:
        yield face


def client(
    s3: S3, key: Credential = KEY, region: str = REGION, style: str = "path", url: str = ""
) -> Any:
    """Return boto3 as it is, but that it asks only once."""
    return boto3.client(
        "s3",
        endpoint_url=url or s3.url,
        region_name=region,
        aws_access_key_id=key.id,
        aws_secret_access_key=key.secret,
        aws_session_token=key.token or None,
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": style},
            retries={"total_max_attempts": 1},
        ),
    )


def signed(s3: S3, name: str = "a.bin", operation: str = "get_object", **options: Any) -> str:
    """Return a URL that boto3 has signed."""
    lifetime = options.pop("lifetime", 600)
    parameters = {"Bucket": "media", "Key": name}
    url: str = client(s3, **options).generate_presigned_url(operation, parameters, lifetime)
    return url
