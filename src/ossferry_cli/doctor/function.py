"""What Function Compute says of the function itself, against what ossferry needs. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .clients import Document
from .finding import Finding, ok, problem, warning

RUNTIMES = ("python3.10", "python3.12")
HANDLERS = {"initializer": "index.initializer", "preStop": "index.pre_stop"}
_HAND_OVER, _HOUR = 60, 3600  # seconds
_MEMORY, _LEAST_MEMORY = 1024, 256  # MB


def about_function(described: Document, package: int | None = None) -> Iterator[Finding]:
    """``package`` is the CRC64 of the zip that should be deployed, if somebody has it here."""
    yield ok("function", _named(described))
    yield from _state(described)
    yield from _code(described, package)
    yield _runtime(str(described.get("runtime") or ""))
    yield from _entry_points(described)
    yield _memory(int(described.get("memorySize") or 0))
    yield _timeout(int(described.get("timeout") or 0))
    yield _role(str(described.get("role") or ""))
    yield _internet(described)
    if int(described.get("instanceConcurrency") or 1) > 1:
        yield problem(
            "concurrency",
            f"an instance takes {described['instanceConcurrency']} requests at once",
            "set instanceConcurrency to 1: a copy takes all that an instance has",
        )
    if not (_mapping(described, "logConfig").get("logstore")):
        yield warning("log", "no log is kept", "set logConfig in s.yaml, such as auto")


def _named(described: Document) -> str:
    size = int(described.get("codeSize") or 0) / 1e6
    changed = described.get("lastModifiedTime") or "at an unknown time"
    arn = described.get("functionArn") or described.get("functionName")
    return f"{arn} is there, {size:.1f} MB of code, last changed {changed}"


def _state(described: Document) -> Iterator[Finding]:
    state = str(described.get("state") or "Active")
    if state != "Active":
        reason = described.get("stateReason") or described.get("stateReasonCode") or "no reason"
        yield problem("state", f"it is {state} ({reason})", "deploy it again, or wait a moment")
    update = str(described.get("lastUpdateStatus") or "Successful")
    if update == "InProgress":
        yield warning("update", "an update is under way", "ask again in a minute")
    elif update != "Successful":
        reason = described.get("lastUpdateStatusReason") or "no reason is given"
        yield problem("update", f"the last update is {update} ({reason})", "deploy it again")


def _code(described: Document, package: int | None) -> Iterator[Finding]:
    checksum = str(described.get("codeChecksum") or "")
    if package is None or not checksum:
        return
    if checksum == str(package):
        yield ok("code", f"it is the package that is here (CRC64 {checksum})")
    else:
        yield warning(
            "code",
            f"its package has the CRC64 {checksum}, the one here {package}",
            "deploy the package (s deploy), or build the one that is deployed",
        )


def _runtime(runtime: str) -> Finding:
    if runtime in RUNTIMES:
        return ok("runtime", runtime)
    return problem(
        "runtime",
        f"it is {runtime or 'unknown'}, for which there is no package",
        f"deploy with {RUNTIMES[0]} or {RUNTIMES[1]}, and the package of that name",
    )


def _entry_points(described: Document) -> Iterator[Finding]:
    if described.get("handler") != "index.handler":
        yield problem(
            "handler",
            f"events go to {described.get('handler')}",
            "set handler to index.handler",
        )
    hooks = _mapping(described, "instanceLifecycleConfig")
    for name, handler in HANDLERS.items():
        if _mapping(hooks, name).get("handler") != handler:
            lost = (
                "what is under way when an instance ends is done anew"
                if name == "preStop"
                else "wrong settings are found by the first event, and no zips are unpacked"
            )
            yield warning(
                "handler",
                f"{name} does not call {handler}, so {lost}",
                f"set instanceLifecycleConfig.{name} as s.yaml has it",
            )


def _memory(memory: int) -> Finding:
    if memory >= _MEMORY:
        return ok("memory", f"{memory} MB")
    remedy = f"set memorySize to {_MEMORY}"
    if memory >= _LEAST_MEMORY:
        return warning("memory", f"{memory} MB are little for many streams", remedy)
    return problem("memory", f"{memory} MB do not bear a coordinator and its SDKs", remedy)


def _timeout(timeout: int) -> Finding:
    remedy = f"set timeout to {_HOUR}"
    if timeout < _HAND_OVER:
        return problem(
            "timeout", f"{timeout} s are too few: handing over alone takes up to a minute", remedy
        )
    if timeout < _HOUR:
        return warning(
            "timeout",
            f"{timeout} s: what takes longer is handed over often, and sources that cannot be"
            " resumed fail",
            remedy,
        )
    return ok("timeout", f"{timeout} s")


def _role(role: str) -> Finding:
    if role:
        return ok("role", role)
    return problem(
        "role",
        "it has no role, so it may not write to OSS",
        "create the roles of role.yml, and set role to ossferry",
    )


def _internet(described: Document) -> Finding:
    if described.get("internetAccess") is not False:
        return ok("internet", "it reaches the internet")
    if _mapping(described, "vpcConfig").get("vpcId"):
        return warning(
            "internet",
            "it reaches the internet only if its VPC does",
            "set internetAccess to true, or give the VPC a NAT gateway",
        )
    return problem(
        "internet",
        "it does not reach the internet, where sources are",
        "set internetAccess to true",
    )


def _mapping(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = document.get(name)
    return value if isinstance(value, Mapping) else {}
