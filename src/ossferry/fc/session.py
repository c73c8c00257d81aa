"""How invocations travel: one session per process, in place of those that the SDKs would open.

fc2 opens a connection for each call, and the SDK of FC 3.0 shares its connections with processes
forked later. Both load all certificates for each new connection, and both obey proxy variables.
Nothing is sent twice here: the coordinator knows when to try again.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from ..errors import ChildFailed
from ..tls_adapter import TlsAdapter
from .reply import result_of

_CONNECT = 10.0  # seconds; that an instance has to start first is waited for in the reply


class FcSession:
    """``patience`` is how many seconds an answer may take, ``calls`` how many there are at once."""

    def __init__(self, endpoint: str, patience: float, calls: int = 1) -> None:
        self.endpoint = (endpoint if "://" in endpoint else f"https://{endpoint}").rstrip("/")
        self._timeouts = (min(_CONNECT, patience), patience)
        self._session = requests.Session()
        self._session.trust_env = False  # neither proxies nor netrc
        secure = self.endpoint.startswith("https:")
        adapter = (TlsAdapter if secure else HTTPAdapter)(pool_maxsize=calls)
        self._session.mount(self.endpoint, adapter)

    @property
    def host(self) -> str:
        return urlsplit(self.endpoint).netloc

    def post(self, path: str, headers: Mapping[str, str], body: bytes) -> requests.Response:
        """The answer of a function that succeeded; anything else is a ``ChildError``, or the
        error that the function reported."""
        try:
            reply = self._session.post(
                self.endpoint + path,
                data=body,
                headers=headers,
                timeout=self._timeouts,
                allow_redirects=False,  # a job holds signed URLs
            )
        except requests.RequestException as error:
            # Not the error's text: it may quote the request.
            raise ChildFailed(f"calling a child broke off: {type(error).__name__}") from None
        result_of(reply.status_code, "X-Fc-Error-Type" in reply.headers, reply.content)
        return reply

    def close(self) -> None:
        self._session.close()
