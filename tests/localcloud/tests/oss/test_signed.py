"""Signatures of clients that are not oss2."""

from __future__ import annotations

import asyncio
import datetime
import time
from typing import Any

import alibabacloud_oss_v2 as v2_sdk
import opendal
import pytest

from tests.localcloud import credentials
from tests.localcloud.tests.oss import clients
from tests.peers.oss_service import OssService

HOUR = datetime.timedelta(hours=1)


@pytest.mark.parametrize("version", ["v1", "v4"])
def test_presigned_requests_of_the_v2_sdk(oss: OssService, version: str) -> None:
    """Each with the headers that the SDK says were signed."""
    client = clients.v2(oss, version=version)
    named = {"bucket": oss.config.bucket, "key": "pre signed/ü"}
    put = client.presign(
        v2_sdk.PutObjectRequest(**named, content_type="text/x", metadata={"a": "b"}), expires=HOUR
    )
    reply = oss.http("PUT", put.url, data=b"x", headers=put.signed_headers)
    assert reply.status_code == 200
    assert oss.http("PUT", put.url, data=b"x").status_code == 403
    head = client.presign(v2_sdk.HeadObjectRequest(**named), expires=HOUR)
    assert oss.http("HEAD", head.url).headers["x-oss-meta-a"] == "b"
    get = client.presign(v2_sdk.GetObjectRequest(**named), expires=HOUR)
    assert oss.http("GET", get.url).content == b"x"


def test_additional_headers_are_part_of_a_presigned_url(oss: OssService) -> None:
    """They have to come as they were signed, on reads as on writes; others may be added."""
    bucket = oss.bucket()
    headers = {"Content-Length": "9", "custom-header": "abc", "x-oss-forbid-overwrite": "true"}
    signed = {"Content-Length", "custom-header", "not-sent", "x-oss-forbid-overwrite"}

    def url(method: str) -> str:
        url = bucket.sign_url(
            method, "additional", 60, headers=dict(headers), additional_headers=signed
        )
        assert "x-oss-additional-headers=content-length%3Bcustom-header&" in url
        return str(url)

    put = url("PUT")
    without = {name: value for name, value in headers.items() if name != "custom-header"}
    assert oss.http("PUT", put, data=b"Hello OSS", headers=without).status_code == 403
    changed = {**headers, "custom-header": "other"}
    assert oss.http("PUT", put, data=b"Hello OSS", headers=changed).status_code == 403
    bucket.put_object_with_url(put, b"Hello OSS", headers=dict(headers))
    got = bucket.get_object_with_url(url("GET"), byte_range=(2, 4), headers=dict(headers))
    assert got.read() == b"llo"


def test_a_url_for_another_region_is_refused_in_its_own_words(oss: OssService) -> None:
    """They are not those of the header."""
    request = v2_sdk.GetObjectRequest(bucket=oss.config.bucket, key="x")
    elsewhere = clients.v2(oss, region="cn-beijing")
    reply = oss.http("GET", elsewhere.presign(request, expires=HOUR).url)
    assert reply.status_code == 400
    assert "The signing region in credential is invalid." in reply.text
    with pytest.raises(v2_sdk.exceptions.OperationError) as error:
        elsewhere.get_object(request)
    assert error.value.unwrap().message == "Invalid signing region in Authorization header."


@pytest.mark.parametrize("version", ["v1", "v4"])
def test_temporary_credentials_of_the_v2_sdk(oss: OssService, version: str) -> None:
    """V1 has the token in a header without prefix there, and it is checked all the same."""
    issued = credentials.issue(oss.config.root_secret, None, time.time() + 3600)

    def client(token: str) -> Any:
        provider = v2_sdk.credentials.StaticCredentialsProvider(
            issued.access_key_id, issued.access_key_secret, token
        )
        return clients.v2(oss, version=version, credentials_provider=provider)

    named = {"bucket": oss.config.bucket, "key": "temporary"}
    put = v2_sdk.PutObjectRequest(**named, body=b"x")
    assert client(issued.security_token).put_object(put).status_code == 200
    assert clients.refused(client("forged").put_object, put) == (403, "InvalidSecurityToken")


def test_opendal_presigns(oss: OssService, dal: opendal.AsyncOperator) -> None:
    """Its signer is its own."""
    oss.bucket().put_object("dal ü", b"x")

    async def presigned() -> opendal.types.PresignedRequest:
        return await dal.presign_read("dal ü", 60)

    request = asyncio.run(presigned())
    assert oss.http(request.method, request.url, headers=request.headers).content == b"x"


def test_a_wrong_secret_is_refused_for_opendal(oss: OssService) -> None:
    """By the same words as for everybody."""
    dal = clients.dal(oss, access_key_secret="wrong")

    async def read() -> bytes:
        return await dal.read("x")

    with pytest.raises(opendal.exceptions.PermissionDenied, match="SignatureDoesNotMatch"):
        asyncio.run(read())
