"""The clients of a real cloud, or of one that answers alike.

A function of FC 2.0 is described by the API of 3.0 too, and invoked by its own. What a refusal
quotes of a signature is never repeated.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Any, Literal, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

import requests

from ossferry.settings import BUCKET

from ..fc.signing import signed_2_0, signed_3_0
from ..function import Function
from ..session import guarded
from .clients import BucketInfo, CallRefused, Document, FunctionFailed, Unreachable

_CONNECT, _READ, _INVOKED = 5.0, 20.0, 120.0  # seconds
_NOT_ALLOWED = re.compile(r"perform(?:ing)?\s+'?([a-z]+:\w+)'?(?:\s+on\s+resource\s+'?([^\s',]+))?")
_ENDPOINT = re.compile(r"oss-([a-z]{2,}-[a-z0-9-]+?)(?:-internal)?\.aliyuncs\.com")
_NO_FUNCTION = ("FunctionNotFound", "ServiceNotFound")


class Asked(NamedTuple):
    """A request; ``path`` is encoded."""

    method: str
    path: str
    query: Mapping[str, str] = {}
    body: bytes = b""


class CloudClients:
    """See ``Clients``."""

    def __init__(self, meant: Function) -> None:
        self._meant = meant
        self._path = f"/2023-03-30/functions/{quote(meant.full_name, safe='')}"

    @property
    def function(self) -> str:
        return self._meant.full_name

    @property
    def region(self) -> str:
        return self._meant.region

    def get_function(self) -> Document:
        return self._described("", **self._qualifier)

    def list_triggers(self) -> Sequence[Document]:
        found: list[Document] = []
        token = ""
        while True:
            page = self._described(
                "/triggers", limit="100", **({"nextToken": token} if token else {})
            )
            found += page.get("triggers") or []
            token = str(page.get("nextToken") or "")
            if not token:
                return found

    def get_async_config(self) -> Document | None:
        return self._unless_absent("/async-invoke-config", **self._qualifier)

    def get_concurrency(self) -> int | None:
        found = self._unless_absent("/concurrency") or {}
        reserved = found.get("reservedConcurrency")
        return None if reserved is None else int(reserved)

    def invoke(self, event: Document) -> Document:
        meant, body = self._meant, json.dumps(event).encode()
        if meant.service is None:
            asked = Asked("POST", f"{self._path}/invocations", self._qualifier, body)
        else:
            version = f".{meant.qualifier}" if meant.qualifier else ""
            service = quote(meant.service + version, safe="")
            path = f"/2016-08-15/services/{service}/functions/{quote(meant.name, safe='')}"
            asked = Asked("POST", f"{path}/invocations", {}, body)
        reply = self._send(meant.fc_endpoint, asked, _INVOKED)
        document = _document(reply)
        if "x-fc-error-type" in reply.headers:
            raise FunctionFailed(
                str(document.get("errorType") or "an error"),
                str(document.get("errorMessage") or "it says no more")[:500],
            )
        return document

    def bucket_info(self, name: str) -> BucketInfo:
        import oss2

        if not re.fullmatch(BUCKET, name):
            raise CallRefused(400, "InvalidBucketName")
        keys, endpoint = self._meant.credentials, self._meant.oss_endpoint(self.region)
        provider = oss2.StaticCredentialsProvider(
            keys.access_key_id, keys.access_key_secret, keys.security_token or None
        )
        session = oss2.Session()
        guarded(session.session, proxies=not self._meant.is_local)
        auth = oss2.ProviderAuthV4(provider)
        bucket = oss2.Bucket(
            auth, endpoint, name, region=self.region, session=session, connect_timeout=_READ
        )
        try:
            info = bucket.get_bucket_info()
        except oss2.exceptions.ServerError as error:
            elsewhere = _ENDPOINT.search(str(error.details.get("Endpoint", "")))
            if elsewhere and elsewhere[1] != self.region:
                return BucketInfo(elsewhere[1])
            raise CallRefused(error.status, error.code, "oss:GetBucketInfo", name) from None
        except oss2.exceptions.OssError as error:
            where = urlsplit(endpoint).netloc
            raise Unreachable(f"OSS at {where} ({type(error).__name__})") from None
        finally:
            session.session.close()
        return BucketInfo(
            str(info.location).removeprefix("oss-"),
            str(info.storage_class or ""),
            str(info.versioning_status or ""),
            str(getattr(info.acl, "grant", "") or ""),
        )

    def clock(self, service: Literal["fc", "oss"]) -> float | None:
        url = self._control if service == "fc" else self._meant.oss_endpoint(self.region)
        where = "Function Compute" if service == "fc" else "OSS"
        date = self._request(where, "HEAD", url, {}, b"", _READ).headers.get("date", "")
        try:
            return parsedate_to_datetime(date).timestamp()
        except (TypeError, ValueError):
            return None

    @property
    def _qualifier(self) -> dict[str, str]:
        return {"qualifier": self._meant.qualifier} if self._meant.qualifier else {}

    @property
    def _control(self) -> str:
        """Where functions are described: the account's own host is for invocations."""
        if self._meant.fc_endpoint.endswith(".fc.aliyuncs.com"):
            return f"https://fcv3.{self.region}.aliyuncs.com"
        return self._meant.fc_endpoint

    def _described(self, below: str, **query: str) -> dict[str, Any]:
        asked = Asked("GET", f"{self._path}{below}", query)
        return _document(self._send(self._control, asked, _READ))

    def _unless_absent(self, below: str, **query: str) -> dict[str, Any] | None:
        """A function without the configuration is a 404, like one that does not exist."""
        try:
            return self._described(below, **query)
        except CallRefused as refused:
            if refused.status == 404 and refused.code not in _NO_FUNCTION:
                return None
            raise

    def _send(self, endpoint: str, asked: Asked, patience: float) -> requests.Response:
        method, path, query, body = asked
        keys, now = self._meant.credentials, time.time()
        if path.startswith("/2016-08-15/"):
            signed = signed_2_0(method, path, {}, keys, now)
        else:
            host = urlsplit(endpoint).netloc
            signed = signed_3_0(method, host, path, query, {}, body, keys, now)
        text = urlencode(query, quote_via=quote)
        url = f"{endpoint}{path}?{text}" if text else f"{endpoint}{path}"
        reply = self._request("Function Compute", method, url, signed, body, patience)
        if reply.status_code >= 400:
            raise _refused(reply)
        return reply

    def _request(
        self,
        where: str,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        patience: float,
    ) -> requests.Response:
        with requests.Session() as session:
            # Proxies of the environment are for what is out there.
            guarded(session, proxies=not self._meant.is_local)
            try:
                return session.request(
                    method,
                    url,
                    data=body,
                    headers=dict(headers),
                    timeout=(_CONNECT, patience),
                )
            except requests.RequestException as error:
                host = urlsplit(url).netloc
                raise Unreachable(f"{where} at {host} ({type(error).__name__})") from None


def _refused(reply: requests.Response) -> CallRefused:
    """Of its words only which action on which resource is not allowed."""
    document = _document(reply)
    code = str(document.get("Code") or document.get("ErrorCode") or reply.reason)
    message = str(document.get("Message") or document.get("ErrorMessage") or "")
    missing = _NOT_ALLOWED.search(message)
    action, resource = missing.groups() if missing else ("", "")
    return CallRefused(reply.status_code, code, action, resource or "")


def _document(reply: requests.Response) -> dict[str, Any]:
    try:
        document = reply.json()
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
