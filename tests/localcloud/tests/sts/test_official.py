"""The local STS takes what an official SDK sends, and nothing that is not rightly signed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import oss2
import pytest
from alibabacloud_tea_openapi.client import Client
from alibabacloud_tea_openapi.exceptions import AlibabaCloudException
from alibabacloud_tea_openapi.utils_models import Config, OpenApiRequest, Params
from darabonba.runtime import RuntimeOptions

from tests.localcloud.credentials import issue
from tests.localcloud.sts.face import STS, Role
from tests.peers.oss_service import OssService, running

ROLE = "acs:ram::9876543210987654:role/theirs"
PARAMS = Params(
    action="AssumeRole",
    version="2015-04-01",
    protocol="HTTP",
    pathname="/",
    method="POST",
    auth_type="AK",
    style="RPC",
    req_body_type="formData",
    body_type="json",
)


@pytest.fixture(scope="module")
def oss() -> Iterator[OssService]:
    """An OSS for the module, in a thread."""
    with running() as service:
        yield service


@pytest.fixture
def face(oss: OssService) -> Iterator[STS]:
    allowed = {
        "Effect": "Allow",
        "Action": ["oss:PutObject", "oss:GetObject"],
        "Resource": [f"acs:oss:*:*:{oss.config.bucket}/theirs/*"],
    }
    policy = {"Version": "1", "Statement": [allowed]}
    with STS(oss.config.root_secret, {ROLE: Role(policy)}) as running_face:
        yield running_face


def assumed(oss: OssService, face: STS, role: str = ROLE, **wrong: str) -> dict[str, Any]:
    """Return what the SDK understands of the answer."""
    keys = issue(oss.config.root_secret, None, time.time() + 600)
    config = Config(
        access_key_id=keys.access_key_id,
        access_key_secret=wrong.get("secret", keys.access_key_secret),
        security_token=keys.security_token,
        endpoint=face.url.removeprefix("http://"),
        protocol="HTTP",
    )
    query = {"RoleArn": role, "RoleSessionName": "official", "DurationSeconds": "900"}
    request = OpenApiRequest(query=query)
    reply = Client(config).call_api(PARAMS, request, RuntimeOptions(autoretry=False))
    found: dict[str, Any] = reply["body"]
    return found


def test_keys_open_what_the_role_may_and_nothing_else(oss: OssService, face: STS) -> None:
    """At the OSS of the same cloud, with their token."""
    keys = assumed(oss, face)["Credentials"]
    token = keys["SecurityToken"]
    auth = oss2.StsAuth(keys["AccessKeyId"], keys["AccessKeySecret"], token, "v4")
    bucket = oss.bucket(auth)
    bucket.put_object("theirs/a", b"a")
    with pytest.raises(oss2.exceptions.AccessDenied):
        bucket.put_object("ours/a", b"a")
    other = oss2.StsAuth(keys["AccessKeyId"], keys["AccessKeySecret"], f"{token[:-4]}AAA=", "v4")
    with pytest.raises(oss2.exceptions.ServerError, match="InvalidSecurityToken"):
        oss.bucket(other).put_object("theirs/a", b"a")


@pytest.mark.parametrize(
    ("role", "wrong", "code"),
    [
        (ROLE, {"secret": "wrong"}, "SignatureDoesNotMatch"),
        (f"{ROLE}-none", {}, "EntityNotExist.Role"),
    ],
)
def test_refusals_are_read_by_the_sdk(
    oss: OssService, face: STS, role: str, wrong: dict[str, str], code: str
) -> None:
    """By their codes."""
    with pytest.raises(AlibabaCloudException) as caught:
        assumed(oss, face, role, **wrong)
    assert caught.value.code == code
