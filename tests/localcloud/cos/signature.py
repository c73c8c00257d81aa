"""The signature of Tencent COS (HMAC-SHA1) as a server checks it, in a query and in a header.

Written from the document "Request Signature"; it shares nothing with the project's own signing.
The key is signed decoded, so two spellings of one key have one signature.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote, unquote

from tests.localcloud.faces.credential import Credential, Message
from tests.localcloud.faces.refused import Refused

_FIELDS = (
    "sign-algorithm",
    "ak",
    "sign-time",
    "key-time",
    "header-list",
    "url-param-list",
    "signature",
)
_TOKEN = "x-cos-security-token"


def verified(
    message: Message, credentials: Mapping[str, Credential], now: float
) -> Credential | None:
    """Return who signed, or None if nobody claims to have; refuse what is not right."""
    parameters = message.form()
    header = message.headers.get("authorization", "")
    given = _by_name(header) if header else {k: v for k, v in parameters if k.startswith("q-")}
    if not given:
        return None
    missing = [name for name in _FIELDS if f"q-{name}" not in given]
    if missing:
        raise Refused(400, "InvalidArgument", f"q-{missing[0]} is missing in the signature")
    if given["q-sign-algorithm"] != "sha1":
        raise Refused(400, "InvalidArgument", "q-sign-algorithm must be sha1")
    _require_time(given["q-sign-time"], now)
    _require_time(given["q-key-time"], now)
    credential = credentials.get(given["q-ak"])
    if credential is None:
        text = "The Access Key Id you provided does not exist in our records"
        raise Refused(403, "InvalidAccessKeyId", text)
    text = http_string(message, given["q-header-list"], given["q-url-param-list"])
    right = signature(credential.secret, given["q-key-time"], given["q-sign-time"], text)
    if not hmac.compare_digest(right.encode(), given["q-signature"].encode()):
        raise Refused(
            403,
            "SignatureDoesNotMatch",
            "The Signature you specified is invalid.",
            {"FormatString": text, "StringToSign": _to_sign(given["q-sign-time"], text)},
        )
    _require_token(credential, message, dict(parameters), now)
    return credential


def http_string(message: Message, header_list: str, parameter_list: str) -> str:
    """Return what of the request is signed: its method, its key, and what the lists name."""
    parameters = _listed(message.form(), parameter_list)
    headers = _listed(message.headers.items(), header_list)
    return f"{message.method.lower()}\n{unquote(message.path)}\n{parameters}\n{headers}\n"


def signature(secret: str, key_time: str, sign_time: str, text: str) -> str:
    """Return the signature in hex: the key is itself a text in hex."""
    key = hmac.digest(secret.encode(), key_time.encode(), "sha1").hex()
    return hmac.digest(key.encode(), _to_sign(sign_time, text).encode(), "sha1").hex()


def _to_sign(sign_time: str, text: str) -> str:
    return f"sha1\n{sign_time}\n{hashlib.sha1(text.encode(errors='surrogateescape')).hexdigest()}\n"


def _by_name(header: str) -> dict[str, str]:
    return dict(each.partition("=")[::2] for each in header.split("&"))


def _listed(pairs: Iterable[tuple[str, str]], names: str) -> str:
    """Return the named pairs; a name that the request does not have leaves a gap, so fails."""
    there = {_encoded(name).lower(): _encoded(value) for name, value in pairs}
    wanted = names.lower().split(";") if names else []
    return "&".join(f"{name}={there[name]}" for name in wanted if name in there)


def _require_time(text: str, now: float) -> None:
    match = re.fullmatch(r"(\d+);(\d+)", text)
    if match is None or int(match[1]) > int(match[2]):
        raise Refused(400, "InvalidArgument", "a time of the signature is not start;end")
    if not int(match[1]) <= now <= int(match[2]):
        raise Refused(403, "AccessDenied", "Request has expired")


def _require_token(
    credential: Credential, message: Message, parameters: Mapping[str, str], now: float
) -> None:
    token = message.headers.get(_TOKEN) or parameters.get(_TOKEN, "")
    if credential.token != token:
        raise Refused(403, "InvalidSecurityToken", "The security token is missing or invalid")
    if credential.expires is not None and now >= credential.expires:
        raise Refused(403, "ExpiredToken", "The security token has expired")


def _encoded(text: str) -> str:
    return quote(text, safe="-_.~", errors="surrogateescape")
