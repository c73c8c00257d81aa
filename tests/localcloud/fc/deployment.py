"""What is deployed: the functions of an s.yaml, as FC would keep them.

The first function is the cloud's own: it takes the name, the runtime, the limits and the code
folder that the cloud's configuration says. Values that FC would refuse are refused here.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.localcloud.config import REPOSITORY, CloudConfig

from . import fields
from .addresses import LATEST
from .async_config import AsyncConfig, read_async_config
from .template import InvalidTemplate, load, resolve
from .triggers import Trigger, read_triggers

RUNTIMES = ("python3", "python3.9", "python3.10", "python3.12")


@dataclass(frozen=True, slots=True)
class Hook:
    """What is called once per instance, before its first request or before its end."""

    handler: str
    timeout: float = 3.0


@dataclass(frozen=True, slots=True)
class Function:
    """One deployed function; ``code``: a folder or a zip; ``memory`` in MB, ``timeout`` in s.

    ``cpu`` in vCPU, None where FC chooses; ``disk`` in MB; ``reserved``: instances that it may have
    at most; ``props``: all that the file says of it.
    """

    name: str
    runtime: str
    handler: str
    code: Path
    memory: int = 512
    timeout: float = 3.0
    environment: Mapping[str, str] = field(default_factory=dict)
    initializer: Hook | None = None
    pre_stop: Hook | None = None
    async_config: AsyncConfig = field(default_factory=AsyncConfig)
    triggers: tuple[Trigger, ...] = ()
    qualifier: str = LATEST
    cpu: float | None = None
    disk: int = 512
    reserved: int | None = None
    props: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

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
    try:
        functions = _read(template, config, environment)
    except RecursionError:
        raise InvalidTemplate(f"{template.name}: a variable is made of itself") from None
    except InvalidTemplate as error:
        raise InvalidTemplate(f"{template.name}: {error}") from error
    return {function.name: function for function in functions}


def _read(template: Path, config: CloudConfig, environment: Mapping[str, str]) -> list[Function]:
    document = load(template)
    scope = {"vars": document.get("vars"), "config": {"AccountID": config.account_id}}
    resources = resolve(fields.mapping(document, "resources"), scope, environment)
    functions = [
        _function(fields.mapping(resource, "props"), template.parent)
        for resource in resources.values()
        if isinstance(resource, Mapping) and resource.get("component") == "fc3"
    ]
    if not functions:
        raise InvalidTemplate("it has no resource of the component fc3")
    return [_as_configured(functions[0], config), *functions[1:]]


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
    for name in ("region", "functionName", "runtime", "handler"):
        fields.text(props, name)
    code = props.get("code")
    source = fields.text(code, "src") if isinstance(code, Mapping) else fields.text(props, "code")
    function = Function(
        name=str(props["functionName"]),
        runtime=str(props["runtime"]),
        handler=str(props["handler"]),
        code=_unpacked((folder / source).resolve()),
        memory=int(fields.number(props, "memorySize", 512)),
        timeout=fields.number(props, "timeout", 3),
        environment=_environment(fields.mapping(props, "environmentVariables")),
        initializer=_hook(props, "initializer", 300),
        pre_stop=_hook(props, "preStop", 90),
        triggers=tuple(read_triggers(fields.sequence(props, "triggers"))),
        cpu=fields.number(props, "cpu", 0) or None,
        disk=int(fields.number(props, "diskSize", 512)),
        reserved=_reserved(fields.mapping(props, "concurrencyConfig")),
        props=props,
    )
    _require_valid(function)
    if asynchronous := fields.mapping(props, "asyncInvokeConfig"):
        function = replace(function, async_config=read_async_config(asynchronous, time.time()))
    return function


def _unpacked(code: Path) -> Path:
    """The project's own package is run from the folder that it is built of."""
    return REPOSITORY / "src" if code.parent == REPOSITORY / "build" else code


def _require_valid(function: Function) -> None:
    memory, timeout = function.memory, function.timeout
    cpu = function.cpu or memory / 2048
    rules = {
        f"runtime: {function.runtime} is none of {', '.join(RUNTIMES)}": (
            function.runtime in RUNTIMES
        ),
        f"memorySize: {memory} is no multiple of 64 from 128 to 32768": (
            128 <= memory <= 32768 and memory % 64 == 0
        ),
        f"diskSize: {function.disk} is neither 512 nor 10240": function.disk in (512, 10240),
        f"timeout: {timeout:g} is not within 1 and 86400": 1 <= timeout <= 86400,
        f"cpu: {cpu:g} is not between 1:4 and 1:1 of the memory in GB": (
            memory / 4096 <= cpu <= memory / 1024
        ),
    }
    for complaint, holds in rules.items():
        if not holds:
            raise InvalidTemplate(complaint)


def _environment(variables: Mapping[str, Any]) -> dict[str, str]:
    empty = [name for name, value in variables.items() if value in (None, "")]
    if empty:
        raise InvalidTemplate(f"environmentVariables: {', '.join(map(str, empty))} has no value")
    return {str(name): _as_text(value) for name, value in variables.items()}


def _as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _hook(props: Mapping[str, Any], name: str, longest: int) -> Hook | None:
    hook = fields.mapping(fields.mapping(props, "instanceLifecycleConfig"), name)
    if not hook:
        return None
    timeout = fields.number(hook, "timeout", 3)
    if not 1 <= timeout <= longest:
        raise InvalidTemplate(f"{name}: the timeout {timeout:g} is not within 1 and {longest}")
    return Hook(fields.text(hook, "handler"), timeout)


def _reserved(config: Mapping[str, Any]) -> int | None:
    if "reservedConcurrency" not in config:
        return None
    return int(fields.number(config, "reservedConcurrency", 0))
