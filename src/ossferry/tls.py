"""The certificates that the instance trusts, loaded once."""

from __future__ import annotations

import ssl
from functools import cache


@cache
def tls() -> ssl.SSLContext:
    """The one context of an instance: loading the certificates takes longer than a handshake."""
    return ssl.create_default_context()
