"""Temporary credentials that need no database: the token says everything and is sealed.

FC issues them, OSS and FC verify them; both know the cloud's root secret and nothing else is
shared. Whether they have expired is for the reader to say, whose clock a test may have moved.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_PREFIX = "CAIS"  # what the service's own tokens begin with
_SEAL_SIZE = hashlib.sha256().digest_size


class InvalidToken(ValueError):
    """A security token that this cloud did not issue for this key, or that was altered."""


@dataclass(frozen=True, slots=True)
class TemporaryCredentials:
    """What a function gets; the three belong together."""

    access_key_id: str
    access_key_secret: str = field(repr=False)
    security_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a valid token stands for. ``policy`` None allows everything that the account may."""

    access_key_secret: str = field(repr=False)
    expires: float
    policy: Mapping[str, Any] | None


def issue(
    root_secret: str, policy: Mapping[str, Any] | None, expires: float
) -> TemporaryCredentials:
    """Make credentials that are good until ``expires`` (epoch seconds)."""
    access_key_id = "STS." + secrets.token_urlsafe(16)
    claims = {"id": access_key_id, "expires": expires, "policy": policy}
    content = zlib.compress(json.dumps(claims, separators=(",", ":")).encode())
    sealed = _seal(root_secret, content) + content
    token = _PREFIX + base64.b64encode(sealed).decode()
    return TemporaryCredentials(access_key_id, _secret_of(root_secret, access_key_id), token)


def read(root_secret: str, security_token: str, access_key_id: str) -> Grant:
    """Return what the token grants to this key, or raise InvalidToken."""
    if not security_token.startswith(_PREFIX):
        raise InvalidToken("not a security token of this cloud")
    try:
        sealed = base64.b64decode(security_token[len(_PREFIX) :], validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidToken("not base64") from error
    seal, content = sealed[:_SEAL_SIZE], sealed[_SEAL_SIZE:]
    if not hmac.compare_digest(seal, _seal(root_secret, content)):
        raise InvalidToken("the seal does not match")
    claims = json.loads(zlib.decompress(content))
    if claims["id"] != access_key_id:
        raise InvalidToken("the token belongs to another key")
    return Grant(_secret_of(root_secret, access_key_id), claims["expires"], claims["policy"])


def _seal(root_secret: str, content: bytes) -> bytes:
    return hmac.digest(root_secret.encode(), b"token:" + content, "sha256")


def _secret_of(root_secret: str, access_key_id: str) -> str:
    derived = hmac.digest(root_secret.encode(), b"secret:" + access_key_id.encode(), "sha256")
    return base64.b64encode(derived).decode().rstrip("=")
