"""What a function finds around it: its code, its environment, its context, its credentials.

An instance has exactly what FC gives and what the function's configuration adds; nothing of the
environment that the local cloud itself runs in.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.localcloud.config import CloudConfig
from tests.localcloud.credentials import TemporaryCredentials, issue
from tests.localcloud.policy import UnsupportedPolicy, allows

from .code import Code
from .deployment import Function


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The cloud as its functions see it."""

    config: CloudConfig
    policy: Mapping[str, Any] | None
    code: Mapping[str, Code]

    @classmethod
    def of(cls, config: CloudConfig, functions: Iterable[Function]) -> Surroundings:
        """Deploy the functions' code, and read the policy of their role."""
        policy = read_policy(Path(config.policy)) if config.policy else None
        folder = Path(config.data_dir) / "fc" / "code"
        code = {each.name: Code.deployed(each.code, folder / each.name) for each in functions}
        return cls(config, policy, code)

    def credentials(self, now: float) -> TemporaryCredentials:
        """Issue the credentials for one invocation."""
        lifetime = self.config.credentials_lifetime
        return issue(self.config.root_secret, self.policy, now + lifetime)

    def environment(self, function: Function, instance_id: str) -> dict[str, str]:
        """Return the environment that an instance starts with."""
        service = {"FC_SERVICE_NAME": name} if (name := self._service_of(function)) else {}
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "FC_ACCOUNT_ID": self.config.account_id,
            "FC_FUNCTION_HANDLER": function.handler,
            "FC_FUNCTION_MEMORY_SIZE": str(function.memory),
            "FC_FUNCTION_NAME": function.name,
            "FC_FUNC_CODE_PATH": str(self.code[function.name].folder),
            "FC_INSTANCE_ID": instance_id,
            "FC_QUALIFIER": function.qualifier,
            "FC_REGION": self.config.region,
            **service,
            "OSSFERRY_ALLOW_NETWORKS": "127.0.0.0/8",
            "OSSFERRY_FC_ENDPOINT": self.config.fc_endpoint,
            "OSSFERRY_OSS_ENDPOINT": self.config.oss_endpoint,
            **function.environment,
            **self.config.env,
        }

    def _service_of(self, function: Function) -> str:
        """Return the name of its service; a function that was made with FC 3.0 knows of none."""
        generation = self.config.generation or ("2.0" if function.has_service else "3.0")
        return self.config.service if generation == "2.0" else ""

    def request(
        self, function: Function, request_id: str, credentials: TemporaryCredentials
    ) -> dict[str, Any]:
        """Return the context and the changes to the environment that one request brings."""
        context: dict[str, Any] = {
            "request_id": request_id,
            "region": self.config.region,
            "account_id": self.config.account_id,
            "function": _function_meta(function),
        }
        if not function.has_service:
            context |= {"log_project": "", "log_store": ""}
            return {"context": context, "environment": _credentials_environment(credentials)}
        context["service"] = {
            "name": self._service_of(function),
            "log_project": "",
            "log_store": "",
            "qualifier": function.qualifier,
            "version_id": function.version_id,
        }
        context["credentials"] = {
            "access_key_id": credentials.access_key_id,
            "access_key_secret": credentials.access_key_secret,
            "security_token": credentials.security_token,
        }
        return {"context": context, "environment": {}}


def read_policy(path: Path) -> Mapping[str, Any]:
    """Read the policy of a role; one that cannot be evaluated is told now, not by a request."""
    policy = json.loads(path.read_text("utf-8"))
    if not isinstance(policy, dict):
        raise UnsupportedPolicy("it is no object with Version and Statement")
    allows(policy, "fc:InvokeFunction", "*")
    return policy


def _function_meta(function: Function) -> dict[str, Any]:
    timeout = function.timeout
    meta: dict[str, Any] = {
        "name": function.name,
        "handler": function.handler,
        "memory": function.memory,
        "timeout": int(timeout) if timeout.is_integer() else timeout,
    }
    if not function.has_service:
        meta |= {"version_id": function.version_id, "qualifier": function.qualifier}
    return meta


def _credentials_environment(credentials: TemporaryCredentials) -> dict[str, str]:
    return {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": credentials.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": credentials.access_key_secret,
        "ALIBABA_CLOUD_SECURITY_TOKEN": credentials.security_token,
    }
