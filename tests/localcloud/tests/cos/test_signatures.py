"""What COS accepts and refuses of what its SDK has signed."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from qcloud_cos.cos_exception import CosServiceError

from tests.localcloud.cos.face import COS
from tests.localcloud.cos.signature import http_string, signature, verified
from tests.localcloud.faces.credential import Credential, Message
from tests.localcloud.faces.refused import Refused
from tests.localcloud.tests.cos.conftest import (
    BYTES,
    HOST,
    KEY,
    LATE,
    ODD,
    OPEN,
    TEMPORARY,
    client,
    signed,
)
from tests.localcloud.tests.face_asking import Seen, ask


def test_the_document_s_second_example() -> None:
    secret = "BQYIM75p8x0iWVFSIgqEKwFprpRSVHlz"
    time = "1557989753;1557996953"
    header = (
        f"q-sign-algorithm=sha1&q-ak=AKID&q-sign-time={time}&q-key-time={time}"
        "&q-header-list=date;host&q-url-param-list="
        "&q-signature=01681b8c9d798a678e43b685a9f1bba0f6c0e012"
    )
    text = (
        "get\n/exampleobject(腾讯云)\nresponse-cache-control=max-age%3D600"
        "&response-content-type=application%2Foctet-stream\n"
        "date=Thu%2C%2016%20May%202019%2006%3A55%3A53%20GMT"
        "&host=examplebucket-1250000000.cos.ap-beijing.myqcloud.com\n"
    )
    query = "response-content-type=application%2Foctet-stream&response-cache-control=max-age%3D600"
    message = Message(
        "GET",
        "/exampleobject(%E8%85%BE%E8%AE%AF%E4%BA%91)",
        query,
        {
            "date": "Thu, 16 May 2019 06:55:53 GMT",
            "host": "examplebucket-1250000000.cos.ap-beijing.myqcloud.com",
            "authorization": header.replace(
                "param-list=", "param-list=response-cache-control;response-content-type"
            ),
        },
    )
    names = "response-cache-control;response-content-type"
    assert http_string(message, "date;host", names) == text
    expected = "01681b8c9d798a678e43b685a9f1bba0f6c0e012"
    assert signature(secret, time, time, text) == expected
    known = {"AKID": Credential("AKID", secret)}
    assert verified(message, known, 1557989754) is not None
    with pytest.raises(Refused, match="expired"):
        verified(message, known, 1557996954)


def test_a_signed_url_gets_the_object(cos: COS) -> None:
    seen = ask(signed(cos), Host=HOST)
    assert (seen.status, seen.body) == (200, BYTES)
    assert ask(signed(cos, ODD), Host=HOST).body == b"odd"
    assert ask(signed(cos), Host=HOST, Range="bytes=5-9").body == BYTES[5:10]
    assert ask(signed(cos), "HEAD", Host=HOST).status == 403
    assert ask(signed(cos, method="HEAD"), "HEAD", Host=HOST).status == 200


def test_a_signed_url_is_for_one_host_unless_that_is_not_signed(cos: COS) -> None:
    assert _refusal(ask(signed(cos))) == (403, "SignatureDoesNotMatch")
    assert ask(signed(cos, SignHost=False)).body == BYTES


def test_the_key_is_signed_decoded(cos: COS) -> None:
    url = signed(cos)
    assert ask(url.replace("/a.bin", "/%61%2Ebin"), Host=HOST).body == BYTES
    assert ask(url.replace("/a.bin", "/check"), Host=HOST).code == "SignatureDoesNotMatch"


@pytest.mark.parametrize(
    ("pattern", "by", "code"),
    [
        ("q-signature=....", "q-signature=0000", "SignatureDoesNotMatch"),
        ("q-ak=AKID", "q-ak=AKIE", "InvalidAccessKeyId"),
        ("q-sign-algorithm=sha1", "q-sign-algorithm=md5", "InvalidArgument"),
        ("&q-url-param-list=[^&]*", "", "InvalidArgument"),
        ("q-sign-time=[^&]*", "q-sign-time=now", "InvalidArgument"),
        ("q-sign-time=1", "q-sign-time=0", "SignatureDoesNotMatch"),
        ("q-header-list=host", "q-header-list=", "SignatureDoesNotMatch"),
        ("versions=1", "versions=2", "SignatureDoesNotMatch"),
    ],
)
def test_an_altered_url_is_refused(cos: COS, pattern: str, by: str, code: str) -> None:
    url = signed(cos, Params={"some-versions": "1"})
    altered = re.sub(pattern, by, url, count=1)
    assert altered != url
    assert ask(altered, Host=HOST).code == code


def test_a_wrong_key_is_refused(cos: COS) -> None:
    wrong = replace(KEY, secret="wrong")
    assert ask(signed(cos, key=wrong), Host=HOST).code == "SignatureDoesNotMatch"
    assert _code(client(cos, wrong)) == "SignatureDoesNotMatch"
    assert _code(client(cos, replace(KEY, id="x"))) == "InvalidAccessKeyId"


def test_a_url_has_its_time(cos: COS) -> None:
    url, later = signed(cos, lifetime=5), cos.now() + 7
    cos.now = lambda: later
    seen = ask(url, Host=HOST)
    assert (*_refusal(seen), seen.told("Message")) == (403, "AccessDenied", "Request has expired")


def test_a_temporary_key_needs_its_token(cos: COS) -> None:
    url = signed(cos, key=TEMPORARY)
    assert ask(url, Host=HOST).status == 200
    assert ask(url.replace("a+token", "x"), Host=HOST).status == 403
    plain = signed(cos, key=replace(TEMPORARY, token=""))
    assert _refusal(ask(plain, Host=HOST)) == (403, "InvalidSecurityToken")
    assert ask(plain, Host=HOST, x_cos_security_token=TEMPORARY.token).status == 200
    assert client(cos, TEMPORARY).head_object(Bucket=HOST.partition(".")[0], Key="a.bin")
    assert ask(signed(cos, key=LATE), Host=HOST).code == "ExpiredToken"


def test_only_a_public_bucket_is_read_without_a_signature(cos: COS) -> None:
    host = HOST.replace(HOST.partition(".")[0], OPEN)
    assert ask(f"{cos.url}/a.txt", Host=host).body == b"public"
    assert _refusal(ask(f"{cos.url}/a.bin")) == (403, "AccessDenied")
    assert _refusal(ask(f"{cos.url}/x", Host=f"no{host}")) == (404, "NoSuchBucket")
    elsewhere = host.replace("guangzhou", "beijing")
    assert _refusal(ask(f"{cos.url}/a.txt", Host=elsewhere)) == (404, "NoSuchBucket")


def _refusal(seen: Seen) -> tuple[int, str]:
    return seen.status, seen.code


def _code(asking: Any) -> str:
    with pytest.raises(CosServiceError) as error:
        asking.list_objects(Bucket=HOST.partition(".")[0])
    return str(error.value.get_error_code())
