"""What S3 accepts and refuses of URLs and requests that boto3 has signed."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.localcloud.faces.credential import Credential
from tests.localcloud.s3.face import S3
from tests.localcloud.tests.face_asking import Seen, ask
from tests.localcloud.tests.s3.conftest import (
    BYTES,
    KEY,
    LATE,
    ODD,
    REGION,
    TEMPORARY,
    client,
    signed,
)


def test_a_signed_url_gets_the_object(s3: S3) -> None:
    seen = ask(signed(s3))
    assert (seen.status, seen.body) == (200, BYTES)
    assert ask(signed(s3, ODD)).body == b"odd"
    assert ask(signed(s3, operation="head_object"), "HEAD").status == 200
    assert ask(signed(s3), Range="bytes=5-9").body == BYTES[5:10]


def test_a_signed_url_is_for_one_verb(s3: S3) -> None:
    assert ask(signed(s3), "HEAD").status == 403


def test_a_virtual_host_is_signed_as_it_is_asked(s3: S3) -> None:
    host = f"media.s3.{REGION}.amazonaws.com"
    url = signed(s3, style="virtual", url=f"http://s3.{REGION}.amazonaws.com")
    there = url.replace(f"http://{host}", s3.url)
    assert ask(there, Host=host).body == BYTES
    assert ask(there, Host=host.replace("media", "open")).status == 403
    assert ask(f"{s3.url}/a.txt", Host=f"open.s3.{REGION}.amazonaws.com").body == b"public"


def test_a_temporary_key_needs_its_token(s3: S3) -> None:
    url = signed(s3, key=TEMPORARY)
    assert ask(url).status == 200
    bare = signed(s3, key=replace(TEMPORARY, token=""))
    assert _refusal(ask(bare)) == (403, "InvalidAccessKeyId")
    assert _refusal(ask(signed(s3, key=replace(TEMPORARY, token="x")))) == (400, "InvalidToken")
    added = re.sub("&X-Amz-Security-Token=[^&]*", "", url)
    assert _refusal(ask(added)) == (403, "SignatureDoesNotMatch")
    assert _refusal(ask(signed(s3, key=LATE))) == (400, "ExpiredToken")


def test_a_wrong_key_is_refused(s3: S3) -> None:
    wrong = signed(s3, key=replace(KEY, secret="wrong"))
    assert _refusal(ask(wrong)) == (403, "SignatureDoesNotMatch")
    assert "X-Amz-Expires=600" in ask(wrong).told("CanonicalRequest")
    strange = signed(s3, key=Credential("AKIASTRANGE", "x"))
    assert _refusal(ask(strange)) == (403, "InvalidAccessKeyId")


def test_a_wrong_region_is_told_the_right_one(s3: S3) -> None:
    seen = ask(signed(s3, region="us-east-1"))
    assert _refusal(seen) == (400, "AuthorizationQueryParametersError")
    assert seen.told("Region") == REGION
    # boto3 reads the region in the error and asks again.
    client(s3, region="us-east-1").list_objects_v2(Bucket="media")
    assert [each["status"] for each in s3.requests("/media")["requests"][-2:]] == [400, 200]


def test_a_url_has_its_time(s3: S3) -> None:
    url, later = signed(s3, lifetime=5), s3.now() + 6
    s3.now = lambda: later
    assert _refusal(ask(url)) == (403, "AccessDenied")
    assert ask(url).told("Message") == "Request has expired"
    s3.now = lambda: later - 3600
    assert ask(url).told("Message") == "Request is not yet valid"


@pytest.mark.parametrize(
    ("pattern", "by", "code"),
    [
        ("X-Amz-Expires=600", "X-Amz-Expires=601", "SignatureDoesNotMatch"),
        ("X-Amz-Expires=600", "X-Amz-Expires=604801", "AuthorizationQueryParametersError"),
        ("X-Amz-Expires=600", "X-Amz-Expires=soon", "AuthorizationQueryParametersError"),
        ("X-Amz-Expires=600&", "", "AuthorizationQueryParametersError"),
        ("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1", "AuthorizationQueryParametersError"),
        ("SignedHeaders=host", "SignedHeaders=date", "SignatureDoesNotMatch"),
        ("%2Fs3%2F", "%2Fsns%2F", "AuthorizationQueryParametersError"),
        ("aws4_request", "aws4", "AuthorizationQueryParametersError"),
        ("Date=20", "Date=19", "AuthorizationQueryParametersError"),
        ("/a.bin", "/big", "SignatureDoesNotMatch"),
        ("/media/", "/media//", "SignatureDoesNotMatch"),
        ("/a.bin", "/a%2Ebin", "SignatureDoesNotMatch"),
        ("$", "&extra=1", "SignatureDoesNotMatch"),
        ("Signature=....", "Signature=0000", "SignatureDoesNotMatch"),
    ],
)
def test_an_altered_url_is_refused(s3: S3, pattern: str, by: str, code: str) -> None:
    url = re.sub(pattern, by, signed(s3), count=1)
    assert ask(url).code == code


def test_a_path_is_never_cleaned(s3: S3) -> None:
    for name, cleaned in (("x/../a.bin", "a.bin"), ("//a.bin", "a.bin")):
        s3.put(f"media/{name}", b"exact")
        url = signed(s3, name)
        assert ask(url).body == b"exact"
        assert ask(url.replace(f"/{name}", f"/{cleaned}")).code == "SignatureDoesNotMatch"


def test_a_header_that_was_not_signed_is_refused(s3: S3) -> None:
    seen = ask(signed(s3), x_amz_checksum_mode="ENABLED")
    assert _refusal(seen) == (403, "AccessDenied")
    assert seen.told("HeadersNotSigned") == "x-amz-checksum-mode"


def test_one_way_to_sign_at_a_time_and_only_version_4(s3: S3) -> None:
    assert ask(signed(s3), Authorization="AWS4-HMAC-SHA256 x").code == "InvalidArgument"
    old = f"{s3.url}/media/a.bin?AWSAccessKeyId=A&Signature=B&Expires=9"
    assert _refusal(ask(old)) == (400, "InvalidRequest")


def test_only_a_public_bucket_is_read_without_a_signature(s3: S3) -> None:
    assert ask(f"{s3.url}/open/a.txt").body == b"public"
    assert _refusal(ask(f"{s3.url}/media/a.bin")) == (403, "AccessDenied")
    assert ask(f"{s3.url}/media", "HEAD").headers["x-amz-bucket-region"] == REGION
    assert ask(f"{s3.url}/open?list-type=2").status == 200
    assert ask(f"{s3.url}/open/a.txt", "DELETE").status == 403


def test_a_bucket_elsewhere_is_told_where(s3: S3) -> None:
    seen = ask(f"{s3.url}/away/x")
    assert _refusal(seen) == (301, "PermanentRedirect")
    assert seen.headers["x-amz-bucket-region"] == "ap-south-1"
    assert seen.told("Endpoint") == "away.s3.ap-south-1.amazonaws.com"


def test_header_signatures_are_checked(s3: S3) -> None:
    assert _code(client(s3, replace(KEY, secret="x"))) == "SignatureDoesNotMatch"
    assert _code(client(s3, replace(KEY, id="x"))) == "InvalidAccessKeyId"
    assert _code(client(s3, LATE)) == "ExpiredToken"
    now = s3.now()
    s3.now = lambda: now + 1000
    assert _code(client(s3)) == "RequestTimeTooSkewed"


def test_a_key_for_some_buckets_is_for_no_other(s3: S3) -> None:
    s3.credentials[KEY.id] = replace(KEY, buckets=("open",))
    assert _refusal(ask(signed(s3))) == (403, "AccessDenied")


def _refusal(seen: Seen) -> tuple[int, str]:
    return seen.status, seen.code


def _code(asking: Any) -> str:
    with pytest.raises(ClientError) as error:
        asking.list_objects_v2(Bucket="media")
    return str(error.value.response["Error"]["Code"])
