"""OSS lets in who has signed, and nobody else."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import oss2
import pytest

from tests.localcloud import credentials
from tests.localcloud.oss.rules import signatures
from tests.localcloud.oss.rules.authentication import Key, authenticate
from tests.localcloud.oss.rules.refusals import Refusal
from tests.localcloud.oss.rules.signatures import SignedRequest
from tests.peers.oss_service import OssService, refusal, running

VERSIONS = [oss2.AUTH_VERSION_1, oss2.AUTH_VERSION_4]
# The awkward ones: what is encoded, what is not, and what the two signatures treat differently.
KEYS = [
    "plain",
    "a/b c+d%2F.txt",
    "日本語/ü~!'()*",
    "line\nbreak",
    "q?a=1&b#c",
    "dots/../x",
    "x//y",
]


@pytest.fixture(scope="module")
def oss() -> Iterator[OssService]:
    with running() as service:
        yield service


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("key", KEYS)
def test_signed_requests_reach_exactly_their_key(oss: OssService, version: str, key: str) -> None:
    """Whatever characters a key has, both signatures are understood and the key is kept."""
    bucket = oss.bucket(oss.auth(version))
    bucket.put_object(key, b"content", headers={"x-oss-meta-note": "1"})
    assert bucket.get_object(key).read() == b"content"
    found = [each.key for each in oss2.ObjectIterator(bucket, prefix=key)]
    assert found == [key]


@pytest.mark.parametrize("slash_safe", [True, False])
@pytest.mark.parametrize("key", KEYS)
def test_signed_urls_read_and_write(
    oss: OssService, version: str, key: str, slash_safe: bool
) -> None:
    """A URL alone is enough to put and get, also a part, and its parameters are covered."""
    bucket = oss.bucket(oss.auth(version))
    upload_id = bucket.init_multipart_upload(key).upload_id
    parameters = {"partNumber": "1", "uploadId": upload_id}
    url = bucket.sign_url("PUT", key, 60, params=parameters, slash_safe=slash_safe)
    assert oss.send("PUT", url, b"part")[0] == 200
    assert oss.send("PUT", url.replace("partNumber=1", "partNumber=2"), b"part")[0] == 403
    bucket.abort_multipart_upload(key, upload_id)
    url = bucket.sign_url("PUT", key, 60, slash_safe=slash_safe)
    assert oss.send("PUT", url, b"whole")[0] == 200
    url = bucket.sign_url("GET", key, 60, slash_safe=slash_safe)
    assert oss.send("GET", url) == (200, b"whole")


def test_a_signed_url_may_be_read_in_ranges(oss: OssService, version: str) -> None:
    """Range is not part of a signature."""
    bucket = oss.bucket(oss.auth(version))
    bucket.put_object("ranged", b"0123456789")
    reply = oss.http("GET", bucket.sign_url("GET", "ranged", 60), headers={"Range": "bytes=2-4"})
    assert (reply.status_code, reply.content) == (206, b"234")


def test_a_get_url_is_refused_for_head(oss: OssService, version: str) -> None:
    """The verb is signed, and the refusal is told in a header because HEAD has no body."""
    bucket = oss.bucket(oss.auth(version))
    bucket.put_object("head-me", b"x")
    reply = oss.http("HEAD", bucket.sign_url("GET", "head-me", 60))
    assert reply.status_code == 403
    assert oss2.exceptions.make_exception(oss2.http.Response(reply)).code == "SignatureDoesNotMatch"


@pytest.mark.parametrize(
    ("old", "new"),
    [("ignature=", "ignature=0"), ("tampered", "other"), ("Expires=1", "Expires=2")],
    ids=["signature", "key", "expiry"],
)
def test_a_changed_v1_url_is_refused(oss: OssService, old: str, new: str) -> None:
    """Nothing in a signed URL can be replaced."""
    url = oss.bucket(oss.auth(oss2.AUTH_VERSION_1)).sign_url("GET", "tampered", 60)
    assert old in url
    reply = oss.http("GET", url.replace(old, new))
    assert (reply.status_code, "SignatureDoesNotMatch" in reply.text) == (403, True)


@pytest.mark.parametrize("header", ["Content-Type", "Content-MD5", "x-oss-meta-extra"])
def test_headers_that_a_signature_covers_cannot_be_added(
    oss: OssService, version: str, header: str
) -> None:
    """A URL signed without a header refuses a request with it."""
    url = oss.bucket(oss.auth(version)).sign_url("PUT", "covered", 60)
    reply = oss.http("PUT", url, data=b"x", headers={header: "surprise"})
    assert (reply.status_code, "SignatureDoesNotMatch" in reply.text) == (403, True)


def test_an_additional_header_is_covered_by_v4(oss: OssService) -> None:
    """A header named as additional must arrive as it was signed."""
    bucket = oss.bucket()
    bucket.put_object("additional", b"0123456789")
    headers = {"Range": "bytes=0-1"}
    url = bucket.sign_url("GET", "additional", 60, headers=headers, additional_headers={"range"})
    assert oss.http("GET", url, headers=headers).content == b"01"
    assert oss.http("GET", url, headers={"Range": "bytes=0-2"}).status_code == 403


def test_a_wrong_secret_is_refused(oss: OssService, version: str) -> None:
    """The refusal says what was signed on this side, so that a client can find its error."""
    auth = oss2.make_auth(oss.config.access_key_id, "wrong", version)
    with pytest.raises(oss2.exceptions.SignatureDoesNotMatch) as error:
        oss.bucket(auth).put_object("refused", b"x")
    assert error.value.details["SignatureProvided"]
    assert bytes.fromhex(error.value.details["StringToSignBytes"])
    assert not oss.bucket().object_exists("refused")


def test_an_unknown_key_id_is_refused(oss: OssService, version: str) -> None:
    """A key id that was never given out has a code of its own."""
    with pytest.raises(oss2.exceptions.ServerError) as error:
        oss.bucket(oss2.make_auth("NOBODY", "x", version)).get_object("any")
    assert refusal(error) == (403, "InvalidAccessKeyId")


def test_the_region_is_part_of_a_v4_signature(oss: OssService) -> None:
    """A client that thinks it is elsewhere is told so."""
    with pytest.raises(oss2.exceptions.InvalidArgument) as error:
        oss.bucket(region="eu-central-1").get_object("any")
    assert error.value.ec == "0002-00000226"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Authorization": "OSS nothing"}, (400, "InvalidArgument")),
        ({"Authorization": "Bearer abc"}, (400, "InvalidArgument")),
        ({"Authorization": "OSS4-HMAC-SHA256 Credential=a/b"}, (400, "InvalidArgument")),
        ({"Authorization": "OSS LOCALACCESSKEYID:x", "Date": "yesterday"}, (403, "AccessDenied")),
        (
            {"Authorization": "OSS LOCALACCESSKEYID:x", "Date": "Thu, 01 Jan 2015 00:00:00 GMT"},
            (403, "RequestTimeTooSkewed"),
        ),
    ],
)
def test_malformed_and_stale_authorization_is_refused(
    oss: OssService, headers: dict[str, str], expected: tuple[int, str]
) -> None:
    """What cannot be a signature, or is too old to be one, is refused before it is compared."""
    reply = oss.http("GET", f"/{oss.config.bucket}/any", headers=headers)
    assert (reply.status_code, oss2.exceptions.make_exception(_wrapped(reply)).code) == expected


def test_a_header_and_a_url_signature_exclude_each_other(oss: OssService) -> None:
    """Two answers to who is asking are one too many."""
    url = oss.bucket().sign_url("GET", "any", 60)
    reply = oss.http("GET", url, headers={"Authorization": "OSS a:b"})
    assert (reply.status_code, reply.headers["x-oss-ec"]) == (400, "0002-00000039")


def test_an_expired_v1_url_is_refused_as_expired(oss: OssService) -> None:
    """Expiry is told before anything else is wrong."""
    url = oss.bucket(oss.auth(oss2.AUTH_VERSION_1)).sign_url("GET", "any", -1)
    reply = oss.http("GET", url.replace("Signature=", "Signature=x"))
    assert (reply.status_code, "Request has expired" in reply.text) == (403, True)


@pytest.mark.parametrize("seconds", [0, -5, 604801])
def test_a_v4_url_is_good_for_a_week_at_most(oss: OssService, seconds: int) -> None:
    """Lifetimes out of range are no lifetimes."""
    reply = oss.http("GET", oss.bucket().sign_url("GET", "any", seconds))
    assert (reply.status_code, "InvalidArgument" in reply.text) == (400, True)


@pytest.mark.parametrize(
    ("age", "code"), [(0, ""), (59, ""), (62, "AccessDenied"), (-1000, "RequestTimeTooSkewed")]
)
def test_a_v4_url_is_good_from_its_date_for_its_seconds(age: float, code: str) -> None:
    """The lifetime counts from the signed date; a date far in the future is an error."""
    request = oss2.http.Request("GET", "http://127.0.0.1/b/k", region="r", product="oss")
    oss2.AuthV4("id", "secret")._sign_url(request, "b", "k", 60)
    signed = SignedRequest("GET", "/b/k", {k: str(v) for k, v in request.params.items()}, {})
    assert _code_of(signed, time.time() + age) == code


def test_unsigned_requests_reach_only_what_is_public(oss: OssService) -> None:
    """Nobody may read what is private, write what is public-read, or list or administer at all."""
    owner = oss.bucket(name="for-everybody")
    owner.create_bucket(oss2.BUCKET_ACL_PUBLIC_READ)
    owner.put_object("open", b"open")
    owner.put_object("closed", b"closed", headers={"x-oss-object-acl": "private"})
    nobody = oss.bucket(oss2.AnonymousAuth(), "for-everybody")
    assert nobody.get_object("open").read() == b"open"
    attempts: list[Callable[[], Any]] = [
        lambda: nobody.get_object("closed"),
        lambda: nobody.put_object("new", b"x"),
        lambda: nobody.delete_object("open"),
        lambda: nobody.list_objects(),
        lambda: nobody.get_bucket_acl(),
        lambda: nobody.get_object("open", params={"acl": ""}),
    ]
    for attempt in attempts:
        with pytest.raises(oss2.exceptions.AccessDenied):
            attempt()
    owner.put_bucket_acl(oss2.BUCKET_ACL_PUBLIC_READ_WRITE)
    nobody.put_object("new", b"x")
    with pytest.raises(oss2.exceptions.InvalidRequest):
        nobody.get_object("open", params={"response-content-type": "text/html"})


def test_temporary_credentials_work_like_keys(oss: OssService, version: str) -> None:
    """With their token they sign requests and URLs."""
    bucket = oss.bucket(oss.temporary(version=version))
    bucket.put_object("temporary", b"x")
    assert bucket.get_object("temporary").read() == b"x"
    assert oss.http("GET", bucket.sign_url("GET", "temporary", 60)).content == b"x"
    url = bucket.sign_url("PUT", "temporary", 60)
    assert oss.http("PUT", url, data=b"y").status_code == 200


def test_expired_temporary_credentials_are_refused(oss: OssService, version: str) -> None:
    """The code tells a client to fetch new ones, for requests and for URLs."""
    bucket = oss.bucket(oss.temporary(version=version, lifetime=-1))
    with pytest.raises(oss2.exceptions.ServerError) as error:
        bucket.get_object("any")
    assert refusal(error) == (403, "SecurityTokenExpired")
    reply = oss.http("GET", bucket.sign_url("GET", "any", 60))
    assert (reply.status_code, "SecurityTokenExpired" in reply.text) == (403, True)


def test_a_token_is_only_good_with_its_own_key(oss: OssService, version: str) -> None:
    """Forged, missing and swapped tokens are refused."""
    one, two = (credentials.issue(oss.config.root_secret, None, 2**40) for _ in range(2))
    forged = credentials.issue("another root secret", None, 2**40)

    def attempt(key: credentials.TemporaryCredentials, token: str) -> tuple[int, str]:
        auth = oss2.StsAuth(key.access_key_id, key.access_key_secret, token, version)
        with pytest.raises(oss2.exceptions.ServerError) as error:
            oss.bucket(auth).get_object("any")
        return refusal(error)

    assert attempt(one, two.security_token) == (403, "InvalidSecurityToken")
    assert attempt(forged, forged.security_token) == (403, "InvalidSecurityToken")
    assert attempt(one, "") == (403, "InvalidAccessKeyId")


def _wrapped(reply: Any) -> Any:
    return oss2.http.Response(reply)


def _code_of(request: SignedRequest, now: float) -> str:
    class OneKey:
        def find(self, access_key_id: str, security_token: str, now: float) -> Key:
            return Key("secret")

    try:
        authenticate(request, OneKey(), "r", now)
    except Refusal as refused:
        return refused.code
    assert request.query["x-oss-signature-version"] == signatures.V4
    return ""
