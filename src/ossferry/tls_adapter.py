"""HTTPS for sessions of requests, with the certificates that the instance has loaded already.

By itself requests loads all of them for each new connection, which takes 45 ms of CPU.
"""

from __future__ import annotations

from typing import Any

from requests.adapters import HTTPAdapter

from .tls import tls


class TlsAdapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, ssl_context=tls(), **options)

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Here requests would load them again, into the context that has them."""
