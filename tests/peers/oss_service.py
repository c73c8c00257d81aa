"""The OSS server alone, in a thread of the test, with oss2 clients of every kind for it."""

from __future__ import annotations

import contextlib
import http.client
import json
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import oss2
import requests
from aiohttp.typedefs import Middleware

from tests.localcloud import credentials
from tests.localcloud.config import CloudConfig
from tests.localcloud.serving import listening, load_app, serving_app

EVERYTHING = {
    "Version": "1",
    "Statement": [{"Effect": "Allow", "Action": "oss:*", "Resource": "*"}],
}


class ClosingAdapter(requests.adapters.HTTPAdapter):
    """Closes every reply at the end: oss2 never reads some of them, and their sockets leak."""

    def __init__(self) -> None:
        super().__init__()
        self._replies: list[requests.Response] = []

    def send(self, *args: Any, **options: Any) -> requests.Response:
        reply = super().send(*args, **options)
        self._replies.append(reply)
        return reply

    def close(self) -> None:
        for reply in self._replies:
            reply.close()
        super().close()


@dataclass(frozen=True)
class OssService:
    """A running OSS and what a test wants to do to it."""

    config: CloudConfig
    session: oss2.Session

    @property
    def endpoint(self) -> str:
        return self.config.oss_endpoint

    @property
    def address(self) -> tuple[str, int]:
        parts = urlsplit(self.endpoint)
        return str(parts.hostname), int(parts.port or 0)

    def auth(self, version: str = oss2.AUTH_VERSION_4) -> Any:
        return oss2.make_auth(self.config.access_key_id, self.config.access_key_secret, version)

    def temporary(
        self,
        policy: Mapping[str, Any] | None = None,
        *,
        lifetime: float = 3600,
        version: str = oss2.AUTH_VERSION_4,
    ) -> Any:
        """Credentials as FC hands them to a function."""
        issued = credentials.issue(self.config.root_secret, policy, time.time() + lifetime)
        return oss2.StsAuth(
            issued.access_key_id, issued.access_key_secret, issued.security_token, version
        )

    def bucket(self, auth: Any = None, name: str = "", **options: Any) -> Any:
        """A client for a bucket; for the cloud's own unless named."""
        return oss2.Bucket(
            auth or self.auth(),
            options.pop("endpoint", self.endpoint),
            name or self.config.bucket,
            region=options.pop("region", self.config.region),
            session=self.session,
            **options,
        )

    def service(self, auth: Any = None) -> Any:
        region = self.config.region
        auth = auth or self.auth()
        return oss2.Service(auth, self.endpoint, region=region, session=self.session)

    def http(self, method: str, url: str, **options: Any) -> requests.Response:
        """Send a request that no SDK would."""
        url = url if url.startswith("http") else self.endpoint + url
        reply: requests.Response = self.session.session.request(method, url, **options)
        return reply

    def send(self, method: str, url: str, body: bytes | None = None) -> tuple[int, bytes]:
        """Send exactly this URL; requests would resolve the dots in its path."""
        connection = http.client.HTTPConnection(*self.address)
        with contextlib.closing(connection):
            connection.request(method, url.removeprefix(self.endpoint), body)
            reply = connection.getresponse()
            return reply.status, reply.read()

    def elsewhere(self) -> OssService:
        """The same account at the endpoint of its second region."""
        config = replace(
            self.config,
            region=self.config.second_region,
            oss_endpoint=self.config.second_oss_endpoint,
        )
        return OssService(config, self.session)

    def advance(self, seconds: float) -> None:
        """Let the store's time pass."""
        self.http("PUT", "/-/clock", data=json.dumps({"advance": seconds})).raise_for_status()

    def set_faults(self, *faults: Mapping[str, Any]) -> None:
        documents = [{"server": "oss", **fault} for fault in faults]
        self.http("PUT", "/-/faults", data=json.dumps(documents)).raise_for_status()

    def shorten_pages(self, most: int) -> None:
        """Put no more objects than this on a page of a list."""
        self.http("PUT", "/-/pages", data=json.dumps({"most": most})).raise_for_status()

    def notify(self, rules: Sequence[Mapping[str, Any]]) -> requests.Response:
        return self.http("PUT", "/-/notifications", data=json.dumps(rules))

    def counts(self) -> dict[str, int]:
        """How often each operation was asked for."""
        counts: dict[str, int] = self.http("GET", "/-/requests").json()
        return counts

    def files(self) -> list[Path]:
        """The files that hold what is stored."""
        return sorted((Path(self.config.data_dir) / "oss").iterdir())


@contextlib.contextmanager
def running(*outermost: Middleware) -> Iterator[OssService]:
    """Serve an empty OSS; each request passes these before anything of OSS sees it."""
    session = oss2.Session(adapter=ClosingAdapter())
    # A proxy or a netrc of the machine must not get between the test and the server.
    session.session.trust_env = False
    with (
        tempfile.TemporaryDirectory() as data_dir,
        listening() as (bound, endpoint),
        listening() as (second, second_endpoint),
    ):
        config = CloudConfig(
            oss_endpoint=endpoint,
            second_oss_endpoint=second_endpoint,
            second_oss_descriptor=second.fileno(),
            fc_endpoint="http://127.0.0.1:1",
            origin="http://127.0.0.1:2",
            data_dir=data_dir,
            root_secret="the-root-secret",
            access_key_secret="the-key-secret",
        )
        app = load_app("oss", config)
        app.middlewares[:0] = outermost
        with serving_app(app, bound), contextlib.closing(session.session):
            yield OssService(config, session)


def refusal(error: Any) -> tuple[int, str]:
    """What a refusal is told apart by."""
    return error.value.status, error.value.code
