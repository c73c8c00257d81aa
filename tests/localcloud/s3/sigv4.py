"""AWS Signature Version 4 as a server checks it, in a query and in a header.

Written from the rules alone, and shares nothing with the project's own signing. The path is signed
as it came, byte for byte: a client that cleans or re-encodes it after signing is refused here.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from urllib.parse import quote

from tests.localcloud.faces.credential import Credential, Message
from tests.localcloud.faces.refused import Refused
from tests.localcloud.s3.scope import Scope, read_scope

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"
_LONGEST = 604_800
_SKEW = 15 * 60
_LONG = re.compile(r"\d{8}T\d{6}Z")
_NEEDED = ("Algorithm", "Credential", "Signature", "Date", "SignedHeaders", "Expires")
_QUERY_ERROR = "AuthorizationQueryParametersError"
_HEADER_ERROR = "AuthorizationHeaderMalformed"


@dataclass(frozen=True, slots=True)
class Rules:
    """Where the signature has to be for, and who may sign."""

    credentials: Mapping[str, Credential]
    region: str
    # Other names of the region that are taken as well.
    also: tuple[str, ...] = ()
    service: str = "s3"


def verified(message: Message, rules: Rules, now: float) -> Credential | None:
    """Return who signed, or None if nobody claims to have; refuse what is not right."""
    parameters = message.parameters()
    names = {name.lower() for name, _ in parameters}
    by_query = any(name.startswith("x-amz-") and name in _MARKS for name in names)
    header = message.headers.get("authorization", "")
    if by_query and header:
        text = "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, "
        raise Refused(400, "InvalidArgument", f"{text}Signature query string parameter or the "
                      "Authorization header should be specified")  # fmt: skip
    if "awsaccesskeyid" in names or header.startswith("AWS "):
        text = "The authorization mechanism you have provided is not supported."
        raise Refused(400, "InvalidRequest", f"{text} Please use AWS4-HMAC-SHA256.")
    if by_query:
        return _by_query(message, dict(parameters), rules, now)
    return _by_header(message, header, rules, now) if header else None


_MARKS = {f"x-amz-{name.lower()}" for name in _NEEDED}


def _by_query(
    message: Message, given: Mapping[str, str], rules: Rules, now: float
) -> Credential | None:
    if any(f"X-Amz-{name}" not in given for name in _NEEDED):
        text = "Query-string authentication version 4 requires the X-Amz-Algorithm, "
        raise Refused(400, _QUERY_ERROR, f"{text}X-Amz-Credential, X-Amz-Signature, X-Amz-Date, "
                      "X-Amz-SignedHeaders, and X-Amz-Expires parameters.")  # fmt: skip
    if given["X-Amz-Algorithm"] != ALGORITHM:
        raise Refused(400, _QUERY_ERROR, f'X-Amz-Algorithm only supports "{ALGORITHM}"')
    moment = _moment(given["X-Amz-Date"], _QUERY_ERROR)
    lifetime = _lifetime(given["X-Amz-Expires"])
    scope = read_scope(given["X-Amz-Credential"], _QUERY_ERROR, "X-Amz-Credential")
    scope.require(rules.region, rules.also, rules.service, given["X-Amz-Date"], _QUERY_ERROR)
    if now > moment + lifetime:
        raise Refused(403, "AccessDenied", "Request has expired", {
            "X-Amz-Expires": str(lifetime), "Expires": _iso(moment + lifetime),
            "ServerTime": _iso(now)})  # fmt: skip
    if moment > now + _SKEW:
        raise Refused(403, "AccessDenied", "Request is not yet valid")
    credential = _known(rules, scope)
    signed = given["X-Amz-SignedHeaders"].split(";")
    _require_signed(message, signed)
    body = message.headers.get("x-amz-content-sha256", UNSIGNED)
    _compare(message, scope, given["X-Amz-Date"], signed, body, given["X-Amz-Signature"],
             credential)  # fmt: skip
    _require_token(credential, given.get("X-Amz-Security-Token", ""), now)
    return credential


def _by_header(message: Message, header: str, rules: Rules, now: float) -> Credential:
    algorithm, _, rest = header.partition(" ")
    fields = dict(each.strip().partition("=")[::2] for each in rest.split(","))
    if algorithm != ALGORITHM or not {"Credential", "SignedHeaders", "Signature"} <= set(fields):
        raise Refused(400, _HEADER_ERROR, "The authorization header is malformed.")
    date = message.headers.get("x-amz-date", "")
    moment = _moment(date, "AccessDenied", 403)
    scope = read_scope(fields["Credential"], _HEADER_ERROR, "Credential")
    scope.require(rules.region, rules.also, rules.service, date, _HEADER_ERROR)
    if abs(now - moment) > _SKEW:
        text = "The difference between the request time and the current time is too large."
        raise Refused(403, "RequestTimeTooSkewed", text, {"ServerTime": _iso(now)})
    credential = _known(rules, scope)
    signed = fields["SignedHeaders"].split(";")
    _require_signed(message, signed)
    body = message.headers.get("x-amz-content-sha256")
    if body is None:
        text = "Missing required header for this request: x-amz-content-sha256"
        raise Refused(400, "InvalidRequest", text)
    _compare(message, scope, date, signed, body, fields["Signature"], credential)
    _require_token(credential, message.headers.get("x-amz-security-token", ""), now)
    return credential


def canonical_request(message: Message, signed: Sequence[str], body: str) -> str:
    """Return what is hashed; the signature itself is no part of it."""
    query = sorted(
        (_encoded(name), _encoded(value))
        for name, value in message.parameters()
        if name != "X-Amz-Signature"
    )
    return "\n".join((
        message.method,
        message.path,
        "&".join(f"{name}={value}" for name, value in query),
        *(f"{name}:{' '.join(message.headers[name].split())}" for name in signed),
        "",
        ";".join(signed),
        body,
    ))  # fmt: skip


def string_to_sign(canonical: str, date: str, scope: Scope) -> str:
    """Return what the key is applied to."""
    digest = hashlib.sha256(canonical.encode(errors="surrogateescape")).hexdigest()
    return f"{ALGORITHM}\n{date}\n{scope.text}\n{digest}"


def signature(secret: str, scope: Scope, text: str) -> str:
    """Return the signature in hex."""
    key = f"AWS4{secret}".encode()
    for part in scope.text.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, text.encode(), "sha256").hex()


def _compare(
    message: Message, scope: Scope, date: str, signed: Sequence[str], body: str, given: str,
    credential: Credential,
) -> None:  # fmt: skip
    canonical = canonical_request(message, signed, body)
    text = string_to_sign(canonical, date, scope)
    if hmac.compare_digest(signature(credential.secret, scope, text).encode(), given.encode()):
        return
    raise Refused(
        403,
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. "
        "Check your key and signing method.",
        {"AWSAccessKeyId": credential.id, "StringToSign": text, "SignatureProvided": given,
         "CanonicalRequest": canonical},
    )  # fmt: skip


def _require_signed(message: Message, signed: Sequence[str]) -> None:
    unknown = [name for name in signed if name not in message.headers or name != name.lower()]
    if "host" not in signed or unknown:
        text = "The signed headers are not those of the request, or host is not among them"
        raise Refused(403, "SignatureDoesNotMatch", text)
    missing = [name for name in message.headers if name.startswith("x-amz-") and name not in signed]
    if missing:
        text = "There were headers present in the request which were not signed"
        raise Refused(403, "AccessDenied", text, {"HeadersNotSigned": ", ".join(missing)})


def _known(rules: Rules, scope: Scope) -> Credential:
    if scope.id not in rules.credentials:
        text = "The AWS Access Key Id you provided does not exist in our records."
        raise Refused(403, "InvalidAccessKeyId", text, {"AWSAccessKeyId": scope.id})
    return rules.credentials[scope.id]


def _require_token(credential: Credential, token: str, now: float) -> None:
    if credential.token and not token:
        text = "The AWS Access Key Id you provided does not exist in our records."
        raise Refused(403, "InvalidAccessKeyId", text, {"AWSAccessKeyId": credential.id})
    if credential.token != token:
        text = "The provided token is malformed or otherwise invalid."
        raise Refused(400, "InvalidToken", text)
    if credential.expires is not None and now >= credential.expires:
        raise Refused(400, "ExpiredToken", "The provided token has expired.")


def _moment(text: str, code: str, status: int = 400) -> float:
    if _LONG.fullmatch(text):
        try:
            parsed = datetime.strptime(text, "%Y%m%dT%H%M%SZ")
            return parsed.replace(tzinfo=timezone.utc).timestamp()
        except ValueError:
            pass
    words = "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\""
    raise Refused(status, code, words)


def _lifetime(text: str) -> int:
    if not re.fullmatch(r"-?[0-9]+", text):
        raise Refused(400, _QUERY_ERROR, "X-Amz-Expires should be a number")
    if int(text) < 0:
        raise Refused(400, _QUERY_ERROR, "X-Amz-Expires must be non-negative")
    if int(text) > _LONGEST:
        words = "X-Amz-Expires must be less than a week (in seconds); that is, the given "
        raise Refused(400, _QUERY_ERROR, f"{words}X-Amz-Expires must be less than 604800 seconds")
    return int(text)


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _encoded(text: str) -> str:
    return quote(text, safe="-_.~")
