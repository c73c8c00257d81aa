"""The two ways in which requests to Function Compute are signed. Pure but for a nonce.

``FC key:signature`` for API 2016-08-15, whose functions belong to a service, and
``ACS3-HMAC-SHA256`` for API 2023-03-30.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import b64encode
from collections.abc import Mapping
from email.utils import formatdate
from time import gmtime, strftime
from urllib.parse import quote, unquote

from ..function import Keys

_ALGORITHM = "ACS3-HMAC-SHA256"


def signed_2_0(
    method: str, path: str, headers: Mapping[str, str], keys: Keys, now: float
) -> dict[str, str]:
    """The headers to send, all in small letters."""
    sent = {"date": formatdate(now, usegmt=True), "content-type": "application/octet-stream"}
    sent |= {name.lower(): value for name, value in headers.items()}
    if keys.security_token:
        sent["x-fc-security-token"] = keys.security_token
    ours = sorted(f"{name}:{value}" for name, value in sent.items() if name[:5] == "x-fc-")
    text = "\n".join([method, "", sent["content-type"], sent["date"], *ours, unquote(path)])
    digest = hmac.digest(keys.access_key_secret.encode(), text.encode(), "sha256")
    return {**sent, "authorization": f"FC {keys.access_key_id}:{b64encode(digest).decode()}"}


def signed_3_0(
    method: str,
    host: str,
    path: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    body: bytes,
    keys: Keys,
    now: float,
) -> dict[str, str]:
    """The headers to send, all in small letters; ``path`` is encoded already."""
    digest = hashlib.sha256(body).hexdigest()
    sent = {
        "host": host,
        "content-type": "application/octet-stream",
        "x-acs-action": "Any",
        "x-acs-content-sha256": digest,
        "x-acs-date": strftime("%Y-%m-%dT%H:%M:%SZ", gmtime(now)),
        "x-acs-signature-nonce": secrets.token_hex(16),
        "x-acs-version": "2023-03-30",
        **{name.lower(): value for name, value in headers.items()},
    }
    if keys.security_token:
        sent["x-acs-security-token"] = keys.security_token
        sent["x-acs-accesskey-id"] = keys.access_key_id
    names = sorted(sent)
    asked = sorted((_encoded(name), _encoded(value)) for name, value in query.items())
    lines = [
        method,
        path,
        "&".join(f"{name}={value}" for name, value in asked),
        *(f"{name}:{sent[name].strip()}" for name in names),
        "",
        ";".join(names),
        digest,
    ]
    request = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    text = f"{_ALGORITHM}\n{request}"
    signature = hmac.digest(keys.access_key_secret.encode(), text.encode(), "sha256").hex()
    said = f"Credential={keys.access_key_id},SignedHeaders={';'.join(names)},Signature={signature}"
    return {**sent, "authorization": f"{_ALGORITHM} {said}"}


def _encoded(text: str) -> str:
    return quote(text, safe="~")
