"""The access keys that this OSS knows: the account's own, and the temporary ones that FC issues."""

from __future__ import annotations

from tests.localcloud.config import CloudConfig
from tests.localcloud.credentials import InvalidToken, read
from tests.localcloud.oss.rules.authentication import Key
from tests.localcloud.oss.rules.refusals import Refusal


class CloudKeyring:
    """Keys of one local cloud. Temporary keys are verified, not remembered."""

    def __init__(self, config: CloudConfig) -> None:
        self._id, self._secret = config.access_key_id, config.access_key_secret
        self._root_secret = config.root_secret

    def find(self, access_key_id: str, security_token: str, now: float) -> Key:
        """Return a key's secret and policy."""
        if security_token:
            return self._temporary(access_key_id, security_token, now)
        if access_key_id != self._id:
            message = "The OSS Access Key Id you provided does not exist in our records."
            details = {"OSSAccessKeyId": access_key_id}
            raise Refusal(403, "InvalidAccessKeyId", message, "0002-00000902", details)
        return Key(self._secret)

    def _temporary(self, access_key_id: str, security_token: str, now: float) -> Key:
        try:
            grant = read(self._root_secret, security_token, access_key_id)
        except InvalidToken as error:
            message = "The security token you provided is invalid."
            raise Refusal(403, "InvalidSecurityToken", message) from error
        if now >= grant.expires:
            message = "The security token you provided has expired."
            raise Refusal(403, "SecurityTokenExpired", message, "0002-00000007")
        return Key(grant.access_key_secret, grant.policy)
