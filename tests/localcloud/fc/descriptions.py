"""How the 3.0 API describes what is deployed: functions, triggers and instances."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any

from .deployment import Function, Hook
from .instance import Instance

# Properties of s.yaml that GetFunction answers as they are.
_AS_THEY_ARE = ("description", "instanceConcurrency", "layers", "nasConfig", "vpcConfig")


def moment(seconds: float) -> str:
    """Write a moment as this API does."""
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


@lru_cache
def checksum(code: Path) -> int:
    """Return a number that changes with the code, as the CRC64 of the package does."""
    digest = hashlib.sha256()
    for path in _files(code):
        digest.update(str(path.relative_to(code)).encode() + b"\0" + path.read_bytes())
    return int.from_bytes(digest.digest()[:8], "big")


def _files(code: Path) -> list[Path]:
    return sorted(code.rglob("*.py")) if code.is_dir() else [code]


def function(
    deployed: Function, *, arn: str, account_id: str, environment: Mapping[str, str], made: float
) -> dict[str, Any]:
    """Describe a function; ``environment``: its variables as they are, ``made``: epoch seconds."""
    props = deployed.props
    document = {name: props[name] for name in _AS_THEY_ARE if name in props}
    if deployed.cpu is not None:
        document["cpu"] = deployed.cpu
    return document | {
        "codeChecksum": str(checksum(deployed.code)),
        "codeSize": sum(path.stat().st_size for path in _files(deployed.code)),
        "createdTime": moment(made),
        "diskSize": deployed.disk,
        "environmentVariables": dict(environment),
        "functionArn": arn,
        "functionId": str(uuid.uuid5(uuid.NAMESPACE_URL, arn)),
        "functionName": arn.rpartition("/")[2],
        "handler": deployed.handler,
        "instanceLifecycleConfig": {
            "initializer": _hook(deployed.initializer),
            "preStop": _hook(deployed.pre_stop),
        },
        "internetAccess": bool(props.get("internetAccess", True)),
        "lastModifiedTime": moment(made),
        "lastUpdateStatus": "Successful",
        "logConfig": _log_config(props.get("logConfig"), arn),
        "memorySize": deployed.memory,
        "role": _role(str(props.get("role") or ""), account_id),
        "runtime": deployed.runtime,
        "state": "Active",
        "timeout": int(deployed.timeout),
    }


def _hook(hook: Hook | None) -> dict[str, Any]:
    return {} if hook is None else {"handler": hook.handler, "timeout": int(hook.timeout)}


def _role(role: str, account_id: str) -> str:
    """Serverless Devs makes an ARN of a role that is only named."""
    return f"acs:ram::{account_id}:role/{role}" if role and not role.startswith("acs:") else role


def _log_config(config: Any, arn: str) -> dict[str, Any]:
    """Invented: the names that Serverless Devs gives to the project and the store of ``auto``."""
    if config != "auto":
        return dict(config) if isinstance(config, Mapping) else {}
    _, _, region, account_id, _ = arn.split(":", 4)
    return {"project": f"serverless-{region}-{account_id}", "logstore": "default-logs"}


def trigger(document: Mapping[str, Any], arn: str, made: float) -> dict[str, Any]:
    """Describe a trigger of s.yaml; its configuration is a text of JSON."""
    optional = ("description", "invocationRole", "sourceArn")
    return {name: document[name] for name in optional if name in document} | {
        "createdTime": moment(made),
        "lastModifiedTime": moment(made),
        "qualifier": document.get("qualifier", "LATEST"),
        "targetArn": arn,
        "triggerConfig": json.dumps(document.get("triggerConfig") or {}),
        "triggerId": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{arn}/{document['triggerName']}")),
        "triggerName": document["triggerName"],
        "triggerType": document["triggerType"],
    }


def instance(described: Instance) -> dict[str, Any]:
    """Describe an instance; one of LATEST is of version 0."""
    document = {
        "createdTimeMs": int(described.created * 1000),
        "instanceId": described.id,
        "qualifier": described.function.qualifier,
        "status": "Destroyed" if described.ended else "Running",
        "versionId": described.function.version_id or "0",
    }
    if described.destroyed is not None:
        document["destroyedTimeMs"] = int(described.destroyed * 1000)
    return document
