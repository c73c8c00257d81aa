"""This function as API 2023-03-30 calls it: its SDK words and signs the request."""

from __future__ import annotations

import time
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlencode

from alibabacloud_fc20230330.client import Client
from alibabacloud_fc20230330.models import InvokeFunctionHeaders, InvokeFunctionRequest
from alibabacloud_tea_openapi.utils import Utils
from alibabacloud_tea_openapi.utils_models import Config
from darabonba.request import DaraRequest
from darabonba.runtime import RuntimeOptions

from ..context import Context
from .session import FcSession

_NAMED_ANEW = {"x-fc-stateful-async-invocation-id": "x-fc-async-task-id"}
_ALGORITHM = "ACS3-HMAC-SHA256"


class Fc3Client(Client):  # type: ignore[misc]
    def __init__(self, context: Context, session: FcSession) -> None:
        super().__init__(Config(endpoint=session.host))
        self._context = context
        self._session = session

    def invoke(self, payload: bytes, invocation_type: str, asked: Mapping[str, str]) -> bytes:
        """Invoke this function, at the version that is running: ``Sync`` or ``Async``; ``asked``
        are headers, as API 2.0 names them."""
        named = {_NAMED_ANEW.get(name, name): value for name, value in asked.items()}
        reply = self.invoke_function_with_options(
            self._context.function,
            InvokeFunctionRequest(body=payload, qualifier=self._context.qualifier),
            InvokeFunctionHeaders(common_headers=named, x_fc_invocation_type=invocation_type),
            RuntimeOptions(),
        )
        return bytes(reply.body.read())

    def call_api(self, params: Any, request: Any, runtime: Any) -> dict[str, object]:
        """What the SDK sends all requests with."""
        credentials = self._context.credentials
        digest = sha256(request.body).hexdigest()
        signed = DaraRequest()
        signed.method, signed.pathname, signed.query = params.method, params.pathname, request.query
        signed.headers = {
            "host": self._session.host,
            "content-type": "application/octet-stream",
            "x-acs-accesskey-id": credentials.access_key_id,
            "x-acs-action": params.action,
            "x-acs-content-sha256": digest,
            "x-acs-date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "x-acs-security-token": credentials.security_token,
            "x-acs-signature-nonce": Utils.get_nonce(),
            "x-acs-version": params.version,
            **request.headers,
        }
        signed.headers["authorization"] = Utils.get_authorization(
            signed,
            _ALGORITHM,
            digest,
            credentials.access_key_id,
            credentials.access_key_secret,
        )
        query = urlencode(request.query, quote_via=quote)
        path = f"{params.pathname}?{query}" if query else params.pathname
        return {"body": self._session.post(path, signed.headers, request.body).content}
