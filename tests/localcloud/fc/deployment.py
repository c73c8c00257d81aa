"""What is deployed: the functions of an s.yaml, as FC would keep them.

The first function is the cloud's own: it takes the name, the runtime, the limits and the code
folder that the cloud's configuration says. Values that FC would refuse are refused here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from tests.localcloud.config import REPOSITORY, CloudConfig

from .addresses import LATEST
from .template import InvalidTemplate, resolve
from .triggers import OssTrigger, TimerTrigger, Trigger

RUNTIMES = ("python3", "python3.9", "python3.10", "python3.12")


@dataclass(frozen=True, slots=True)
class Hook:
    """What is called once per instance, before its first request or before its end."""

    handler: str
    timeout: float = 3.0


@dataclass(frozen=True, slots=True)
class AsyncConfig:
    """What becomes of asynchronous calls; destinations are ARNs."""

    task_mode: bool = False
    max_retries: int = 3
    max_age: float = 86400.0
    on_success: str | None = None
    on_failure: str | None = None


@dataclass(frozen=True, slots=True)
class Function:
    """One deployed function; ``code``: a folder or a zip; ``memory`` in MB, ``timeout`` in s."""

    name: str
    runtime: str
    handler: str
    code: Path
    memory: int = 512
    timeout: float = 3.0
    environment: Mapping[str, str] = field(default_factory=dict)
    initializer: Hook | None = None
    pre_stop: Hook | None = None
    async_config: AsyncConfig = AsyncConfig()
    triggers: tuple[Trigger, ...] = ()
    qualifier: str = LATEST

    def called_by(self, qualifier: str) -> Function:
        """The same, as one of its versions or aliases: with instances of its own."""
        return replace(self, qualifier=qualifier)

    @property
    def version_id(self) -> str:
        """That of the one version there is, as the context has it; none of LATEST."""
        return "" if self.qualifier == LATEST else "1"

    @property
    def has_service(self) -> bool:
        """Whether the context carries service and credentials, as it did before python3.12."""
        return self.runtime != "python3.12"


def read_deployment(
    template: Path, config: CloudConfig, environment: Mapping[str, str]
) -> dict[str, Function]:
    """Return the functions that a template deploys, by name, the cloud's own first."""
    document = yaml.safe_load(template.read_text(encoding="utf-8"))
    scope = {
        "vars": document.get("vars") or {},
        "config": {"AccountID": config.account_id, "Region": config.region},
    }
    scope["vars"] = resolve(scope["vars"], scope, environment)
    resources = resolve(document["resources"], scope, environment)
    functions = [
        _function(resource["props"], template.parent)
        for resource in resources.values()
        if resource.get("component") == "fc3"
    ]
    if not functions:
        raise InvalidTemplate(f"{template.name} has no resource of the component fc3")
    functions[0] = _as_configured(functions[0], config)
    return {function.name: function for function in functions}


def _as_configured(function: Function, config: CloudConfig) -> Function:
    chosen: dict[str, Any] = {
        "name": config.function,
        "runtime": config.runtime,
        "timeout": config.timeout,
        "memory": config.memory,
        "code": Path(config.code).resolve() if config.code else None,
    }
    return replace(function, **{key: value for key, value in chosen.items() if value is not None})


def _function(props: Mapping[str, Any], folder: Path) -> Function:
    _require_valid(props)
    code = props["code"]
    source = code["src"] if isinstance(code, Mapping) else code
    environment = {str(k): str(v) for k, v in (props.get("environmentVariables") or {}).items()}
    lifecycle = props.get("instanceLifecycleConfig") or {}
    return Function(
        name=str(props["functionName"]),
        runtime=str(props["runtime"]),
        handler=str(props["handler"]),
        code=_unpacked((folder / source).resolve()),
        memory=int(props.get("memorySize", 512)),
        timeout=float(props.get("timeout", 3)),
        environment=environment,
        initializer=_hook(lifecycle, "initializer", 300),
        pre_stop=_hook(lifecycle, "preStop", 90),
        async_config=async_config(props.get("asyncInvokeConfig") or {}),
        triggers=tuple(_triggers(props.get("triggers") or [])),
    )


def _unpacked(code: Path) -> Path:
    """The project's own package is run from the folder that it is built of."""
    return REPOSITORY / "src" if code.parent == REPOSITORY / "build" else code


def _require_valid(props: Mapping[str, Any]) -> None:
    for name in ("region", "functionName", "runtime", "handler", "code"):
        if not props.get(name):
            raise InvalidTemplate(f"{name}: missing")
    memory, timeout = int(props.get("memorySize", 512)), float(props.get("timeout", 3))
    cpu = float(props.get("cpu", memory / 2048))
    empty = [name for name, value in (props.get("environmentVariables") or {}).items() if not value]
    rules = {
        f"runtime: {props['runtime']} is none of {RUNTIMES}": props["runtime"] in RUNTIMES,
        f"memorySize: {memory} is no multiple of 64 from 128 to 32768": (
            128 <= memory <= 32768 and memory % 64 == 0
        ),
        f"timeout: {timeout:g} is not within 1 and 86400": 1 <= timeout <= 86400,
        f"cpu: {cpu:g} is not between 1:4 and 1:1 of the memory in GB": (
            memory / 4096 <= cpu <= memory / 1024
        ),
        f"environmentVariables: empty values are refused: {empty}": not empty,
    }
    for complaint, holds in rules.items():
        if not holds:
            raise InvalidTemplate(complaint)


def _hook(lifecycle: Mapping[str, Any], name: str, longest: int) -> Hook | None:
    hook = lifecycle.get(name)
    if not hook:
        return None
    timeout = float(hook.get("timeout", 3))
    if not 1 <= timeout <= longest:
        raise InvalidTemplate(f"{name}: the timeout {timeout:g} is not within 1 and {longest}")
    return Hook(str(hook["handler"]), timeout)


def async_config(document: Mapping[str, Any]) -> AsyncConfig:
    """Read asyncInvokeConfig, which the API and s.yaml spell the same."""
    destinations = document.get("destinationConfig") or {}
    config = AsyncConfig(
        task_mode=bool(document.get("asyncTask", False)),
        max_retries=int(document.get("maxAsyncRetryAttempts", 3)),
        max_age=float(document.get("maxAsyncEventAgeInSeconds", 86400)),
        on_success=(destinations.get("onSuccess") or {}).get("destination"),
        on_failure=(destinations.get("onFailure") or {}).get("destination"),
    )
    if not 0 <= config.max_retries <= 8:
        raise InvalidTemplate(f"maxAsyncRetryAttempts: {config.max_retries} is not within 0 and 8")
    if not 1 <= config.max_age <= 604800:
        raise InvalidTemplate(f"maxAsyncEventAgeInSeconds: {config.max_age:g} is out of range")
    return config


def _triggers(documents: list[Mapping[str, Any]]) -> Iterator[Trigger]:
    for document in documents:
        name, details = str(document["triggerName"]), document.get("triggerConfig") or {}
        if document["triggerType"] == "oss":
            filters = details["filter"]["key"]
            yield OssTrigger(
                name=name,
                bucket=str(document["sourceArn"]).rpartition(":")[2],
                prefix=str(filters["prefix"]),
                suffix=str(filters["suffix"]),
                events=tuple(details["events"]),
            )
        elif document["triggerType"] == "timer":
            yield TimerTrigger(name=name, payload=str(details.get("payload", "")))
