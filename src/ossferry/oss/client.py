"""oss2's own bucket, as the function uses it: which session, which signature, how quiet."""

from __future__ import annotations

import logging

import oss2
from oss2.credentials import StaticCredentialsProvider

from ..context import Credentials
from ..tls_adapter import TlsAdapter

CONTROL_TIMEOUT = 60  # seconds; no control request moves a body, but some copy inside OSS
RECORD_TIMEOUT = 10  # seconds, for what is small, and nobody ought to wait for
_CONNECTIONS = 16

# Below that it tells of each answer that is an error: "there is no such object", most often.
logging.getLogger("oss2").setLevel(logging.WARNING)


def client(
    name: str, region: str, endpoint: str, credentials: Credentials, timeout: float
) -> oss2.Bucket:
    """Signature V4, because OSS no longer offers V1 to new accounts. ``timeout`` is in seconds."""
    provider = StaticCredentialsProvider(
        credentials.access_key_id,
        credentials.access_key_secret,
        credentials.security_token,
    )
    session = oss2.Session(pool_size=_CONNECTIONS)
    session.session.trust_env = False  # neither proxies nor netrc
    session.session.mount("https://", TlsAdapter(pool_maxsize=_CONNECTIONS))
    return oss2.Bucket(
        oss2.ProviderAuthV4(provider),
        endpoint,
        name,
        session=session,
        connect_timeout=timeout,
        enable_crc=False,
        region=region,
        is_verify_object_strict=False,  # OSS itself has nothing against a key like "?a"
    )
