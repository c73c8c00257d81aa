"""Who calls the FC API, and what they may do.

The account's own key may do everything; temporary credentials of this cloud may do what their
policy says, until they expire. Nobody else gets in.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.localcloud import credentials
from tests.localcloud.policy import allows

from . import errors
from .signatures import Claim, SignedRequest, claim_of, expected_signature

MAX_SKEW = 15 * 60.0


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated caller; ``policy`` None means the account itself or full access."""

    access_key_id: str
    policy: Mapping[str, Any] | None

    def require(self, action: str, resource: str) -> None:
        """Refuse the call unless the caller's policy allows it."""
        if self.policy is not None and not allows(self.policy, action, resource):
            raise errors.access_denied(
                f"the caller is not authorized to perform '{action}' on resource '{resource}'"
            )


@dataclass(frozen=True, slots=True)
class Authority:
    """The account's keys, and the secret behind all temporary ones."""

    access_key_id: str
    access_key_secret: str
    root_secret: str

    def authenticate(self, request: SignedRequest, now: float) -> Caller:
        """Return who signed the request, or refuse it."""
        claim = claim_of(request)
        if abs(now - claim.signed_at) > MAX_SKEW:
            raise errors.access_denied("the request's date differs by more than 15 minutes")
        secret, caller = self._identify(claim, now)
        expected = expected_signature(claim, request.api_version, secret)
        if not hmac.compare_digest(expected.encode(), claim.signature.encode()):
            raise errors.signature_mismatch(claim.string_to_sign)
        return caller

    def _identify(self, claim: Claim, now: float) -> tuple[str, Caller]:
        if claim.access_key_id == self.access_key_id and claim.security_token is None:
            return self.access_key_secret, Caller(claim.access_key_id, None)
        if claim.security_token is None:
            raise errors.invalid_access_key(claim.access_key_id)
        try:
            grant = credentials.read(self.root_secret, claim.security_token, claim.access_key_id)
        except credentials.InvalidToken as error:
            raise errors.invalid_access_key(claim.access_key_id) from error
        if grant.expires <= now:
            raise errors.access_denied("the security token has expired")
        return grant.access_key_secret, Caller(claim.access_key_id, grant.policy)
