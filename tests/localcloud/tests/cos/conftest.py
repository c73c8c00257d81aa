"""A COS of one region, and its SDK."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from qcloud_cos import CosConfig, CosS3Client

from tests.localcloud.cos.face import COS
from tests.localcloud.faces.credential import Credential
from tests.localcloud.faces.face import Objects
from tests.localcloud.faces.stored import Generated, Stored

KEY = Credential("AKIDLOCAL", "a secret")
TEMPORARY = Credential("AKIDTEMP", "another", token="a token/+=")
LATE = Credential("AKIDLATE", "third", token="old", expires=1.0)
REGION = "ap-guangzhou"
BUCKET = "media-1250000000"
OPEN = "open-1250000000"
FAR = "far-1250000000"
HOST = f"{BUCKET}.cos.{REGION}.myqcloud.com"
BYTES = bytes(range(256)) * 64
ODD = "a b/+%25//x/'?#&=~/日本"


@pytest.fixture
def cos() -> Iterator[COS]:
    objects: Objects = {
        f"{BUCKET}/a.bin": BYTES,
        f"{BUCKET}/{ODD}": b"odd",
        f"{BUCKET}/big": Generated("cos", 3_000_000),
        f"{BUCKET}/check": b"123456789",
        f"{BUCKET}/old": Stored(BYTES, crc64=False),
        f"{BUCKET}/cold": Stored(BYTES, storage_class="ARCHIVE"),
        f"{BUCKET}/thawed": Stored(BYTES, storage_class="DEEP_ARCHIVE", restored=True),
        f"{OPEN}/a.txt": b"public",
        f"{FAR}/here": b"here",
    }
    origin = {FAR: "http://127.0.0.1:1/base/"}
    with COS(objects, [KEY, TEMPORARY, LATE], REGION, public=[OPEN], back_to_origin=origin) as face:
        yield face


def client(cos: COS, key: Credential = KEY) -> Any:
    """Return the SDK as it is, but that it asks only once and this machine."""
    address = urlsplit(cos.url)
    config = CosConfig(
        Region=REGION,
        SecretId=key.id,
        SecretKey=key.secret,
        Token=key.token or None,
        Scheme="http",
        IP=address.hostname,
        Port=address.port,
    )
    return CosS3Client(config, retry=0)


def signed(cos: COS, name: str = "a.bin", key: Credential = KEY, **options: Any) -> str:
    """Return a URL that the SDK has signed for the bucket's own host, which it names."""
    config = CosConfig(Region=REGION, SecretId=key.id, SecretKey=key.secret, Scheme="http")
    parameters = {"x-cos-security-token": key.token} if key.token else {}
    url: str = CosS3Client(config).get_presigned_url(
        BUCKET,
        name,
        options.pop("method", "GET"),
        Expired=options.pop("lifetime", 600),
        Params={**parameters, **options.pop("Params", {})},
        **options,
    )
    return url.replace(f"http://{HOST}", cos.url)
