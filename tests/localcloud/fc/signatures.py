"""The two signature schemes of the FC API, computed from what came over the wire.

``FC key:signature`` belongs to 2016-08-15, ``ACS3-HMAC-SHA256`` to 2023-03-30. This module
says what a request claims and what its signature ought to be; who may call is for ``callers``.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from urllib.parse import quote, unquote

from . import errors

_ACS3 = "ACS3-HMAC-SHA256"
_ACS3_CLAIM = re.compile(
    rf"{_ACS3} Credential=(?P<key>[^,]+),SignedHeaders=(?P<headers>[^,]+),Signature=(?P<hex>\w+)"
)


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request as it was sent; ``headers`` by lower-case name, ``path`` still encoded."""

    api_version: str
    method: str
    path: str
    query: Sequence[tuple[str, str]]
    headers: Mapping[str, str]
    body: bytes

    def header(self, name: str) -> str:
        """Return a header that the scheme cannot do without."""
        try:
            return self.headers[name]
        except KeyError:
            raise errors.missing_header(name) from None


@dataclass(frozen=True, slots=True)
class Claim:
    """Who a request says it is from, when it was signed, and the signature it shows."""

    access_key_id: str
    security_token: str | None
    signed_at: float
    signature: str
    string_to_sign: str


def claim_of(request: SignedRequest) -> Claim:
    """Read the authorization of a request by the scheme of its API version."""
    if "authorization" not in request.headers:
        raise errors.access_denied("the request is not signed")
    return _fc_claim(request) if request.api_version == "2016-08-15" else _acs3_claim(request)


def expected_signature(claim: Claim, api_version: str, secret: str) -> str:
    """Return the signature that the claim shows if it was made with this secret."""
    digest = hmac.digest(secret.encode(), _bytes(claim.string_to_sign), "sha256")
    return base64.b64encode(digest).decode() if api_version == "2016-08-15" else digest.hex()


def _fc_claim(request: SignedRequest) -> Claim:
    scheme, _, pair = request.headers["authorization"].partition(" ")
    access_key_id, colon, signature = pair.rpartition(":")
    if scheme != "FC" or not colon:
        raise errors.access_denied("the authorization header is not 'FC key:signature'")
    date = request.header("date")
    _require_content_md5(request)
    return Claim(
        access_key_id=access_key_id,
        security_token=request.headers.get("x-fc-security-token"),
        signed_at=_timestamp(date, parsedate_to_datetime),
        signature=signature,
        string_to_sign=fc_string_to_sign(request, date),
    )


def fc_string_to_sign(request: SignedRequest, date: str) -> str:
    """Compose what 2016-08-15 signs: the decoded path, and of the headers those of FC."""
    ours = sorted((name, value) for name, value in request.headers.items() if name[:5] == "x-fc-")
    lines = [
        request.method,
        request.headers.get("content-md5", ""),
        request.headers.get("content-type", ""),
        date,
        *(f"{name}:{value}" for name, value in ours),
        unquote(request.path),
    ]
    return "\n".join(lines)


def _require_content_md5(request: SignedRequest) -> None:
    claimed = request.headers.get("content-md5")
    digest = hashlib.md5(request.body, usedforsecurity=False)
    # Inferred: Node's @alicloud/fc2 sends the hexadecimal digest in base64, so it is accepted.
    forms = digest.digest(), digest.hexdigest().encode()
    if claimed is not None and claimed not in [base64.b64encode(form).decode() for form in forms]:
        raise errors.invalid_argument("Content-MD5 does not match the body")


def _acs3_claim(request: SignedRequest) -> Claim:
    match = _ACS3_CLAIM.fullmatch(request.headers["authorization"])
    if match is None:
        raise errors.access_denied(f"the authorization header is not of the form {_ACS3} ...")
    body_digest = request.header("x-acs-content-sha256")
    if body_digest != hashlib.sha256(request.body).hexdigest():
        raise errors.invalid_argument("x-acs-content-sha256 does not match the body")
    signed = match["headers"].split(";")
    _require_signed(request, signed)
    canonical = canonical_request(request, signed, body_digest)
    return Claim(
        access_key_id=match["key"],
        security_token=request.headers.get("x-acs-security-token"),
        signed_at=_timestamp(request.header("x-acs-date"), _iso_moment),
        signature=match["hex"],
        string_to_sign=f"{_ACS3}\n{hashlib.sha256(_bytes(canonical)).hexdigest()}",
    )


def canonical_request(request: SignedRequest, signed: Sequence[str], body_digest: str) -> str:
    """Compose what 2023-03-30 signs: the path as sent, the query and every named header."""
    query = sorted((quote(name, safe="~"), quote(value, safe="~")) for name, value in request.query)
    lines = [
        request.method,
        request.path,
        "&".join(f"{name}={value}" for name, value in query),
        *(f"{name}:{request.header(name).strip()}" for name in signed),
        "",
        ";".join(signed),
        body_digest,
    ]
    return "\n".join(lines)


def _require_signed(request: SignedRequest, signed: Sequence[str]) -> None:
    """Refuse a header of the scheme itself that the signature does not cover.

    Inferred: Node's @alicloud/fc20230330 leaves out ``x-fc-*``, with which it sends log type,
    invocation type and task id, so the service cannot insist on them.
    """
    for name in request.headers:
        if (name == "host" or name.startswith("x-acs-")) and name not in signed:
            raise errors.access_denied(f"the header '{name}' is not signed")


def _bytes(text: str) -> bytes:
    # A header may hold bytes that are no UTF-8: those are kept as surrogates.
    return text.encode("utf-8", "surrogateescape")


def _timestamp(text: str, parse: Callable[[str], datetime]) -> float:
    try:
        return parse(text).timestamp()
    except (TypeError, ValueError):
        raise errors.invalid_argument(f"'{text}' is not a date") from None


def _iso_moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
