"""This function as API 2016-08-15 calls it: fc2 words and signs the request."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import fc2

from ..context import Context
from .session import FcSession

# At level DEBUG fc2 logs what it signs, security token included.
logging.getLogger().addFilter(lambda record: not record.pathname.startswith(fc2.__path__[0]))


class Fc2Client(fc2.Client):  # type: ignore[misc]
    def __init__(self, context: Context, session: FcSession) -> None:
        super().__init__(
            endpoint=session.endpoint,
            accessKeyID=context.credentials.access_key_id,
            accessKeySecret=context.credentials.access_key_secret,
            securityToken=context.credentials.security_token,
        )
        self._context = context
        self._session = session

    def invoke(self, payload: bytes, invocation_type: str, asked: Mapping[str, str]) -> bytes:
        """Invoke this function, at the version that is running: ``Sync`` or ``Async``; ``asked``
        are headers."""
        reply = self.invoke_function(
            self._context.service,
            self._context.function,
            payload,
            {"x-fc-invocation-type": invocation_type, **asked},
            qualifier=self._context.qualifier,
        )
        return bytes(reply.data)

    def _do_request(
        self, method: str, path: str, headers: dict[str, str], params: Any = None, body: bytes = b""
    ) -> Any:
        """What fc2 sends all requests with."""
        return self._session.post(path, headers, body)
