"""Who is asking: checks a request's signature and finds out whose it is.

Pure: the time is an argument. The order of the checks is the service's: form, key, age, then the
signature, so that an expired URL says so even when it was also tampered with.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any, Protocol

from tests.localcloud.oss.rules import signatures
from tests.localcloud.oss.rules.refusals import Refusal, access_denied, invalid_argument
from tests.localcloud.oss.rules.signatures import SignedRequest

_MAX_SKEW = 15 * 60
_MAX_URL_SECONDS = 7 * 24 * 3600
# What a signature for another region is answered with.
_IN_HEADER = "Invalid signing region in Authorization header."
_IN_URL = "The signing region in credential is invalid."
_V4_HEADER = re.compile(
    rf"{signatures.V4} Credential=(?P<credential>[^,\s]+)"
    r"(?:,\s*AdditionalHeaders=(?P<additional>[^,\s]*))?"
    r",\s*Signature=(?P<signature>[0-9a-f]+)"
    r"(?:,\s*AdditionalHeaders=(?P<additional_after>[^,\s]*))?"
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request. No key: nobody. No policy: everything is allowed."""

    access_key_id: str = ""
    policy: Mapping[str, Any] | None = None

    @property
    def anonymous(self) -> bool:
        return not self.access_key_id


@dataclass(frozen=True, slots=True)
class Key:
    """An access key's secret, and what its holder may do."""

    secret: str
    policy: Mapping[str, Any] | None = None


class Keyring(Protocol):
    """Knows the keys; raises the refusal for one that is unknown, wrong or expired."""

    def find(self, access_key_id: str, security_token: str, now: float) -> Key: ...


@dataclass(frozen=True, slots=True)
class _Claim:
    """What a request says about itself before any of it is believed."""

    access_key_id: str
    security_token: str
    signature: str


def authenticate(request: SignedRequest, keyring: Keyring, region: str, now: float) -> Caller:
    """Return who signed ``request``, or raise the refusal that OSS would answer with."""
    authorization = request.headers.get("authorization", "")
    v1_url = bool({"Signature", "OSSAccessKeyId", "Expires"} & set(request.query))
    v4_url = "x-oss-signature-version" in request.query
    if authorization and (v1_url or v4_url):
        message = "Only one of the authorization header and the URL may carry a signature."
        raise invalid_argument(message, "Authorization", "", "0002-00000039")
    if authorization.startswith("OSS "):
        return _v1_header(request, authorization, keyring, now)
    if authorization.startswith(signatures.V4 + " "):
        return _v4_header(request, authorization, keyring, region, now)
    if authorization:
        raise _malformed(authorization)
    if v4_url:
        return _v4_url(request, keyring, region, now)
    if v1_url:
        return _v1_url(request, keyring, now)
    return Caller()


def _v1_header(request: SignedRequest, authorization: str, keyring: Keyring, now: float) -> Caller:
    access_key_id, colon, signature = authorization.removeprefix("OSS ").partition(":")
    if not colon:
        raise _malformed(authorization)
    # alibabacloud-oss-v2 sends the token under the URL's name (inferred from that SDK).
    headers = request.headers
    token = headers.get("x-oss-security-token") or headers.get("security-token", "")
    claim = _Claim(access_key_id, token, signature)
    key = keyring.find(claim.access_key_id, claim.security_token, now)
    date = request.headers.get("x-oss-date") or request.headers.get("date", "")
    _check_skew(_http_time(date), now)
    return _check_v1(request, claim, key, date)


def _v1_url(request: SignedRequest, keyring: Keyring, now: float) -> Caller:
    query = request.query
    expires = query.get("Expires", "")
    if not (query.get("OSSAccessKeyId") and query.get("Signature") and expires.isdigit()):
        raise access_denied("OSSAccessKeyId, Expires and Signature are all needed in the URL.")
    token = query.get("security-token", "")
    claim = _Claim(query["OSSAccessKeyId"], token, query["Signature"])
    key = keyring.find(claim.access_key_id, claim.security_token, now)
    if now > int(expires):
        raise access_denied("Request has expired.", "0002-00000069")
    return _check_v1(request, claim, key, expires)


def _check_v1(request: SignedRequest, claim: _Claim, key: Key, date: str) -> Caller:
    text = signatures.v1_text(request, date)
    if not _same(signatures.v1_signature(key.secret, text), claim.signature):
        raise _wrong_signature(claim, text, "0002-00000040")
    return Caller(claim.access_key_id, key.policy)


def _v4_header(
    request: SignedRequest, authorization: str, keyring: Keyring, region: str, now: float
) -> Caller:
    match = _V4_HEADER.fullmatch(authorization)
    if match is None:
        raise _malformed(authorization)
    if request.headers.get("x-oss-content-sha256") != signatures.UNSIGNED:
        message = "Missing or invalid x-oss-content-sha256 header."
        raise invalid_argument(message, "x-oss-content-sha256", "")
    additional = match["additional"] or match["additional_after"] or ""
    access_key_id, scope = _scope(match["credential"], region, _IN_HEADER)
    token = request.headers.get("x-oss-security-token", "")
    claim = _Claim(access_key_id, token, match["signature"])
    key = keyring.find(claim.access_key_id, claim.security_token, now)
    date = request.headers.get("x-oss-date", "")
    _check_skew(_iso_time(date), now)
    return _check_v4(request, claim, key, date, scope, additional)


def _v4_url(request: SignedRequest, keyring: Keyring, region: str, now: float) -> Caller:
    query = request.query
    if query["x-oss-signature-version"] != signatures.V4:
        name = "x-oss-signature-version"
        raise invalid_argument("Unknown signature version.", name, query[name])
    seconds = query.get("x-oss-expires", "")
    if not seconds.isdigit() or not 1 <= int(seconds) <= _MAX_URL_SECONDS:
        message = "x-oss-expires must be between 1 and 604800 seconds."
        raise invalid_argument(message, "x-oss-expires", seconds, "0002-00000215")
    access_key_id, scope = _scope(query.get("x-oss-credential", ""), region, _IN_URL)
    token = query.get("x-oss-security-token", "")
    claim = _Claim(access_key_id, token, query.get("x-oss-signature", ""))
    key = keyring.find(claim.access_key_id, claim.security_token, now)
    date = query.get("x-oss-date", "")
    signed_at = _iso_time(date)
    if signed_at > now + _MAX_SKEW:
        raise _skewed()
    if now > signed_at + int(seconds):
        raise access_denied("Request has expired.", "0002-00000069")
    additional = query.get("x-oss-additional-headers", "")
    return _check_v4(request, claim, key, date, scope, additional)


def _check_v4(
    request: SignedRequest, claim: _Claim, key: Key, date: str, scope: str, additional: str
) -> Caller:
    names = [name for name in additional.split(";") if name]
    if not date.startswith(scope.partition("/")[0]):
        raise invalid_argument("Invalid date in Credential.", "Credential", scope)
    text = signatures.v4_text(signatures.v4_request(request, names), date, scope)
    if not _same(signatures.v4_signature(key.secret, scope, text), claim.signature):
        raise _wrong_signature(claim, text)
    return Caller(claim.access_key_id, key.policy)


def _scope(credential: str, region: str, elsewhere: str) -> tuple[str, str]:
    """Split a V4 credential into key id and scope, which is ``elsewhere`` if not this region's."""
    access_key_id, *steps = credential.split("/")
    if len(steps) != 4 or steps[2:] != ["oss", "aliyun_v4_request"] or not access_key_id:
        raise invalid_argument("The credential is invalid.", "Credential", credential)
    if steps[1] != region:
        raise invalid_argument(elsewhere, "Region", steps[1], "0002-00000226")
    return access_key_id, "/".join(steps)


def _http_time(date: str) -> float:
    try:
        return parsedate_to_datetime(date).timestamp()
    except ValueError:
        pass
    return _iso_time(date)


def _iso_time(date: str) -> float:
    try:
        moment = datetime.strptime(date, "%Y%m%dT%H%M%SZ")
    except ValueError:
        message = "OSS authentication requires a valid Date."
        raise access_denied(message) from None
    return moment.replace(tzinfo=timezone.utc).timestamp()


def _check_skew(signed_at: float, now: float) -> None:
    if abs(now - signed_at) > _MAX_SKEW:
        raise _skewed()


def _same(expected: str, claimed: str) -> bool:
    return hmac.compare_digest(expected.encode(), claimed.encode("utf-8", "surrogateescape"))


def _skewed() -> Refusal:
    message = "The difference between the request time and the current time is too large."
    return Refusal(403, "RequestTimeTooSkewed", message, "0002-00000504")


def _malformed(authorization: str) -> Refusal:
    scheme = authorization.partition(" ")[0]
    return invalid_argument("Authorization header is invalid.", "Authorization", scheme)


def _wrong_signature(claim: _Claim, text: bytes, ec: str = "") -> Refusal:
    message = (
        "The request signature we calculated does not match the signature you provided. "
        "Check your key and signing method."
    )
    details = {
        "OSSAccessKeyId": claim.access_key_id,
        "SignatureProvided": claim.signature,
        "StringToSign": text.decode("utf-8", "replace"),
        "StringToSignBytes": text.hex(" ").upper(),
    }
    return Refusal(403, "SignatureDoesNotMatch", message, ec, details)
