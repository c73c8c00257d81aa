"""What the function's role may do, by invoking it with events that write nothing.

The status of a job that does not exist reads a record; a dry run over a prefix that does not exist
lists. Writing, aborting and children are not tried: that would leave traces.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

from .clients import CallRefused, Clients, Document, FunctionFailed, Unreachable
from .finding import Finding, ok, problem
from .outcomes import of_error

_NOWHERE = "ossferry-doctor-finds-nothing-here/"
_COMPARE = "compare the role with docs/deploy.md#permissions, and update the roles' stack"
_REMEDIES = {
    "InvalidSettings": "correct that variable in s.yaml, and deploy again",
    "DepotUnusable": "correct OSSFERRY_DEPOT, or let the role read its zips",
    "TargetRefused": _COMPARE,
    "SourceRefused": _COMPARE,
    "TargetUnavailable": "try again in a minute",
    "InternalError": "please report it, with the line of the function's log",
}
_NOT_OURS = "look at the function's log; deploy the package of its runtime"


def about_role(clients: Clients, bucket: str, region: str) -> Iterator[Finding]:
    """``bucket`` is where copies go, in ``region``."""
    common = {"kind": "bulk", "target_region": region, "target_bucket_name": bucket}
    asked: dict[str, Document] = {
        f"read .ossferry/ in {bucket}": {
            **common,
            "id": f"doctor-{secrets.token_hex(8)}",
            "status": True,
        },
        f"list {bucket}": {
            **common,
            "source": f"oss://{bucket}/{_NOWHERE}",
            "source_region": region,
            "target_prefix": "ossferry-doctor/",
            "dry_run": True,
        },
    }
    for what, event in asked.items():
        finding = _tried(clients, what, event)
        yield finding
        if finding.level != "ok" and finding.about == "invoking":
            return


def _tried(clients: Clients, what: str, event: Document) -> Finding:
    try:
        clients.invoke(event)
    except CallRefused as refused:
        if refused.status == 429:
            return problem(
                "invoking", "no instance is free", "try again; raise the quota of instances"
            )
        return of_error("invoking", refused, "fc:InvokeFunction")
    except Unreachable as error:
        return of_error("invoking", error)
    except FunctionFailed as failed:
        if failed.error_type == "InvalidEvent" and "there is no job" in failed.message:
            return ok("role", f"it may {what}")
        return _failed(failed, what, event)
    return ok("role", f"it may {what}")


def _failed(failed: FunctionFailed, what: str, event: dict[str, Any] | Document) -> Finding:
    if failed.error_type == "InvalidEvent":
        return problem(
            "role",
            f"it was not tried whether it may {what}: {failed.message}",
            "look at OSSFERRY_ALLOW_TARGETS, and at the version that is deployed",
        )
    about = "role" if failed.error_type in _REMEDIES else "invoking"
    return problem(
        about,
        f"it may not, or cannot, {what}: {failed}",
        _REMEDIES.get(failed.error_type, _NOT_OURS),
    )
