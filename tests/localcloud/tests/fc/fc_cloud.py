"""A local FC for one test, with a function that does as it is told and the official clients."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fc2
import pytest
import requests
import yaml
from alibabacloud_fc20230330 import models as fc3_models
from alibabacloud_fc20230330.client import Client as Fc3Client
from alibabacloud_tea_openapi import utils_models
from darabonba.runtime import RuntimeOptions

from tests.localcloud.config import CloudConfig
from tests.localcloud.serving import listening, serving

FUNCTION_FOLDER = Path(__file__).parent / "function"
SECRET = "local-access-key-secret"
_PATIENCE = 20.0


def eventually(condition: Callable[[], Any], what: str) -> Any:
    """Return the first true value of a condition, or fail when it stays false."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError(f"never: {what}")


@dataclass(frozen=True)
class FcCloud:
    """The endpoint of a local FC, and every way of calling it."""

    config: CloudConfig
    folder: Path

    def fc2(self, key: str = "", secret: str = "", token: str = "", timeout: int = 60) -> Any:
        """Return a client of the 2016-08-15 API, by default with the account's key."""
        return fc2.Client(
            endpoint=self.config.fc_endpoint,
            accessKeyID=key or self.config.access_key_id,
            accessKeySecret=secret or SECRET,
            securityToken=token,
            Timeout=timeout,
        )

    def fc3(self, key: str = "", secret: str = "", token: str | None = None) -> Any:
        """Return a client of the 2023-03-30 API, by default with the account's key."""
        return Fc3Client(
            utils_models.Config(
                access_key_id=key or self.config.access_key_id,
                access_key_secret=secret or SECRET,
                security_token=token,
                protocol="HTTP",
                endpoint=self.config.fc_endpoint.removeprefix("http://"),
                region_id=self.config.region,
            )
        )

    def call(self, do: str, **asked: Any) -> Any:
        """Call the function with fc2 and return its answer, JSON decoded."""
        payload = json.dumps({"do": do, **asked}).encode()
        answer = self.fc2().invoke_function(self.config.service, self.config.function, payload)
        return json.loads(answer.data)

    def call_fc3(
        self,
        payload: bytes = b"{}",
        function: str = "",
        client: Any = None,
        qualifier: str | None = None,
        **headers: Any,
    ) -> Any:
        """Call the function with the 3.0 SDK and return its reply."""
        # A file as the body would be read in time that grows with the square of its size.
        return (client or self.fc3()).invoke_function_with_options(
            function or self.config.function,
            fc3_models.InvokeFunctionRequest(body=payload, qualifier=qualifier),
            fc3_models.InvokeFunctionHeaders(**headers),
            RuntimeOptions(read_timeout=60_000),
        )

    def call_async(self, do: str, task_id: str | None = None, **asked: Any) -> str:
        """Queue a call with the 3.0 SDK and return its request id."""
        payload = json.dumps({"do": do, **asked}).encode()
        reply = self.call_fc3(payload, x_fc_invocation_type="Async", x_fc_async_task_id=task_id)
        assert reply.status_code == 202
        return str(reply.headers["x-fc-request-id"])

    def view(self, path: str) -> Any:
        """Read one of the cloud's own views."""
        answer = requests.get(f"{self.config.fc_endpoint}/-/{path}", timeout=_PATIENCE)
        answer.raise_for_status()
        return answer.json()

    def log(self, request_id: str) -> str:
        """Return what a request printed."""
        url = f"{self.config.fc_endpoint}/-/invocations/{request_id}/log"
        return requests.get(url, timeout=_PATIENCE).text

    def inject(self, *faults: dict[str, Any]) -> None:
        """Replace the table of faults."""
        url = f"{self.config.fc_endpoint}/-/faults"
        answer = requests.put(url, json=[{"server": "fc", **each} for each in faults], timeout=9)
        answer.raise_for_status()


Start = Callable[..., contextlib.AbstractContextManager[FcCloud]]


def template(**props: Any) -> dict[str, Any]:
    """Return an s.yaml that deploys the function of these tests, with some properties changed."""
    defaults = {
        "region": "cn-hangzhou",
        "functionName": "ossferry",
        "runtime": "python3.10",
        "handler": "index.handler",
        "code": str(FUNCTION_FOLDER),
        "cpu": 0.5,
        "memorySize": 512,
        "timeout": 30,
    }
    return {"resources": {"ossferry": {"component": "fc3", "props": {**defaults, **props}}}}


def add_function(document: dict[str, Any], name: str, **props: Any) -> dict[str, Any]:
    """Deploy the same code once more under another name."""
    document["resources"].update(
        {name: template(functionName=name, **props)["resources"]["ossferry"]}
    )
    return document


@contextlib.contextmanager
def running_fc(
    folder: Path, document: dict[str, Any] | None = None, **config: Any
) -> Iterator[FcCloud]:
    """Serve a local FC of its own; ``config`` are fields of CloudConfig."""
    path = folder / "s.yaml"
    path.write_text(yaml.safe_dump(document or template()))
    with pytest.MonkeyPatch.context() as patch, listening() as (bound, endpoint):
        patch.setenv("LOCALCLOUD_TEMPLATE", str(path))
        settings = {
            "oss_endpoint": "http://127.0.0.1:9",
            "fc_endpoint": endpoint,
            "origin": "http://127.0.0.1:9",
            "data_dir": str(folder / "data"),
            "root_secret": "root-secret",
            "access_key_secret": SECRET,
            **config,
        }
        cloud_config = CloudConfig(**settings)
        with serving("fc", cloud_config, bound):
            yield FcCloud(cloud_config, folder)
